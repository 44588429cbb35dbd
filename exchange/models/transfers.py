"""What a device of EquipmentService has been told, and what it is known to have got (docs/adr/0022).

A device stands at a position (`exchange.services.rules.positions`) that is kept as it was read. A price list it asks
for is a transfer: built of what changed since then, and handed out in packages.
"""

from uuid import uuid4

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.choices import FormatVersion, TransferState
from exchange.models.equipment import Equipment


def new_uid() -> str:
    """Return an id by which a device asks for its transfer."""
    return str(uuid4())


class DeviceState(models.Model):
    """Where a device stands: its row is locked by whatever moves it.

    `position` is None of a device that is known to have got nothing; `pending` is that of a file of goods which lies in
    the folder of a device with a dialect, until it has loaded it; `load` is the last order of a full load that it
    has obeyed, `format_version` the version it was told in. Another rule, version or order makes the next price list a
    full one.
    """

    equipment = models.OneToOneField(
        Equipment, verbose_name=_("equipment"), on_delete=models.CASCADE, related_name="state", primary_key=True
    )
    position = models.JSONField(_("position"), null=True, blank=True)
    pending = models.JSONField(_("position written and not loaded yet"), null=True, blank=True)
    load = models.BigIntegerField(_("full load"), default=0)
    format_version = models.PositiveSmallIntegerField(
        _("format version"), choices=FormatVersion.choices, null=True, blank=True
    )
    settings_sent_at = models.DateTimeField(_("settings sent at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("goods confirmed at"), null=True, blank=True)

    class Meta:
        verbose_name = _("state of a device")
        verbose_name_plural = _("states of devices")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.equipment_id}"


class PriceTransferQuerySet(models.QuerySet["PriceTransfer"]):
    def unconfirmed(self) -> "PriceTransferQuerySet":
        return self.filter(confirmed_at=None)

    def answered(self) -> "PriceTransferQuerySet":
        """Keep those of which the last package has been answered."""
        return self.exclude(answered_at=None)


class PriceTransfer(models.Model):
    """A price list for one device. `delivered` is the last package that was answered, of `total`.

    `whole` is one that was asked for by `GetPriceList`, without packages. `told_twice` remembers that the last package
    was answered again to a device that may have lost it.
    """

    uid = models.CharField(_("transfer id"), max_length=36, unique=True, default=new_uid)
    equipment = models.ForeignKey(
        Equipment, verbose_name=_("equipment"), on_delete=models.CASCADE, related_name="transfers"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=TransferState.choices, default=TransferState.NEW, editable=False
    )
    full = models.BooleanField(_("full"), default=False)
    whole = models.BooleanField(_("without packages"), default=False)
    format_version = models.PositiveSmallIntegerField(_("format version"), choices=FormatVersion.choices)
    position = models.JSONField(_("position"), null=True, blank=True)
    load = models.BigIntegerField(_("full load"), default=0)
    goods = models.PositiveIntegerField(_("goods"), default=0)
    total = models.PositiveIntegerField(_("packages"), default=0)
    delivered = models.PositiveIntegerField(_("packages answered"), default=0)
    told_twice = models.BooleanField(_("last package answered twice"), default=False)
    error = models.TextField(_("error"), blank=True)
    created_at = models.DateTimeField(_("asked for at"))
    claimed_at = models.DateTimeField(_("begun at"), null=True, blank=True)
    built_at = models.DateTimeField(_("built at"), null=True, blank=True)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True, blank=True)

    objects = PriceTransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("price list for a device")
        verbose_name_plural = _("price lists for devices")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(delivered__lte=models.F("total")),
                name="%(app_label)s_%(class)s_delivered_within_total",
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(delivered=models.F("total"), total__gt=0),
                name="%(app_label)s_%(class)s_answered_to_the_end",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["new", "building"]), name="exchange_pricetransfer_due"),
        ]

    def __str__(self) -> str:
        return self.uid


class PricePart(models.Model):
    """A piece of a package, as it goes out: part 0 are groups and units, the others are goods, in their order."""

    transfer = models.ForeignKey(
        PriceTransfer, verbose_name=_("price list"), on_delete=models.CASCADE, related_name="parts", db_index=False
    )
    package = models.PositiveIntegerField(_("package"))
    part = models.PositiveIntegerField(_("part"))
    body = models.TextField(_("body"))

    class Meta:
        verbose_name = _("part of a price list")
        verbose_name_plural = _("parts of price lists")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["transfer", "package", "part"], name="%(app_label)s_%(class)s_once_per_package"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.package}.{self.part}"
