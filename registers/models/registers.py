"""Cash registers, how they sign in, and when they were last heard."""

from datetime import datetime

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registers.choices import StockControl
from retail.models import Organization, Shop, Warehouse


class RegisterQuerySet(models.QuerySet["Register"]):
    def active(self) -> "RegisterQuerySet":
        return self.filter(active=True)

    def heard(self, *, since: datetime) -> "RegisterQuerySet":
        return self.filter(status__last_seen__gte=since)

    def silent(self, *, since: datetime) -> "RegisterQuerySet":
        """Keep those that were heard, and not lately."""
        return self.filter(status__last_seen__lt=since)

    def unheard(self) -> "RegisterQuerySet":
        return self.filter(Q(status=None) | Q(status__last_seen=None))


class Register(models.Model):
    """«ККМ»: belongs to a shop, sells from a warehouse. What changes with every request is in `RegisterStatus`."""

    number = models.PositiveIntegerField(_("number"), unique=True)
    name = models.CharField(_("name"), max_length=100)
    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), on_delete=models.PROTECT, related_name="registers"
    )
    shop = models.ForeignKey(Shop, verbose_name=_("shop"), on_delete=models.PROTECT, related_name="registers")
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="registers"
    )
    stock_control = models.CharField(
        _("stock control"), max_length=20, choices=StockControl.choices, default=StockControl.WITHOUT_PROMPTS
    )
    reservation_minutes = models.PositiveSmallIntegerField(
        _("reservation lifetime, minutes"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text=_("With external stock control: how long goods stay held for a receipt. Empty: as in the constants."),
    )
    workplace = models.CharField(_("workplace"), max_length=100, blank=True)
    discounts = models.BooleanField(_("discounts allowed"), default=True)
    payment_cards = models.BooleanField(_("payment cards allowed"), default=True)
    active = models.BooleanField(
        _("active"), default=True, help_text=_("An inactive register is refused at once, whatever its token.")
    )

    objects = RegisterQuerySet.as_manager()

    class Meta:
        verbose_name = _("register")
        verbose_name_plural = _("registers")

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class RegisterStatus(models.Model):
    """What is known of a register from its requests, gathered outside the business transaction.

    Written set-based every few seconds by a thread of each process that noticed it; losing a few seconds of it loses
    nothing that matters. Revisions are those of the feeds: `*_sent` is the last one answered, `*_acknowledged` the one
    the register came back with.
    """

    register = models.OneToOneField(
        Register, verbose_name=_("register"), on_delete=models.CASCADE, related_name="status", primary_key=True
    )
    last_seen = models.DateTimeField(_("last seen"), null=True, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    serial = models.CharField(_("serial number"), max_length=100, blank=True)
    software = models.CharField(_("software"), max_length=100, blank=True)
    version = models.CharField(_("software version"), max_length=50, blank=True)
    load = models.BigIntegerField(_("last full load answered"), default=0)
    goods_sent = models.BigIntegerField(_("goods sent up to"), default=0)
    goods_acknowledged = models.BigIntegerField(_("goods acknowledged up to"), default=0)
    stock_sent = models.BigIntegerField(_("stock sent up to"), default=0)
    stock_acknowledged = models.BigIntegerField(_("stock acknowledged up to"), default=0)
    last_transaction_number = models.BigIntegerField(_("last transaction number"), null=True, blank=True)

    class Meta:
        verbose_name = _("register status")
        verbose_name_plural = _("register statuses")

    def __str__(self) -> str:
        return f"{self.register_id}"


class PairingCode(models.Model):
    """A code a person makes and a register spends: ten minutes, once. Only its SHA-256 is kept."""

    register = models.ForeignKey(
        Register, verbose_name=_("register"), on_delete=models.CASCADE, related_name="pairing_codes"
    )
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("issued by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    class Meta:
        verbose_name = _("pairing code")
        verbose_name_plural = _("pairing codes")

    def __str__(self) -> str:
        return f"{self.register_id} {self.created_at:%Y-%m-%d %H:%M}"


class RegisterTokenQuerySet(models.QuerySet["RegisterToken"]):
    def live(self) -> "RegisterTokenQuerySet":
        return self.filter(revoked_at=None)


class RegisterToken(models.Model):
    """What a register signs its requests with; only its SHA-256 is kept.

    A rotated register has two live tokens until the new one is first used, which revokes the old. `revoked_by` is the
    person who took the access away, and NULL where a newer token did.
    """

    register = models.ForeignKey(Register, verbose_name=_("register"), on_delete=models.CASCADE, related_name="tokens")
    digest = models.CharField(_("digest"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("created at"))
    first_used_at = models.DateTimeField(_("first used at"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("revoked by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    objects = RegisterTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("register token")
        verbose_name_plural = _("register tokens")
        constraints = [
            models.UniqueConstraint(
                fields=["register"],
                condition=Q(revoked_at=None, first_used_at__isnull=False),
                name="%(app_label)s_%(class)s_one_in_use_per_register",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.register_id} {self.created_at:%Y-%m-%d %H:%M}"
