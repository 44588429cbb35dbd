"""Items, SKUs, barcodes and prices as files, with the columns that an import takes."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from retail.admin.exports import ListResource
from retail.models import Barcode, Item, Price, Sku
from retail.services import groups
from retail.services.imports import barcodes, item_columns, prices


class ItemResource(ListResource):
    """A row for each SKU of the listed items, as an import of items takes it."""

    code = Field(attribute="code", column_name=item_columns.SKU.title)
    name = Field(attribute="item__name", column_name=item_columns.NAME.title)
    full_name = Field(attribute="item__full_name", column_name=item_columns.FULL_NAME.title)
    article = Field(attribute="item__article", column_name=item_columns.ARTICLE.title)
    group = Field(column_name=item_columns.GROUP.title)
    characteristic = Field(attribute="characteristic__name", column_name=item_columns.CHARACTERISTIC.title)
    unit = Field(attribute="item__unit", column_name=item_columns.UNIT.title)
    vat_rate = Field(attribute="item__vat_rate__code", column_name=item_columns.VAT_RATE.title)
    kind = Field(attribute="item__get_kind_display", column_name=item_columns.KIND.title)
    weighed = Field(attribute="item__weighed", column_name=item_columns.WEIGHED.title)
    marking = Field(attribute="item__get_marking_display", column_name=item_columns.MARKING.title)
    plu = Field(attribute="plu", column_name=item_columns.PLU.title)
    withdrawn = Field(attribute="withdrawn", column_name=item_columns.WITHDRAWN.title)

    def prepare(self) -> None:
        self._paths = groups.paths()

    def rows(self, queryset: QuerySet[Item]) -> QuerySet[Any]:
        skus = Sku.objects.filter(item__in=queryset.order_by().values("pk"))
        return skus.select_related("item__unit", "item__vat_rate", "characteristic").order_by("item__name", "code")

    def dehydrate_group(self, sku: Sku) -> str:
        return self._paths.get(sku.item.group_id, "") if sku.item.group_id else ""


class SkuResource(ItemResource):
    """The same, for the listed SKUs."""

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.prefetch_related(None).select_related("item__unit", "item__vat_rate", "characteristic")


class BarcodeResource(ListResource):
    code = Field(attribute="sku__code", column_name=barcodes.SKU.title)
    value_ = Field(attribute="value", column_name=barcodes.BARCODE.title)
    name = Field(attribute="sku__name", column_name=_("Name"))

    def rows(self, queryset: QuerySet[Barcode]) -> QuerySet[Any]:
        return queryset.select_related("sku")


class PriceResource(ListResource):
    code = Field(attribute="sku__code", column_name=barcodes.SKU.title)
    name = Field(attribute="sku__name", column_name=_("Name"))
    price_type = Field(attribute="price_type__name", column_name=prices.PRICE_TYPE.title)
    amount = Field(attribute="amount", column_name=prices.PRICE.title)
    valid_from = Field(attribute="valid_from", column_name=prices.VALID_FROM.title)

    def rows(self, queryset: QuerySet[Price]) -> QuerySet[Any]:
        return queryset.select_related("sku", "price_type")
