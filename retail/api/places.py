"""Who sells, where, and with whom the chain trades."""

from collections.abc import Mapping
from typing import ClassVar

from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer

from retail.api import filters
from retail.api.base import ReadViewSet, Row
from retail.api.descriptions import REFERENCE
from retail.models import Counterparty, Organization, Shop, Warehouse


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A company",
            {
                "id": 1, "name": "ООО «Ромашка»", "full_name": "", "inn": "7700000070", "kpp": "770101001",
                "address": "",
            },
        )
    ]
)  # fmt: skip
class OrganizationRow(Row[Organization]):
    class Meta:
        model = Organization
        fields = ("id", "name", "full_name", "inn", "kpp", "address")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A shop",
            {
                "id": 1, "code": "01", "name": "На Садовой", "organization": 1, "time_zone": "Europe/Moscow",
                "address": "Садовая, 1",
            },
        )
    ]
)  # fmt: skip
class ShopRow(Row[Shop]):
    class Meta:
        model = Shop
        fields = ("id", "code", "name", "organization", "time_zone", "address")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A shop's hall",
            {"id": 1, "name": "Садовая, торговый зал", "organization": 1, "shop": 1, "retail_price_type": 1},
        )
    ]
)
class WarehouseRow(Row[Warehouse]):
    class Meta:
        model = Warehouse
        fields = ("id", "name", "organization", "shop", "retail_price_type")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A supplier",
            {"id": 3, "name": "ООО «Молоко»", "inn": "7700000087", "kpp": "770101001", "address": ""},
        )
    ]
)
class CounterpartyRow(Row[Counterparty]):
    class Meta:
        model = Counterparty
        fields = ("id", "name", "inn", "kpp", "address")


class OrganizationFilters(FilterSet):
    inn = filters.Codes(about="INN")
    search = filters.Text(about="Words of the name", look=filters.words_of("name", "full_name"))


class ShopFilters(FilterSet):
    code = filters.Codes(about="Codes of shops")
    organization = filters.Numbers(about="Ids of organizations")
    search = filters.Text(about="Words of the name or address", look=filters.words_of("name", "address"))


class WarehouseFilters(FilterSet):
    organization = filters.Numbers(about="Ids of organizations")
    shop = filters.Numbers(about="Ids of shops")
    search = filters.Text(about="Words of the name", look=filters.words_of("name"))


class CounterpartyFilters(FilterSet):
    inn = filters.Codes(about="INN")
    search = filters.Text(about="Words of the name", look=filters.words_of("name"))


class _ReferenceViewSet(ReadViewSet):
    tag = REFERENCE
    orderings: ClassVar[Mapping[str, str]] = {"id": "pk", "name": "name"}


class OrganizationViewSet(_ReferenceViewSet):
    title = "organizations"
    queryset = Organization.objects.all()
    serializer_class = OrganizationRow
    filterset_class = OrganizationFilters


class ShopViewSet(_ReferenceViewSet):
    title = "shops"
    queryset = Shop.objects.all()
    serializer_class = ShopRow
    filterset_class = ShopFilters
    orderings = {"id": "pk", "code": "code", "name": "name"}


class WarehouseViewSet(_ReferenceViewSet):
    title = "warehouses"
    queryset = Warehouse.objects.all()
    serializer_class = WarehouseRow
    filterset_class = WarehouseFilters


class CounterpartyViewSet(_ReferenceViewSet):
    title = "counterparties"
    queryset = Counterparty.objects.all()
    serializer_class = CounterpartyRow
    filterset_class = CounterpartyFilters
