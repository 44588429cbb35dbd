"""Discount cards, the numbers they are read by, and the people they belong to.

    DiscountCard.bonuses = what remains of its lots of bonuses that have begun; turnover and receipts alike

A card's row is the lock of all that happens to it: every operation locks it, and leaves it with the next version.
"""

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.choices import CardStatus, NumberKind
from billing.models.kinds import CardKind
from retail.fields import MoneyField


class CardOwner(models.Model):
    """Personal data, on its own so that it can be erased and the ledger stays.

    It calls itself by its key: what a row calls itself goes into notes, messages and logs, and a name may not. Searches
    look at `phone_key`, the digits from the last one to the first, and at the words of the name. An owner whose data
    was erased stays, without it, to tell who erased it and by which request.
    """

    name = models.CharField(pgettext_lazy("person", "name"), max_length=150, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    phone_key = models.GeneratedField(
        expression=Func(
            Func(F("phone"), Value(r"\D"), Value(""), Value("g"), function="regexp_replace"), function="reverse"
        ),
        output_field=models.TextField(),
        db_persist=True,
        verbose_name=_("digits of the phone, the last one first"),
    )
    consented_on = models.DateField(_("consented to the use of the data on"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, blank=True, editable=False)
    erased_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("erased by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )
    erasure_request = models.CharField(
        _("erased by which request"), max_length=200, blank=True, db_default="", editable=False
    )

    class Meta:
        verbose_name = _("card owner")
        verbose_name_plural = _("card owners")
        permissions = (("erase_cardowner", _("Can erase personal data of card owners")),)
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(name="", phone=""), name="%(app_label)s_%(class)s_erased_wholly"
            ),
        ]
        indexes = [
            models.Index(fields=["phone_key"], name="billing_owner_by_phone", opclasses=["text_pattern_ops"]),
            GinIndex(SearchVector("name", config="simple"), name="billing_owner_by_words"),
        ]

    def __str__(self) -> str:
        return f"№ {self.pk}"

    @property
    def called(self) -> str:
        """What whoever may see personal data reads."""
        return self.name or str(self)


class DiscountCard(models.Model):
    """A card. Its figures and its version are written only by the functions of the ledger (migration 0002).

    Delays and lifetimes, where given, hold instead of those of its kind. The numbers of a replaced card are those of
    the card it was replaced by.
    """

    kind = models.ForeignKey(CardKind, verbose_name=_("kind of cards"), on_delete=models.PROTECT, related_name="cards")
    owner = models.ForeignKey(
        CardOwner,
        verbose_name=_("owner"),
        on_delete=models.PROTECT,
        related_name="cards",
        null=True,
        blank=True,
    )
    status = models.CharField(
        pgettext_lazy("card", "status"), max_length=10, choices=CardStatus.choices, default=CardStatus.ACTIVE
    )
    issued_at = models.DateTimeField(_("issued at"))
    replaced_by = models.ForeignKey(
        "self",
        verbose_name=_("replaced by"),
        on_delete=models.PROTECT,
        related_name="replaced",
        null=True,
        blank=True,
        editable=False,
    )
    turnover_delay = models.PositiveSmallIntegerField(_("delay of the accumulated sum, days"), null=True, blank=True)
    turnover_life = models.PositiveIntegerField(_("lifetime of the accumulated sum, days"), null=True, blank=True)
    receipts_delay = models.PositiveSmallIntegerField(_("delay of the number of receipts, days"), null=True, blank=True)
    receipts_life = models.PositiveIntegerField(_("lifetime of the number of receipts, days"), null=True, blank=True)
    bonuses = MoneyField(_("bonuses"), default=Decimal(0), db_default=Decimal(0), editable=False)
    turnover = MoneyField(_("accumulated sum"), default=Decimal(0), db_default=Decimal(0), editable=False)
    receipts = models.IntegerField(_("receipts"), default=0, db_default=0, editable=False)
    version = models.BigIntegerField(_("version"), default=0, db_default=0, editable=False)

    class Meta:
        verbose_name = _("discount card")
        verbose_name_plural = _("discount cards")
        constraints = [
            models.CheckConstraint(
                condition=Q(replaced_by=None) | Q(status=CardStatus.CLOSED),
                name="%(app_label)s_%(class)s_closed_once_replaced",
            ),
        ]

    def __str__(self) -> str:
        return f"№ {self.pk}"


class CardNumber(models.Model):
    """A number that a card is read by. One number is one card for ever, or the card that replaced it."""

    card = models.ForeignKey(
        DiscountCard, verbose_name=_("discount card"), on_delete=models.PROTECT, related_name="numbers"
    )
    value = models.CharField(_("number"), max_length=64, unique=True)
    kind = models.CharField(_("read as"), max_length=10, choices=NumberKind.choices, default=NumberKind.BARCODE)

    class Meta:
        verbose_name = _("card number")
        verbose_name_plural = _("card numbers")

    def __str__(self) -> str:
        return self.value
