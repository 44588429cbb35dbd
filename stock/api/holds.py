"""What is held for receipts and orders. Read only: registers place and end holds, and people do in the admin."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from retail.api import filters
from retail.api.base import ReadViewSet, Row
from retail.api.descriptions import STOCK
from stock.choices import ReservationState
from stock.models import Reservation


class HeldRow(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="Its number in the receipt or the order")
    sku = serializers.IntegerField(source="sku_id", help_text="Id of the SKU")
    quantity = serializers.DecimalField(max_digits=15, decimal_places=3)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Held for a receipt",
            {
                "id": 17, "register": 4, "order": None, "warehouse": 1,
                "receipt_uid": "b0c1d2e3-0000-4000-8000-000000000015", "state": "open",
                "lines": [{"line": 1, "sku": 71, "quantity": "2.000"}], "placed_at": "2026-11-20T10:15:00+03:00",
                "changed_at": "2026-11-20T10:15:20+03:00", "expires_at": "2026-11-20T10:30:20+03:00", "ended_at": None,
                "ended_by": None, "reason": "", "transaction": None, "late": False,
            },
        )
    ]
)  # fmt: skip
class ReservationRow(Row[Reservation]):
    state = serializers.ChoiceField(choices=ReservationState.choices)
    lines = HeldRow(source="held", many=True, help_text="Once ended: what was held when it ended")
    transaction = serializers.IntegerField(source="transaction_id", allow_null=True, help_text="Of the sale that came")
    ended_by = serializers.CharField(source="ended_by.username", allow_null=True, help_text="Who released it by hand")
    late = serializers.BooleanField(source="is_late", help_text="The sale came after the goods had been let go")

    class Meta:
        model = Reservation
        fields = (
            "id", "register", "order", "warehouse", "receipt_uid", "state", "lines", "placed_at", "changed_at",
            "expires_at", "ended_at", "ended_by", "reason", "transaction", "late",
        )  # fmt: skip
        extra_kwargs = {
            "register": {"help_text": "null: held for an order"},
            "expires_at": {"help_text": "null: never"},
        }


def _late(rows: QuerySet[Any], wanted: bool) -> QuerySet[Any]:
    late = Reservation.objects.late()
    return rows.filter(pk__in=late.values("pk")) if wanted else rows.exclude(pk__in=late.values("pk"))


def _of_orders(rows: QuerySet[Any], wanted: bool) -> QuerySet[Any]:
    return rows.filter(order__isnull=not wanted)


class ReservationFilters(FilterSet):
    warehouse = filters.Numbers(about="Ids of warehouses")
    register = filters.Numbers(about="Ids of registers")
    order = filters.Numbers(about="Ids of customer orders")
    receipt_uid = filters.Codes(about="Uids of receipts")
    state = filters.Choices(words=ReservationState.values, about="States; `open` is what is held now")
    of_order = filters.Check(about="true: of customer orders; false: of receipts", narrow=_of_orders)
    late = filters.Check(about="true: sold after the goods had been let go", narrow=_late)
    since = filters.Since("placed_at", about="When it was placed")
    until = filters.Until("placed_at", about="When it was placed")


class ReservationViewSet(ReadViewSet):
    """Who holds what: a row for each receipt or agreement of an order. What is `open` makes `reserved` of balances."""

    tag = STOCK
    title = "reservations"
    queryset = Reservation.objects.select_related("ended_by")
    serializer_class = ReservationRow
    filterset_class = ReservationFilters
    orderings = {"id": "pk"}
