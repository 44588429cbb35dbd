"""«Подключаемое оборудование»: a device that works off-line, and the register it is.

What the till may do (discounts, payment cards), where it stands and whether it is let in belong to the register,
whatever it speaks; here is how it speaks: its name for us, the version of the format, and which goods it is told of.
"""

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from exchange.choices import (
    ElectronicPaymentType,
    EquipmentKind,
    ExchangeKind,
    FileDialect,
    FileEncoding,
    FormatVersion,
    TaxationSystem,
)
from exchange.models.rules import ExchangeRule
from registers.choices import PaymentKind
from registers.models import Register
from retail.models import Organization

_folder = RegexValidator(r"^[^/\\\x00-\x1f.][^/\\\x00-\x1f]*$", _("The name of one folder, without slashes."))
_no_control = RegexValidator(r"^[^\x00-\x1f\x7f]*$", _("A device id is one line of visible signs."))


class EquipmentQuerySet(models.QuerySet["Equipment"]):
    def unfit(self, *, warehouse: int) -> "EquipmentQuerySet":
        """Keep what belongs to a register that sells from another warehouse than this one."""
        return self.filter(register__isnull=False).exclude(register__warehouse=warehouse)


class Equipment(models.Model):
    """Our own HTTP service, whose token says who it is, and files of a dialect need no device id."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(
        _("kind"), max_length=10, choices=EquipmentKind.choices, default=EquipmentKind.REGISTER, editable=False
    )
    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), on_delete=models.PROTECT, related_name="equipment"
    )
    rule = models.ForeignKey(
        ExchangeRule,
        verbose_name=_("exchange rule"),
        on_delete=models.PROTECT,
        related_name="equipment",
        null=True,
        blank=True,
    )
    register = models.OneToOneField(
        Register,
        verbose_name=_("register"),
        on_delete=models.PROTECT,
        related_name="equipment",
        null=True,
        blank=True,
        help_text=_("Of the same organization, selling from the warehouse of the rule."),
    )
    exchange_kind = models.CharField(
        _("exchange"), max_length=20, choices=ExchangeKind.choices, default=ExchangeKind.WEB_SERVICE
    )
    format_version = models.PositiveSmallIntegerField(
        _("format version"),
        choices=FormatVersion.choices,
        default=FormatVersion.V3_1,
        help_text=_("As set in the device: a message of another version is not understood."),
    )
    device_id = models.CharField(
        _("device id"),
        max_length=36,
        null=True,
        blank=True,
        unique=True,
        validators=[_no_control],
        help_text=_("What the device calls itself, up to 36 signs, capitals and all."),
    )
    folder = models.CharField(
        _("folder of files"),
        max_length=100,
        blank=True,
        validators=[_folder],
        help_text=_("The name of this device's folder inside the server's folder of exchange."),
    )
    dialect = models.CharField(
        _("dialect of files"),
        max_length=20,
        choices=FileDialect.choices,
        blank=True,
        default="",
        db_default="",
        help_text=_("Whose files lie in the folder. Empty: documents of EquipmentService."),
    )
    encoding = models.CharField(
        _("encoding of files"),
        max_length=10,
        choices=FileEncoding.choices,
        default=FileEncoding.ANSI,
        db_default=FileEncoding.ANSI.value,
        help_text=_("Goods are written so. Reports in UTF-8 and UTF-16 are recognised whatever is chosen here."),
    )
    taxation_systems = ArrayField(
        models.PositiveSmallIntegerField(choices=TaxationSystem.choices),
        verbose_name=_("taxation systems"),
        default=list,
        blank=True,
        help_text=_("Those that the device may print on a receipt."),
    )
    sale_location = models.CharField(
        _("place of settlement"), max_length=250, blank=True, help_text=_("Empty: the name of the register's shop.")
    )
    sender_email = models.EmailField(
        _("sender of receipts"), blank=True, help_text=_("The address that e-mailed receipts come from.")
    )

    objects = EquipmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("equipment")
        verbose_name_plural = _("connected equipment")
        constraints = [
            models.CheckConstraint(
                condition=~Q(device_id="")
                & (Q(exchange_kind=ExchangeKind.HTTP) | ~Q(dialect="") | Q(device_id__isnull=False)),
                name="%(app_label)s_%(class)s_has_a_device_id",
                violation_error_message=_("Without a device id nobody would know whose request it is."),
            ),
            models.CheckConstraint(
                condition=~Q(exchange_kind=ExchangeKind.FOLDER) | ~Q(folder=""),
                name="%(app_label)s_%(class)s_has_a_folder",
                violation_error_message=_("An exchange by files needs a folder."),
            ),
            models.CheckConstraint(
                condition=Q(exchange_kind=ExchangeKind.FOLDER) | Q(dialect=""),
                name="%(app_label)s_%(class)s_dialect_is_of_a_folder",
                violation_error_message=_("A dialect of files is for an exchange by folder."),
            ),
            models.UniqueConstraint(
                fields=["folder"],
                condition=~Q(folder=""),
                name="%(app_label)s_%(class)s_folder_once",
                violation_error_message=_("Other equipment has this folder already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse a register that does not fit. Raises `ValidationError`."""
        self.device_id = self.device_id or None
        if self.exchange_kind != ExchangeKind.FOLDER:
            self.dialect = ""
        register: Any = self.register
        if register is None:
            return
        if self.organization_id and register.organization_id != self.organization_id:
            raise ValidationError({"register": _("This register belongs to another organization.")})
        if self.rule is not None and register.warehouse_id != self.rule.warehouse_id:
            said = _("This register sells from %(its)s, and the rule is for %(warehouse)s.")
            params = {"its": register.warehouse, "warehouse": self.rule.warehouse}
            raise ValidationError({"register": ValidationError(said, params=params)})


class PaymentOption(models.Model):
    """«Соответствие видов оплаты»: a kind of electronic payment as the device knows it, and which of ours it is."""

    equipment = models.ForeignKey(
        Equipment, verbose_name=_("equipment"), on_delete=models.CASCADE, related_name="payment_options"
    )
    code = models.CharField(_("code"), max_length=36)
    name = models.CharField(_("name"), max_length=100)
    type = models.PositiveSmallIntegerField(
        _("type"), choices=ElectronicPaymentType.choices, default=ElectronicPaymentType.CARD
    )
    kind = models.CharField(
        _("our payment kind"),
        max_length=20,
        choices=[choice for choice in PaymentKind.choices if choice[0] != PaymentKind.CASH],
        default=PaymentKind.CARD,
    )
    uid = models.UUIDField(_("UUID"), default=uuid.uuid4)

    class Meta:
        verbose_name = _("payment kind of the device")
        verbose_name_plural = _("payment kinds of the device")
        constraints = [
            models.UniqueConstraint(
                fields=["equipment", "code"],
                name="%(app_label)s_%(class)s_code_once",
                violation_error_message=_("This code stands here already."),
            ),
            models.UniqueConstraint(
                fields=["equipment", "uid"],
                name="%(app_label)s_%(class)s_uid_once",
                violation_error_message=_("This UUID stands here already."),
            ),
            models.CheckConstraint(
                condition=~Q(kind=PaymentKind.CASH),
                name="%(app_label)s_%(class)s_is_not_cash",
                violation_error_message=_("Cash is told apart by the format itself."),
            ),
            models.CheckConstraint(
                condition=~Q(code=""),
                name="%(app_label)s_%(class)s_has_a_code",
                violation_error_message=_("A payment kind has a code."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
