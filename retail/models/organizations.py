"""Who sells, where, and with whom we trade wholesale."""

from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from retail.choices import TimeZone
from retail.fields import validate_inn, validate_kpp


class Organization(models.Model):
    """A legal entity of the chain."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    full_name = models.CharField(_("full name"), max_length=250, blank=True)
    inn = models.CharField(_("INN"), max_length=12, unique=True, validators=[validate_inn])
    kpp = models.CharField(_("KPP"), max_length=9, blank=True, validators=[validate_kpp])
    address = models.CharField(_("address"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")

    def __str__(self) -> str:
        return self.name


class Counterparty(models.Model):
    """Whom goods come from and whom they are sold to by invoice."""

    name = models.CharField(_("name"), max_length=150, unique=True)
    inn = models.CharField(_("INN"), max_length=12, blank=True, validators=[validate_inn])
    kpp = models.CharField(_("KPP"), max_length=9, blank=True, validators=[validate_kpp])
    address = models.CharField(_("address"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("counterparty")
        verbose_name_plural = _("counterparties")

    def __str__(self) -> str:
        return self.name


class Shop(models.Model):
    """A place that sells; its time zone decides which day a receipt belongs to."""

    code = models.CharField(_("code"), max_length=10, unique=True)
    name = models.CharField(_("name"), max_length=100)
    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), on_delete=models.PROTECT, related_name="shops"
    )
    time_zone = models.CharField(_("time zone"), max_length=40, choices=TimeZone.choices, default=TimeZone.MOSCOW)
    address = models.CharField(_("address"), max_length=250, blank=True)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)
