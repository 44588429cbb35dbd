"""Documents that move stock. One table holds what they share, so that a movement can point at any of them."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from retail.choices import DocumentState
from retail.fields import MoneyField, QuantityField
from retail.models import Counterparty, Document, Sku, Warehouse
from stock.choices import DocumentKind


class StockDocument(Document):
    """What a movement points at; each kind adds its own table."""

    kind = models.CharField(_("kind"), max_length=20, choices=DocumentKind.choices, editable=False)
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="documents"
    )

    class Meta:
        verbose_name = _("stock document")
        verbose_name_plural = _("stock documents")
        constraints = [
            models.CheckConstraint(
                condition=Q(state=DocumentState.DRAFT, posted_at=None) | Q(posted_at__isnull=False),
                name="%(app_label)s_%(class)s_posted_document_says_when",
            ),
            models.CheckConstraint(
                condition=Q(state=DocumentState.REVERSED, reversed_at__isnull=False)
                | (~Q(state=DocumentState.REVERSED) & Q(reversed_at=None)),
                name="%(app_label)s_%(class)s_reversed_document_says_when",
            ),
        ]
        indexes = [models.Index(fields=["kind", "date"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class GoodsReceipt(StockDocument):
    """«Приходная накладная»: goods come in; posting raises what is on hand."""

    supplier = models.ForeignKey(
        Counterparty, verbose_name=_("supplier"), on_delete=models.PROTECT, related_name="goods_receipts"
    )
    supplier_number = models.CharField(_("supplier's number"), max_length=50, blank=True)

    class Meta:
        verbose_name = _("goods receipt")
        verbose_name_plural = _("goods receipts")


class WholesaleInvoice(StockDocument):
    """«Расходная накладная»: goods go out wholesale; posting lowers what is on hand, or is refused line by line."""

    customer = models.ForeignKey(
        Counterparty, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="wholesale_invoices"
    )

    class Meta:
        verbose_name = _("wholesale invoice")
        verbose_name_plural = _("wholesale invoices")


class DocumentLine(models.Model):
    """A line of any stock document: so much of a SKU, at a price without which it only moves goods."""

    document = models.ForeignKey(
        StockDocument, verbose_name=_("document"), on_delete=models.CASCADE, related_name="lines"
    )
    line = models.PositiveIntegerField(_("line"))
    sku = models.ForeignKey(Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="+")
    quantity = QuantityField(_("quantity"))
    price = MoneyField(_("price"), default=0)
    amount = models.GeneratedField(
        verbose_name=_("amount"),
        expression=models.functions.Round(models.F("quantity") * models.F("price"), 2),
        output_field=MoneyField(),
        db_persist=True,
    )

    class Meta:
        verbose_name = _("document line")
        verbose_name_plural = _("document lines")
        constraints = [
            models.UniqueConstraint(
                fields=["document", "line"], name="%(app_label)s_%(class)s_line_once_per_document"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="%(app_label)s_%(class)s_moves_something",
                violation_error_message=_("The quantity is more than zero."),
            ),
            models.CheckConstraint(
                condition=Q(price__gte=0),
                name="%(app_label)s_%(class)s_price_not_negative",
                violation_error_message=_("A price is not negative."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.line}"
