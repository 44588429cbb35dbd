"""«Корректировка дисконтных карт»: what one person writes with a reason, and another one approves.

    written ── submitted ── approved (posted, for ever)
       └─────── refused ──┘

Approved, each line is an operation on its card. An approved one is taken back by another document, its opposite, which
is written, submitted and approved like any.
"""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.choices import CardDocumentKind, CorrectionStage, Measure
from billing.fields import OF_A_DAY
from billing.models.cards import DiscountCard
from billing.models.ledger import CardDocument
from retail.fields import MoneyField


class CorrectionDocument(CardDocument):
    """`written_by` is who saved it last. Neither they nor who submitted it may approve it, says the database too."""

    reason = models.TextField(_("reason"))
    stage = models.CharField(
        pgettext_lazy("correction", "stage"),
        max_length=10,
        choices=CorrectionStage.choices,
        default=CorrectionStage.WRITTEN,
        editable=False,
    )
    reverses = models.OneToOneField(
        "self",
        verbose_name=_("takes back"),
        on_delete=models.PROTECT,
        related_name="opposite",
        null=True,
        blank=True,
        editable=False,
    )
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("written by"),
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
    )
    submitted_at = models.DateTimeField(_("submitted at"), null=True, blank=True, editable=False)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("submitted by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    refused_at = models.DateTimeField(_("refused at"), null=True, blank=True, editable=False)
    refused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("refused by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    refusal = models.TextField(_("why it was refused"), blank=True, editable=False)

    class Meta:
        verbose_name = _("correction of discount cards")
        verbose_name_plural = _("corrections of discount cards")
        permissions = (("approve_correctiondocument", _("Can approve and refuse corrections of discount cards")),)
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="%(app_label)s_%(class)s_says_why"),
            models.CheckConstraint(
                condition=Q(approved_by=None) | ~Q(approved_by=F("written_by")) & ~Q(approved_by=F("submitted_by")),
                name="%(app_label)s_%(class)s_approved_by_another",
            ),
            models.CheckConstraint(
                condition=Q(stage=CorrectionStage.APPROVED, approved_by__isnull=False, approved_at__isnull=False)
                | Q(approved_by=None, approved_at=None) & ~Q(stage=CorrectionStage.APPROVED),
                name="%(app_label)s_%(class)s_says_who_approved",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=[CorrectionStage.SUBMITTED, CorrectionStage.APPROVED])
                | Q(submitted_by__isnull=False, submitted_at__isnull=False),
                name="%(app_label)s_%(class)s_says_who_submitted",
            ),
            models.CheckConstraint(
                condition=~Q(stage=CorrectionStage.REFUSED)
                | Q(refused_by__isnull=False, refused_at__isnull=False) & ~Q(refusal=""),
                name="%(app_label)s_%(class)s_says_why_refused",
            ),
        ]

    def __str__(self) -> str:
        return f"{CardDocumentKind.CORRECTION.label} {self.number}"

    @property
    def is_open(self) -> bool:
        """Tell whether it may be edited."""
        return self.stage in {CorrectionStage.WRITTEN, CorrectionStage.REFUSED}


class CorrectionLine(models.Model):
    """So much of a measure of a card, added or taken off. What is added may end with a day of the chain."""

    document = models.ForeignKey(
        CorrectionDocument, verbose_name=_("document"), on_delete=models.CASCADE, related_name="lines", db_index=False
    )
    line = models.PositiveIntegerField(_("line"))
    card = models.ForeignKey(
        DiscountCard, verbose_name=_("discount card"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    measure = models.CharField(_("measure"), max_length=10, choices=Measure.choices, default=Measure.BONUSES)
    amount = MoneyField(_("plus or minus"))
    expires_on = models.DateField(_("lives until, and on it"), null=True, blank=True, validators=OF_A_DAY)

    class Meta:
        verbose_name = _("line of a correction")
        verbose_name_plural = _("lines of a correction")
        constraints = [
            models.UniqueConstraint(fields=["document", "line"], name="%(app_label)s_%(class)s_line_once_per_document"),
            models.CheckConstraint(condition=~Q(amount=Decimal(0)), name="%(app_label)s_%(class)s_changes_something"),
            models.CheckConstraint(
                condition=Q(expires_on=None) | Q(amount__gt=0), name="%(app_label)s_%(class)s_only_what_is_added_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} {self.amount:+}"
