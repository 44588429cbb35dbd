"""Goods: groups, items with their variants, and the SKUs by which everything else names them."""

from collections.abc import Mapping
from typing import ClassVar

from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from retail.api import filters
from retail.api.base import ReadViewSet, Row
from retail.api.descriptions import REFERENCE
from retail.choices import ItemKind, MarkingKind
from retail.models import Barcode, Characteristic, Item, ItemGroup, Pack, Sku, Unit, VatRate


@extend_schema_serializer(examples=[OpenApiExample("A group", {"id": 2, "name": "Молоко", "parent": 1})])
class ItemGroupRow(Row[ItemGroup]):
    # Named, for the library's own field of a tree would read every group.
    parent = serializers.IntegerField(source="parent_id", allow_null=True, read_only=True)  # type: ignore[assignment]

    class Meta:
        model = ItemGroup
        fields = ("id", "name", "parent")


@extend_schema_serializer(
    examples=[OpenApiExample("Pieces", {"id": 1, "code": "796", "name": "штука", "short_name": "шт"})]
)
class UnitRow(Row[Unit]):
    class Meta:
        model = Unit
        fields = ("id", "code", "name", "short_name")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "The common rate",
            {
                "id": 1, "code": "22", "name": "НДС 22 %", "percent": "22.00", "valid_from": "2026-01-01",
                "valid_to": None,
            },
        )
    ]
)  # fmt: skip
class VatRateRow(Row[VatRate]):
    class Meta:
        model = VatRate
        fields = ("id", "code", "name", "percent", "valid_from", "valid_to")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Milk",
            {
                "id": 17, "name": "Молоко 3,2 %", "full_name": "", "article": "M-32", "group": 2, "kind": "goods",
                "unit": "796", "vat": "10", "weighed": False, "marking": "dairy", "withdrawn": False,
            },
        )
    ]
)  # fmt: skip
class ItemRow(Row[Item]):
    unit = serializers.CharField(source="unit.code", read_only=True, help_text="Code in ОКЕИ")
    vat = serializers.CharField(source="vat_rate.code", read_only=True, help_text="Code of the rate")

    class Meta:
        model = Item
        fields = (
            "id", "name", "full_name", "article", "group", "kind", "unit", "vat", "weighed", "marking", "withdrawn",
        )  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("A taste", {"id": 5, "item": 17, "name": "клубника"})])
class CharacteristicRow(Row[Characteristic]):
    class Meta:
        model = Characteristic
        fields = ("id", "item", "name")


@extend_schema_serializer(
    examples=[OpenApiExample("A box", {"id": 5, "item": 17, "name": "короб", "quantity": "12.000"})]
)
class PackRow(Row[Pack]):
    class Meta:
        model = Pack
        fields = ("id", "item", "name", "quantity")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Milk of strawberry",
            {
                "id": 40, "code": "10001", "name": "Молоко 3,2 %, клубника", "item": 17, "characteristic": 5,
                "pack": None, "plu": None, "withdrawn": False, "barcodes": ["4600000000015"],
            },
        )
    ]
)  # fmt: skip
class SkuRow(Row[Sku]):
    barcodes = serializers.SerializerMethodField()

    class Meta:
        model = Sku
        fields = ("id", "code", "name", "item", "characteristic", "pack", "plu", "withdrawn", "barcodes")

    def get_barcodes(self, sku: Sku) -> list[str]:
        return sorted(barcode.value for barcode in sku.barcodes.all())


@extend_schema_serializer(examples=[OpenApiExample("EAN-13", {"id": 9, "value": "4600000000015", "sku": "10001"})])
class BarcodeRow(Row[Barcode]):
    sku = serializers.CharField(source="sku.code", read_only=True, help_text="Code of the SKU")

    class Meta:
        model = Barcode
        fields = ("id", "value", "sku")


class ItemGroupFilters(FilterSet):
    parent = filters.Numbers(about="Ids of the groups right above")
    under = filters.Groups("pk", about="Ids of groups: these with everything below them")
    search = filters.Text(about="Words of the name", look=filters.words_of("name"))


class ItemFilters(FilterSet):
    group = filters.Groups(about="Ids of groups, each with everything below it")
    article = filters.Codes(about="Articles")
    kind = filters.Choices(words=ItemKind.values, about="Kinds")
    marking = filters.Choices(words=MarkingKind.values, about="Kinds of marking")
    vat = filters.Codes("vat_rate__code", about="Codes of VAT rates")
    weighed = filters.YesOrNo(about="Sold by weight")
    withdrawn = filters.YesOrNo(about="Not sold any more")
    search = filters.Text(about="Code, barcode, article or words of the name", look=filters.items_by_words)


class OfItemFilters(FilterSet):
    item = filters.Numbers(about="Ids of items")


class SkuFilters(FilterSet):
    code = filters.Codes(about="Codes of SKUs")
    barcode = filters.Codes("barcodes__value", about="Whole barcodes", distinct=True)
    item = filters.Numbers(about="Ids of items")
    group = filters.Groups("item__group", about="Ids of groups, each with everything below it")
    plu = filters.Numbers(about="Scales' codes")
    withdrawn = filters.YesOrNo(about="Not sold any more")
    search = filters.Text(about="Code, barcode, article or words of the name", look=filters.goods_of("pk"))


class BarcodeFilters(FilterSet):
    value = filters.Codes(about="Whole barcodes")
    sku = filters.Codes("sku__code", about="Codes of SKUs")


class _GoodsViewSet(ReadViewSet):
    tag = REFERENCE
    orderings: ClassVar[Mapping[str, str]] = {"id": "pk", "name": "name"}


class ItemGroupViewSet(_GoodsViewSet):
    title = "item groups"
    queryset = ItemGroup.objects.all()
    serializer_class = ItemGroupRow
    filterset_class = ItemGroupFilters


class UnitViewSet(_GoodsViewSet):
    title = "units of measure"
    queryset = Unit.objects.all()
    serializer_class = UnitRow


class VatRateViewSet(_GoodsViewSet):
    title = "VAT rates"
    queryset = VatRate.objects.all()
    serializer_class = VatRateRow


class ItemViewSet(_GoodsViewSet):
    title = "items"
    queryset = Item.objects.select_related("unit", "vat_rate")
    serializer_class = ItemRow
    filterset_class = ItemFilters


class CharacteristicViewSet(_GoodsViewSet):
    title = "characteristics of items"
    queryset = Characteristic.objects.all()
    serializer_class = CharacteristicRow
    filterset_class = OfItemFilters


class PackViewSet(_GoodsViewSet):
    title = "packs of items"
    queryset = Pack.objects.all()
    serializer_class = PackRow
    filterset_class = OfItemFilters


class SkuViewSet(_GoodsViewSet):
    title = "SKUs with their barcodes"
    needs = ("retail.view_barcode",)
    queryset = Sku.objects.all()
    serializer_class = SkuRow
    filterset_class = SkuFilters
    orderings = {"id": "pk", "code": "code", "name": "name"}
    joined = {"barcodes": ["barcodes"]}


class BarcodeViewSet(_GoodsViewSet):
    title = "barcodes"
    queryset = Barcode.objects.select_related("sku")
    serializer_class = BarcodeRow
    filterset_class = BarcodeFilters
    orderings = {"id": "pk", "value": "value"}
