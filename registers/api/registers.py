"""Registers, and when each was last heard."""

from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from registers.choices import StockControl
from registers.models import Register
from retail.api import filters
from retail.api.base import ReadViewSet, Row
from retail.api.descriptions import SALES


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A till",
            {
                "id": 4, "number": 4, "name": "Касса 4", "organization": 1, "shop": 1, "warehouse": 1,
                "stock_control": "without_prompts", "active": True, "last_seen": "2026-11-20T10:15:32+03:00",
                "software": "Till", "version": "4.2",
            },
        )
    ]
)  # fmt: skip
class RegisterRow(Row[Register]):
    last_seen = serializers.DateTimeField(source="status.last_seen", read_only=True, allow_null=True)
    software = serializers.CharField(source="status.software", read_only=True, allow_null=True)
    version = serializers.CharField(source="status.version", read_only=True, allow_null=True)

    class Meta:
        model = Register
        fields = (
            "id", "number", "name", "organization", "shop", "warehouse", "stock_control", "active", "last_seen",
            "software", "version",
        )  # fmt: skip


class RegisterFilters(FilterSet):
    number = filters.Numbers(about="Numbers of registers")
    organization = filters.Numbers(about="Ids of organizations")
    shop = filters.Numbers(about="Ids of shops")
    warehouse = filters.Numbers(about="Ids of warehouses")
    stock_control = filters.Choices(words=StockControl.values, about="How it controls stock")
    active = filters.YesOrNo(about="Let in")
    search = filters.Text(about="Words of the name", look=filters.words_of("name", "workplace"))


class RegisterViewSet(ReadViewSet):
    tag = SALES
    title = "registers"
    needs = ("registers.view_registerstatus",)
    queryset = Register.objects.select_related("status")
    serializer_class = RegisterRow
    filterset_class = RegisterFilters
    orderings = {"id": "pk", "number": "number"}
