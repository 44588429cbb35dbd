"""«Код SKU»: the thing with a code, barcodes, a price and a balance."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from retail.fields import validate_barcode
from retail.models.items import Characteristic, Item, Pack


class Sku(models.Model):
    """Item × characteristic × pack.

    `name` and `revision` are stamped by the database whenever anything a register is told about the SKU changes
    (see the catalogue triggers); saving the model does not decide them. `name` is "item, characteristic (pack)".
    """

    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        blank=True,
        validators=[RegexValidator(r"^[0-9A-Za-zА-Яа-яЁё._/-]+$", _("Letters, digits and . _ / - only."))],
    )
    item = models.ForeignKey(Item, verbose_name=_("item"), on_delete=models.PROTECT, related_name="skus")
    characteristic = models.ForeignKey(
        Characteristic,
        verbose_name=_("characteristic"),
        on_delete=models.PROTECT,
        related_name="skus",
        null=True,
        blank=True,
    )
    pack = models.ForeignKey(
        Pack, verbose_name=_("pack"), on_delete=models.PROTECT, related_name="skus", null=True, blank=True
    )
    plu = models.PositiveIntegerField(
        _("scales code"),
        null=True,
        blank=True,
        unique=True,
        validators=[MinValueValidator(1), MaxValueValidator(99_999)],
        help_text=_("The number that scales print inside a weighed barcode, up to 5 digits."),
    )
    withdrawn = models.BooleanField(
        _("withdrawn"), default=False, help_text=_("Registers are told once that it is no longer sold.")
    )
    name = models.CharField(_("name"), max_length=400, default="", editable=False)
    revision = models.BigIntegerField(_("revision"), default=0, editable=False)

    class Meta:
        verbose_name = _("SKU")
        verbose_name_plural = _("SKUs")
        constraints = [
            models.UniqueConstraint(
                fields=["item", "characteristic", "pack"],
                name="%(app_label)s_%(class)s_once_per_item_characteristic_and_pack",
                nulls_distinct=False,
                violation_error_message=_("This item, characteristic and pack already have a SKU."),
            ),
            models.CheckConstraint(
                condition=~Q(code=""),
                name="%(app_label)s_%(class)s_has_a_code",
                violation_error_message=_("A SKU has a code."),
            ),
        ]
        indexes = [models.Index(fields=["revision"])]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SkuMove(models.Model):
    """When a SKU last came under another group, kind, marking or rate of VAT: the catalogue's revision, by triggers.

    Who follows the catalogue from a later revision never knew a SKU that a filter by these shuts out.
    """

    sku = models.OneToOneField(
        Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="move", primary_key=True
    )
    revision = models.BigIntegerField(_("revision"))

    class Meta:
        verbose_name = _("move of a SKU")
        verbose_name_plural = _("moves of SKUs")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.sku_id}"


class Barcode(models.Model):
    """A printed code that finds a SKU. Digits of 8, 12, 13 or 14 carry a GS1 check digit, which is verified."""

    value = models.CharField(_("barcode"), max_length=60, unique=True, validators=[validate_barcode])
    sku = models.ForeignKey(Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="barcodes")

    class Meta:
        verbose_name = _("barcode")
        verbose_name_plural = _("barcodes")
        constraints = [
            models.CheckConstraint(
                condition=Q(value__regex=r"^[!-~]+$"),
                name="%(app_label)s_%(class)s_is_printable",
                violation_error_message=_("A barcode is made of Latin letters, digits and signs, without spaces."),
            ),
        ]

    def __str__(self) -> str:
        return self.value
