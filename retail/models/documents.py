"""What every document of the books has in common, and the counters that number them."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from retail.choices import DocumentState
from retail.fields import validate_document_date
from retail.models.organizations import Organization


class Document(models.Model):
    """A draft that is posted once and may be reversed once; both are verbs of a service, never an edit of the row."""

    number = models.CharField(_("number"), max_length=20, blank=True, editable=False)
    date = models.DateTimeField(_("date"), validators=[validate_document_date])
    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), on_delete=models.PROTECT, related_name="+"
    )
    comment = models.TextField(_("comment"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=DocumentState.choices, default=DocumentState.DRAFT, editable=False
    )
    posted_at = models.DateTimeField(_("posted at"), null=True, blank=True, editable=False)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("posted by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )
    reversed_at = models.DateTimeField(_("reversed at"), null=True, blank=True, editable=False)
    reversed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reversed by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
    )

    class Meta:
        abstract = True

    @property
    def is_draft(self) -> bool:
        return self.state == DocumentState.DRAFT


class DocumentCounter(models.Model):
    """The last number given out for a kind of document, an organization and a year."""

    kind = models.CharField(_("kind"), max_length=30)
    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), on_delete=models.CASCADE, related_name="+"
    )
    year = models.PositiveSmallIntegerField(_("year"))
    last = models.PositiveIntegerField(_("last number"), default=0)

    class Meta:
        verbose_name = _("document counter")
        verbose_name_plural = _("document counters")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "organization", "year"],
                name="%(app_label)s_%(class)s_once_per_kind_organization_and_year",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last}"
