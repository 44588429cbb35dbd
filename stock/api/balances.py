"""What is left, and every movement of the books that made it so. Read only: documents change it."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from retail.api import filters
from retail.api.base import ReadViewSet, Row
from retail.api.descriptions import STOCK
from stock.choices import DocumentKind
from stock.models import Balance, Movement

LEVELS = ("above", "zero", "below", "reserved", "sold")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Milk in the hall",
            {
                "id": 71, "warehouse": 1, "sku": "10001", "name": "Молоко 3,2 %", "unit": "796", "on_hand": "120.000",
                "sold": "2.000", "reserved": "1.000", "available": "117.000", "revision": 5120,
            },
        )
    ]
)  # fmt: skip
class BalanceRow(Row[Balance]):
    sku = serializers.CharField(source="sku.code", help_text="Code of the SKU")
    name = serializers.CharField(source="sku.name")
    unit = serializers.CharField(source="sku.item.unit.code", help_text="Code in ОКЕИ")
    available = serializers.DecimalField(
        max_digits=18, decimal_places=3, help_text="on_hand − sold − reserved: what registers may sell"
    )

    class Meta:
        model = Balance
        fields = (
            "id", "warehouse", "sku", "name", "unit", "on_hand", "sold", "reserved", "available", "revision",
        )  # fmt: skip
        extra_kwargs = {
            "on_hand": {"help_text": "By posted documents"},
            "sold": {"help_text": "By registers, in no posted document yet"},
            "reserved": {"help_text": "Held for open receipts and orders"},
            "revision": {"help_text": "Place of its last change in the warehouse's feed"},
        }


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Goods that came",
            {
                "id": 903, "document": 55, "document_kind": "goods_receipt", "document_number": "000012",
                "warehouse": 1, "sku": "10001", "quantity": "120.000", "on_hand_after": "120.000", "reversing": False,
                "made_at": "2026-11-20T09:00:00+03:00",
            },
        )
    ]
)  # fmt: skip
class MovementRow(Row[Movement]):
    document_kind = serializers.ChoiceField(source="document.kind", choices=DocumentKind.choices)
    document_number = serializers.CharField(source="document.number")
    sku = serializers.CharField(source="sku.code", help_text="Code of the SKU")

    class Meta:
        model = Movement
        fields = (
            "id", "document", "document_kind", "document_number", "warehouse", "sku", "quantity", "on_hand_after",
            "reversing", "made_at",
        )  # fmt: skip
        extra_kwargs = {"quantity": {"help_text": "Above zero: came in; below: went out"}}


class _Levels(filters.Choices):
    def filter(self, rows: QuerySet[Any], value: list[str] | None) -> QuerySet[Any]:
        for level in value or ():
            match level:
                case "above":
                    rows = rows.filter(available__gt=0)
                case "zero":
                    rows = rows.filter(available=0)
                case "below":
                    rows = rows.filter(available__lt=0)
                case "reserved":
                    rows = rows.filter(reserved__gt=0)
                case "sold":
                    rows = rows.exclude(sold=0)
        return rows


def _incoming(rows: QuerySet[Any], wanted: bool) -> QuerySet[Any]:
    return rows.filter(quantity__gt=0) if wanted else rows.filter(quantity__lt=0)


class BalanceFilters(FilterSet):
    warehouse = filters.Numbers(about="Ids of warehouses")
    sku = filters.Codes("sku__code", about="Codes of SKUs")
    group = filters.Groups("sku__item__group", about="Ids of groups, each with everything below it")
    level = _Levels(words=LEVELS, about="What is available; `sold` and `reserved`: where there is any")
    search = filters.Text(about="Code, barcode, article or words of the name", look=filters.goods_of("sku"))


class MovementFilters(FilterSet):
    warehouse = filters.Numbers(about="Ids of warehouses")
    sku = filters.Codes("sku__code", about="Codes of SKUs")
    group = filters.Groups("sku__item__group", about="Ids of groups, each with everything below it")
    document = filters.Numbers(about="Ids of documents")
    kind = filters.Choices("document__kind", words=DocumentKind.values, about="Kinds of document")
    incoming = filters.Check(about="true: came in; false: went out", narrow=_incoming)
    reversing = filters.YesOrNo(about="Made by reversing a document")
    since = filters.Since("made_at", about="Time of the movement")
    until = filters.Until("made_at", about="Time of the movement")


class BalanceViewSet(ReadViewSet):
    """Four numbers for each SKU in each warehouse. A SKU that never was in a warehouse has no row there."""

    tag = STOCK
    title = "balances"
    queryset = Balance.objects.with_available().select_related("sku__item__unit")
    serializer_class = BalanceRow
    filterset_class = BalanceFilters
    orderings = {"id": "pk", "revision": "revision"}


class MovementViewSet(ReadViewSet):
    """The ledger: it only grows, and `on_hand_after` is what each movement left."""

    tag = STOCK
    title = "movements"
    queryset = Movement.objects.select_related("document", "sku")
    serializer_class = MovementRow
    filterset_class = MovementFilters
    orderings = {"id": "pk", "made_at": "made_at"}
    period = "made_at"
