"""The documents that people make: goods receipts, wholesale invoices, stock transfers and stock counts."""

from collections.abc import Sequence
from typing import Any

from django.db.models import DecimalField, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from retail.api import filters
from retail.api.base import Row
from retail.api.moments import MomentField
from retail.api.writing import Reference, named_skus
from retail.models import Counterparty, Warehouse
from stock.api.drafts import (
    DEED_FIELDS,
    DEEDS,
    HEADER,
    HEADER_FIELDS,
    LINES,
    MOST_LINES,
    DocumentFilters,
    DocumentLineViewSet,
    DocumentRow,
    DocumentViewSet,
    DraftIn,
)
from stock.choices import DocumentKind
from stock.models import CountLine, GoodsReceipt, StockCount, StockDocument, StockTransfer, WholesaleInvoice
from stock.services import counts, documents, redrafting

PEOPLE = ("posted_by", "reversed_by")
_DATE = {"date": "2026-11-20T09:00:00+03:00"}


@extend_schema_serializer(
    examples=[OpenApiExample("A draft", {**HEADER, "supplier": 3, "supplier_number": "УТ-17", **DEEDS})]
)
class GoodsReceiptRow(DocumentRow):
    class Meta:
        model = GoodsReceipt
        fields = (*HEADER_FIELDS, "supplier", "supplier_number", *DEED_FIELDS)


@extend_schema_serializer(examples=[OpenApiExample("A draft", {**HEADER, "customer": 3, **DEEDS})])
class WholesaleInvoiceRow(DocumentRow):
    class Meta:
        model = WholesaleInvoice
        fields = (*HEADER_FIELDS, "customer", *DEED_FIELDS)


@extend_schema_serializer(examples=[OpenApiExample("A draft", {**HEADER, "to_warehouse": 2, **DEEDS})])
class StockTransferRow(DocumentRow):
    class Meta:
        model = StockTransfer
        fields = (*HEADER_FIELDS, "to_warehouse", *DEED_FIELDS)


@extend_schema_serializer(
    examples=[OpenApiExample("A draft", {**HEADER, "counted_at": _DATE["date"], "corrects": None, **DEEDS})]
)
class StockCountRow(DocumentRow):
    class Meta:
        model = StockCount
        fields = (*HEADER_FIELDS, "counted_at", "corrects", *DEED_FIELDS)


@extend_schema_serializer(
    examples=[OpenApiExample("Milk came", {"warehouse": 1, "supplier": 3, "supplier_number": "УТ-17", "lines": LINES})]
)
class GoodsReceiptIn(DraftIn):
    supplier = Reference(queryset=Counterparty.objects.all(), help_text="Its id")
    supplier_number = serializers.CharField(required=False, allow_blank=True, max_length=50)


@extend_schema_serializer(
    examples=[OpenApiExample("Milk sold wholesale", {"warehouse": 1, "customer": 3, **_DATE, "lines": LINES})]
)
class WholesaleInvoiceIn(DraftIn):
    customer = Reference(queryset=Counterparty.objects.all(), help_text="Its id")


@extend_schema_serializer(
    examples=[OpenApiExample("Milk moved", {"warehouse": 1, "to_warehouse": 2, **_DATE, "lines": LINES})]
)
class StockTransferIn(DraftIn):
    to_warehouse = Reference(queryset=Warehouse.objects.all(), help_text="Its id")


class CountedIn(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=20, help_text="Code of the SKU")
    counted = serializers.DecimalField(
        max_digits=15, decimal_places=3, min_value=0, allow_null=True, default=None, help_text="null: not counted yet"
    )


class CountLinesIn(serializers.Serializer[Any]):
    lines = serializers.ListField(
        child=CountedIn(), required=False, max_length=MOST_LINES, help_text="Each SKU once, in the order of the lines"
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Milk counted",
            {"warehouse": 1, "counted_at": _DATE["date"], "lines": [{"sku": "10001", "counted": "118"}]},
        )
    ]
)
class StockCountIn(CountLinesIn, DraftIn):
    counted_at = MomentField(help_text="Sales before it are missing from the shelf already, later ones are not")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Milk counted",
            {
                "id": 4, "line": 1, "sku": "10001", "name": "Молоко 3,2 %", "counted": "118.000",
                "expected": "120.000", "difference": "-2.000", "price": "99.00", "amount": "-198.00",
            },
        )
    ]
)  # fmt: skip
class CountLineRow(Row[CountLine]):
    sku = serializers.CharField(source="sku.code", help_text="Code of the SKU")
    name = serializers.CharField(source="sku.name")
    difference = serializers.DecimalField(max_digits=15, decimal_places=3, allow_null=True)
    amount = serializers.DecimalField(max_digits=15, decimal_places=2, allow_null=True)

    class Meta:
        model = CountLine
        fields = ("id", "line", "sku", "name", "counted", "expected", "difference", "price", "amount")


class GoodsReceiptFilters(DocumentFilters):
    supplier = filters.Numbers(about="Ids of suppliers")
    supplier_number = filters.Codes(about="Suppliers' numbers")


class WholesaleInvoiceFilters(DocumentFilters):
    customer = filters.Numbers(about="Ids of customers")


class StockTransferFilters(DocumentFilters):
    to_warehouse = filters.Numbers(about="Ids of the warehouses where the goods go")


class StockCountFilters(DocumentFilters):
    corrects = filters.Numbers(about="Ids of the counts that are corrected")


class GoodsReceiptViewSet(DocumentViewSet):
    """Goods that come from a supplier: posting raises what is on hand, reversing lowers it if it is still there."""

    title = "goods receipts"
    queryset = GoodsReceipt.objects.filter(kind=DocumentKind.GOODS_RECEIPT).with_total().select_related(*PEOPLE)
    serializer_class = GoodsReceiptRow
    filterset_class = GoodsReceiptFilters
    body = GoodsReceiptIn

    def make(self, fields: dict[str, Any], lines: Sequence[Any]) -> StockDocument:
        return documents.draft_goods_receipt(**fields, lines=lines)


class WholesaleInvoiceViewSet(DocumentViewSet):
    """Goods that go to a wholesale customer: posting is refused line by line where less is available."""

    title = "wholesale invoices"
    queryset = WholesaleInvoice.objects.filter(kind=DocumentKind.WHOLESALE_INVOICE).with_total().select_related(*PEOPLE)
    serializer_class = WholesaleInvoiceRow
    filterset_class = WholesaleInvoiceFilters
    body = WholesaleInvoiceIn

    def make(self, fields: dict[str, Any], lines: Sequence[Any]) -> StockDocument:
        return documents.draft_wholesale_invoice(**fields, lines=lines)


class StockTransferViewSet(DocumentViewSet):
    """Goods that move to another warehouse of the same organization, out of the one and into the other at once."""

    title = "stock transfers"
    queryset = StockTransfer.objects.filter(kind=DocumentKind.STOCK_TRANSFER).with_total().select_related(*PEOPLE)
    serializer_class = StockTransferRow
    filterset_class = StockTransferFilters
    body = StockTransferIn

    def make(self, fields: dict[str, Any], lines: Sequence[Any]) -> StockDocument:
        return documents.draft_stock_transfer(**fields, lines=lines)


def _differences() -> Coalesce:
    lines = CountLine.objects.filter(document=OuterRef("pk")).order_by().values("document")
    money = DecimalField(max_digits=18, decimal_places=2)
    total = Subquery(lines.annotate(total=Sum("amount")).values("total"), output_field=money)
    return Coalesce(total, Value(0), output_field=money)


class StockCountViewSet(DocumentViewSet):
    """What people counted: posting makes it true of its moment, whatever has moved since.

    `total` is the value of the differences. A count that late sales made untrue is followed by one that `corrects` it.
    """

    title = "stock counts"
    queryset = (
        StockCount.objects.filter(kind=DocumentKind.STOCK_COUNT).annotate(total=_differences()).select_related(*PEOPLE)
    )
    serializer_class = StockCountRow
    filterset_class = StockCountFilters
    body = StockCountIn
    lines_body = CountLinesIn
    line_model = "countline"
    refusals = {
        **DocumentViewSet.refusals,
        "post_document": ("already_posted", "already_reversed", "no_lines", "not_counted", "counted_later"),
        "reverse_document": ("not_posted", "already_reversed", "counted_later", "made_by_itself"),
    }

    def make(self, fields: dict[str, Any], lines: Sequence[Any]) -> StockDocument:
        return counts.draft_stock_count(**fields, lines=lines)

    def edit(self, document: Any, changes: dict[str, Any], lines: Sequence[Any] | None) -> None:
        redrafting.edit_count(count=document, changes=changes, lines=lines)

    def copy_of(self, document: Any) -> StockDocument:
        return counts.draft_again(count=document, date=timezone.now())

    def read_lines(self, rows: Sequence[dict[str, Any]]) -> Sequence[Any]:
        seen: set[str] = set()
        twice: list[dict[str, Any]] = []
        for row in rows:
            said = ErrorDetail(_("This SKU stands in the count already."), code="named_twice")
            twice.append({"sku": [said]} if row["sku"] in seen else {})
            seen.add(row["sku"])
        if any(twice):
            raise ValidationError({"lines": twice})
        found = zip(named_skus(rows, within="lines"), rows, strict=True)
        return [counts.Counted(sku, row["counted"]) for sku, row in found]


class GoodsReceiptLineViewSet(DocumentLineViewSet):
    title = "lines of a goods receipt"
    owner = GoodsReceipt
    needs = ("stock.view_goodsreceipt",)


class WholesaleInvoiceLineViewSet(DocumentLineViewSet):
    title = "lines of a wholesale invoice"
    owner = WholesaleInvoice
    needs = ("stock.view_wholesaleinvoice",)


class StockTransferLineViewSet(DocumentLineViewSet):
    title = "lines of a stock transfer"
    owner = StockTransfer
    needs = ("stock.view_stocktransfer",)


class StockCountLineViewSet(DocumentLineViewSet):
    """`expected` is what the books say of the moment of counting, as last looked at; `price` values the difference."""

    title = "lines of a stock count"
    owner = StockCount
    needs = ("stock.view_stockcount",)
    queryset = CountLine.objects.select_related("sku")
    serializer_class = CountLineRow
