"""«Инвентаризация»: what people counted, and what the books are then made to say.

A count says how much of each of its SKUs there was at `counted_at`. Posting makes that true of that moment, whatever
has moved since; what becomes known later of an earlier time is settled by corrections (docs/adr/0015).
"""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Round
from django.utils.translation import gettext_lazy as _

from retail.choices import ItemKind
from retail.fields import MoneyField, QuantityField, validate_document_date
from retail.models import Sku
from stock.models.documents import LARGEST_AMOUNT, StockDocument


class StockCount(StockDocument):
    """A count of some or all goods of a warehouse.

    `corrects` is the count that a correction makes true again, and `correction` which one it is of that count: the
    number that lets only one of two settlements at once be written.
    """

    counted_at = models.DateTimeField(
        _("counted at"),
        validators=[validate_document_date],
        help_text=_("What was sold before this moment is missing from the shelf, what was sold after it is not."),
    )
    corrects = models.ForeignKey(
        "self",
        verbose_name=_("corrects"),
        on_delete=models.PROTECT,
        related_name="corrections",
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )
    correction = models.PositiveIntegerField(_("correction number"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        permissions = [
            ("post_stockcount", _("Can post stock counts")),
            ("reverse_stockcount", _("Can reverse stock counts")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["corrects", "correction"], name="%(app_label)s_%(class)s_correction_once_per_count"
            ),
            models.CheckConstraint(
                condition=Q(corrects=None, correction=None)
                | Q(corrects__isnull=False, correction__isnull=False, correction__gt=0),
                name="%(app_label)s_%(class)s_correction_is_numbered",
            ),
        ]


class CountLine(models.Model):
    """How much of a SKU was counted, and how much the books say there was (`expected`, as last looked at).

    `counted` is NULL until somebody has counted. `price` is the warehouse's retail price at the time of counting, by
    which the difference is valued.
    """

    document = models.ForeignKey(
        StockCount, verbose_name=_("document"), on_delete=models.CASCADE, related_name="count_lines", db_index=False
    )
    line = models.PositiveIntegerField(_("line"))
    sku = models.ForeignKey(Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="+")
    counted = QuantityField(
        _("counted"),
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0), _("What is counted is not negative."))],
    )
    expected = QuantityField(_("expected"), default=0, editable=False)
    price = MoneyField(_("price"), default=0, editable=False)
    difference = models.GeneratedField(
        verbose_name=_("difference"),
        expression=F("counted") - F("expected"),
        output_field=QuantityField(),
        db_persist=True,
    )
    amount = models.GeneratedField(
        verbose_name=_("amount of the difference"),
        expression=Round((F("counted") - F("expected")) * F("price"), 2),
        output_field=MoneyField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("count line")
        verbose_name_plural = _("count lines")
        constraints = [
            models.UniqueConstraint(fields=["document", "line"], name="%(app_label)s_%(class)s_line_once_per_document"),
            models.UniqueConstraint(
                fields=["document", "sku"],
                name="%(app_label)s_%(class)s_sku_once_per_document",
                violation_error_message=_("This SKU stands in the count already."),
            ),
            models.CheckConstraint(
                condition=Q(counted__gte=0),
                name="%(app_label)s_%(class)s_counted_not_negative",
                violation_error_message=_("What is counted is not negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line}"

    def clean(self) -> None:
        """Refuse what is no goods, and a figure too large to be valued. Raises `ValidationError`."""
        if self.sku_id and self.sku.item.kind != ItemKind.GOODS:
            raise ValidationError({"sku": _("A service is not counted.")}, code="service")
        if self.counted is not None and self.counted * max(self.price, Decimal(1)) >= LARGEST_AMOUNT:
            raise ValidationError({"counted": _("The quantity is too large: look for a misprint.")}, code="too_large")
