"""Documents that move stock. One table holds what they share, so that a movement can point at any of them.

A document that has left the drafts is kept by the database itself (migration 0004): its lines and its header cannot be
edited or deleted, and all that may still happen to it is to be reversed.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Func, OuterRef, Q, Subquery, Sum, Window
from django.db.models.functions import Coalesce, Round
from django.utils.translation import gettext_lazy as _

from retail.choices import DocumentState
from retail.fields import MoneyField, QuantityField
from retail.models import Counterparty, Document, Organization, Sku, VatRate, Warehouse
from stock.choices import DocumentKind
from stock.models.balances import Balance

LARGEST_AMOUNT = Decimal(10) ** 13
# The year that a document's number belongs to: `retail.services.numbering` takes it by the server's own clock, too.
_YEAR = Func(
    F("date"),
    template=f"EXTRACT(YEAR FROM %(expressions)s AT TIME ZONE '{settings.TIME_ZONE}')",
    output_field=models.IntegerField(),
)


class StockDocumentQuerySet(models.QuerySet["StockDocument"]):
    def with_total(self) -> "StockDocumentQuerySet":
        """Add `total`, the sum of the lines' amounts in roubles."""
        lines = DocumentLine.objects.filter(document=OuterRef("pk")).order_by().values("document")
        total = Subquery(lines.annotate(total=Sum("amount")).values("total"), output_field=MoneyField())
        return self.annotate(total=Coalesce(total, Decimal(0), output_field=MoneyField()))

    def numbered(self, number: str, *, kinds: Iterable[str], years: Iterable[int]) -> "StockDocumentQuerySet":
        """Keep those of a number: every part of the key is named, so that its index is looked into and nothing else."""
        everywhere = Organization.objects.values("pk")
        of = self.filter(kind__in=list(kinds), organization__in=everywhere, number=number).exclude(number="")
        return of.alias(year=_YEAR).filter(year__in=list(years))


class StockDocument(Document):
    """What a movement points at; each kind adds its own table."""

    kind = models.CharField(_("kind"), max_length=20, choices=DocumentKind.choices, editable=False)
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="documents"
    )

    objects = StockDocumentQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock document")
        verbose_name_plural = _("stock documents")
        constraints = [
            models.UniqueConstraint(
                F("kind"),
                F("organization"),
                _YEAR,
                F("number"),
                condition=~Q(number=""),
                name="%(app_label)s_%(class)s_number_once_per_kind_organization_and_year",
            ),
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
        permissions = [
            ("post_goodsreceipt", _("Can post goods receipts")),
            ("reverse_goodsreceipt", _("Can reverse goods receipts")),
        ]


class WholesaleInvoice(StockDocument):
    """«Расходная накладная»: goods go out wholesale; posting lowers what is on hand, or is refused line by line."""

    customer = models.ForeignKey(
        Counterparty, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="wholesale_invoices"
    )

    class Meta:
        verbose_name = _("wholesale invoice")
        verbose_name_plural = _("wholesale invoices")
        permissions = [
            ("post_wholesaleinvoice", _("Can post wholesale invoices")),
            ("reverse_wholesaleinvoice", _("Can reverse wholesale invoices")),
        ]


class DocumentLineQuerySet(models.QuerySet["DocumentLine"]):
    def with_stock(self) -> "DocumentLineQuerySet":
        """Add what is left of the SKU in the document's warehouse, and how much of it all lines of the document ask.

        `balance_id` and `available` of that balance (NULL and 0 where there is none), and `asked`.
        """
        balances: models.QuerySet[Any] = Balance.objects.with_available()
        balance = balances.filter(warehouse=OuterRef("document__warehouse"), sku=OuterRef("sku"))
        available = Subquery(balance.values("available"), output_field=QuantityField())
        return self.annotate(
            balance_id=Subquery(balance.values("pk")),
            available=Coalesce(available, Decimal(0), output_field=QuantityField()),
            asked=Window(Sum("quantity"), partition_by=["document", "sku"]),
        )

    def with_stock_there(self) -> "DocumentLineQuerySet":
        """Add, to lines of a transfer, `balance_there` and `available_there` in the warehouse that the goods go to."""
        balances: models.QuerySet[Any] = Balance.objects.with_available()
        balance = balances.filter(warehouse=OuterRef("document__stocktransfer__to_warehouse"), sku=OuterRef("sku"))
        available = Subquery(balance.values("available"), output_field=QuantityField())
        return self.annotate(
            balance_there=Subquery(balance.values("pk")),
            available_there=Coalesce(available, Decimal(0), output_field=QuantityField()),
        )


class DocumentLine(models.Model):
    """A line of a document that brings or takes goods: so much of a SKU, at a price without which it only moves goods.

    The price holds the VAT within it. `vat_rate` is that of the goods when the line was typed: the rate of goods
    changes from one year to another, and what was written on a document does not.
    """

    document = models.ForeignKey(
        StockDocument, verbose_name=_("document"), on_delete=models.CASCADE, related_name="lines"
    )
    line = models.PositiveIntegerField(_("line"))
    sku = models.ForeignKey(Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="+")
    quantity = QuantityField(
        _("quantity"), validators=[MinValueValidator(Decimal("0.001"), _("The quantity is more than zero."))]
    )
    price = MoneyField(_("price"), default=0, validators=[MinValueValidator(Decimal(0), _("A price is not negative."))])
    vat_rate = models.ForeignKey(
        VatRate,
        verbose_name=_("VAT rate"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        editable=False,
        db_index=False,
    )
    amount = models.GeneratedField(
        verbose_name=_("amount"),
        expression=Round(F("quantity") * F("price"), 2),
        output_field=MoneyField(),
        db_persist=True,
    )

    objects = DocumentLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("document line")
        verbose_name_plural = _("document lines")
        constraints = [
            models.UniqueConstraint(fields=["document", "line"], name="%(app_label)s_%(class)s_line_once_per_document"),
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

    def clean(self) -> None:
        """Refuse an amount that its column could not hold. Raises `ValidationError`."""
        quantity: Decimal | None = self.quantity
        price: Decimal | None = self.price
        if quantity is not None and price is not None and quantity * price >= LARGEST_AMOUNT:
            raise ValidationError({"quantity": _("The amount of the line is too large.")}, code="too_large")
