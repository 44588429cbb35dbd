"""The night: its runs, the chunks of cards they are planned in, and the documents they write.

    NightRun (one for each date and kind) ── NightChunk (a range of cards, one transaction each)
        └── AccrualDocument or WriteOffDocument, whose lines are the ledger's entries that name it

A document keeps its totals, and is posted once no chunk of its run is planned any more.
"""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from billing.choices import CardDocumentKind, ChunkState, NightState
from billing.models.ledger import CardDocument
from retail.fields import MoneyField


class NightTotals(models.Model):
    """How many cards and lots, and how much of each measure; what is written off is above zero as well."""

    cards = models.PositiveIntegerField(_("cards"), default=0, editable=False)
    lots = models.PositiveIntegerField(_("lots"), default=0, editable=False)
    bonuses = MoneyField(_("bonuses"), default=Decimal(0), editable=False)
    turnover = MoneyField(_("accumulated sum"), default=Decimal(0), editable=False)
    receipts = models.BigIntegerField(_("receipts"), default=0, editable=False)

    class Meta:
        abstract = True


class AccrualDocument(CardDocument, NightTotals):
    """«Начисление на дисконтные карты»: what began on a date. Its lines: `billing.services.night.lines`."""

    class Meta:
        verbose_name = _("accrual on discount cards")
        verbose_name_plural = _("accruals on discount cards")

    def __str__(self) -> str:
        return f"{CardDocumentKind.ACCRUAL.label} {self.number}"


class WriteOffDocument(CardDocument, NightTotals):
    """«Списание с дисконтных карт»: what had expired by a moment of a date."""

    class Meta:
        verbose_name = _("write-off from discount cards")
        verbose_name_plural = _("write-offs from discount cards")

    def __str__(self) -> str:
        return f"{CardDocumentKind.WRITE_OFF.label} {self.number}"


class NightRun(models.Model):
    """One kind of document for one business date of the chain, whoever starts it and how often.

    `until` is what decides: lots that begin before it begin, lots that end by it are written off. It is kept, so that a
    run that was interrupted goes on as it began. Without a document there was nothing to write.
    """

    date = models.DateField(_("business date"))
    kind = models.CharField(_("kind"), max_length=20, choices=CardDocumentKind.choices)
    until = models.DateTimeField(_("until"))
    state = models.CharField(_("state"), max_length=10, choices=NightState.choices, default=NightState.RUNNING)
    document = models.OneToOneField(
        CardDocument, verbose_name=_("document"), on_delete=models.PROTECT, related_name="run", null=True, blank=True
    )
    failed = models.PositiveIntegerField(_("cards that could not be"), default=0)
    started_at = models.DateTimeField(_("started at"))
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("started by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("run of the night")
        verbose_name_plural = _("runs of the night")
        permissions = [("run_nightrun", _("Can run the night of cards"))]
        constraints = [
            models.UniqueConstraint(fields=["date", "kind"], name="%(app_label)s_%(class)s_once_per_date_and_kind"),
            models.CheckConstraint(
                condition=Q(kind__in=[CardDocumentKind.ACCRUAL, CardDocumentKind.WRITE_OFF]),
                name="%(app_label)s_%(class)s_accrues_or_writes_off",
            ),
            models.CheckConstraint(
                condition=Q(state=NightState.DONE, finished_at__isnull=False)
                | Q(state=NightState.RUNNING, finished_at=None),
                name="%(app_label)s_%(class)s_says_when_it_was_done",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {date_format(self.date, 'SHORT_DATE_FORMAT')}"


class NightChunk(NightTotals):
    """Cards from one to another, by their ids: done in one transaction or not at all.

    One that fails is split, until the card that does it stands alone and is `FAILED`, with what the database said.
    """

    run = models.ForeignKey(
        NightRun, verbose_name=_("run of the night"), on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    place = models.PositiveIntegerField(_("place"))
    first_card = models.BigIntegerField(_("first card"))
    last_card = models.BigIntegerField(_("last card"))
    state = models.CharField(_("state"), max_length=10, choices=ChunkState.choices, default=ChunkState.PLANNED)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("chunk of the night")
        verbose_name_plural = _("chunks of the night")
        constraints = [
            models.UniqueConstraint(fields=["run", "place"], name="%(app_label)s_%(class)s_place_once_per_run"),
            models.CheckConstraint(
                condition=Q(first_card__lte=F("last_card")), name="%(app_label)s_%(class)s_goes_from_first_to_last"
            ),
            models.CheckConstraint(
                condition=Q(state=ChunkState.FAILED, first_card=F("last_card")) | ~Q(state=ChunkState.FAILED),
                name="%(app_label)s_%(class)s_fails_for_one_card",
            ),
        ]
        indexes = [
            models.Index(fields=["run", "place"], condition=Q(state=ChunkState.PLANNED), name="billing_chunk_planned"),
        ]

    def __str__(self) -> str:
        return f"{self.run}, {self.place}"
