"""Prices: reading them, and setting many at once from a moment on."""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request

from retail.api import filters
from retail.api.base import ReadViewSet, Row
from retail.api.descriptions import PRICES
from retail.api.moments import MomentField
from retail.api.writing import check_each, named_skus, once, refuse_row
from retail.exceptions import DomainError
from retail.models import Price, PriceType
from retail.services import price_lists

MOST_PRICES = 1000
_SET = {
    "id": 90, "sku": "10001", "price_type": 1, "amount": "99.90", "valid_from": "2026-12-01T00:00:00+03:00",
}  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("Retail", {"id": 1, "name": "Розничная"})])
class PriceTypeRow(Row[PriceType]):
    class Meta:
        model = PriceType
        fields = ("id", "name")


@extend_schema_serializer(examples=[OpenApiExample("From December on", _SET)])
class PriceRow(Row[Price]):
    sku = serializers.CharField(source="sku.code", read_only=True, help_text="Code of the SKU")

    class Meta:
        model = Price
        fields = ("id", "sku", "price_type", "amount", "valid_from")


class PriceIn(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=20, help_text="Code of the SKU")
    price_type = serializers.IntegerField(min_value=1, help_text="Its id")
    amount = serializers.DecimalField(
        max_digits=15, decimal_places=2, min_value=0, help_text="Roubles; 0 stops selling by this price type"
    )
    valid_from = MomentField(required=False, help_text="Left out: from now on")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "From December on, and from now on",
            {
                "prices": [
                    {k: _SET[k] for k in ("sku", "price_type", "amount", "valid_from")},
                    {"sku": "10002", "price_type": 1, "amount": "45.00"},
                ]
            },
        )
    ]
)
class PricesIn(serializers.Serializer[Any]):
    prices = serializers.ListField(
        child=PriceIn(), min_length=1, max_length=MOST_PRICES, help_text=f"Up to {MOST_PRICES}; all are set or none"
    )


@extend_schema_serializer(examples=[OpenApiExample("What holds now", {"prices": [_SET]})])
class PricesOut(serializers.Serializer[Any]):
    prices = PriceRow(many=True, help_text="The prices that hold, in the order asked")


def _in_force(rows: QuerySet[Any], wanted: bool) -> QuerySet[Any]:
    now = timezone.now()
    later = Price.objects.filter(
        sku=OuterRef("sku"),
        price_type=OuterRef("price_type"),
        valid_from__gt=OuterRef("valid_from"),
        valid_from__lte=now,
    )
    holding = rows.filter(~Exists(later), valid_from__lte=now)
    return holding if wanted else rows.exclude(pk__in=holding.values("pk"))


class PriceTypeFilters(FilterSet):
    search = filters.Text(about="Words of the name", look=filters.words_of("name"))


class PriceFilters(FilterSet):
    sku = filters.Codes("sku__code", about="Codes of SKUs")
    price_type = filters.Numbers(about="Ids of price types")
    group = filters.Groups("sku__item__group", about="Ids of groups, each with everything below it")
    in_force = filters.Check(about="true: the ones by which is sold now", narrow=_in_force)
    since = filters.Since("valid_from", about="Valid from")
    until = filters.Until("valid_from", about="Valid from")
    search = filters.Text(about="Code, barcode, article or words of the name", look=filters.goods_of("sku"))


class PriceTypeViewSet(ReadViewSet):
    tag = PRICES
    title = "price types"
    queryset = PriceType.objects.all()
    serializer_class = PriceTypeRow
    filterset_class = PriceTypeFilters
    orderings = {"id": "pk", "name": "name"}


class PriceViewSet(ReadViewSet):
    """A price holds from its moment until the next one of its SKU and price type begins.

    Setting a price that holds already changes nothing and is answered with the one there is, so a whole list may be
    sent again and again. A price that has begun stays: set 0 to stop selling by it.
    """

    tag = PRICES
    title = "prices"
    queryset = Price.objects.select_related("sku")
    serializer_class = PriceRow
    filterset_class = PriceFilters
    orderings = {"id": "pk", "valid_from": "valid_from"}
    bodies = {"create": PricesIn}
    refusals = {"create": ("price_has_begun",), "destroy": ("price_has_begun",)}
    summaries = {"create": "Set prices", "destroy": "Take back a price that is ahead"}

    def answer_class(self, action: str) -> Any:
        return PricesOut if action == "create" else PriceRow

    def create(self, request: Request) -> HttpResponse:
        def do() -> Any:
            asked = PricesIn(data=request.data)
            asked.is_valid(raise_exception=True)
            return PricesOut({"prices": _set_prices(asked.validated_data["prices"])}).data

        return once(request, do, body=request.data, status=201)

    def destroy(self, request: Request, pk: int) -> HttpResponse:
        price_lists.take_back(price=self.get_object(), now=timezone.now())
        return HttpResponse(status=204)


def _set_prices(rows: list[dict[str, Any]]) -> list[Price]:
    """Set the prices of a body. Raises `ValidationError`, and the refusals of `price_lists` with the row they mean."""
    skus = named_skus(rows, within="prices")
    types = PriceType.objects.in_bulk()
    wanted_types = [row["price_type"] for row in rows]
    check_each(wanted_types, types, within="prices", field="price_type", words=_("There is no price type %(value)s."))
    wanted = [
        price_lists.Wanted(sku, types[row["price_type"]], row["amount"], row.get("valid_from"))
        for sku, row in zip(skus, rows, strict=True)
    ]
    try:
        return price_lists.set_prices(wanted=wanted, now=timezone.now())
    except DomainError as refusal:
        raise refuse_row(refusal, within="prices") from None
