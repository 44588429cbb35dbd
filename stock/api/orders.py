"""Customer orders: drafted, edited, agreed, taken back, cancelled by people's programs, by the admin's own verbs."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import CHANGE
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from registers.models import Register
from retail.api import filters
from retail.api.authentication import user_of
from retail.api.writing import Reference, once
from retail.models import Counterparty
from stock.api.drafts import (
    DEEDS,
    HEADER,
    HEADER_FIELDS,
    LINES,
    DocumentFilters,
    DocumentLineViewSet,
    DocumentRow,
    DraftIn,
    DraftViewSet,
)
from stock.choices import OrderDeed, OrderStatus
from stock.models import CustomerOrder, OrderEvent, StockDocument
from stock.services import orders
from stock.services.orders.refusals import REASON_LENGTH

_ASKED = {
    "customer": "Анна Иванова", "phone": "+7 900 000-00-17", "address": "Садовая, 12, кв. 4", "courier": 4,
    "delivery_date": "2026-11-21", "delivery_from": "10:00:00", "delivery_to": "14:00:00", "prepaid": "100.00",
}  # fmt: skip
_ORDER = {
    **HEADER, "uid": "6f1d2c3b-7a80-4a0e-9a51-0c2d4e6f8a10", "status": "agreed", **_ASKED, "counterparty": None,
    "receipt": None, "comment": "", "total": DEEDS["total"], "posted_at": None,
    "events": [
        {"at": "2026-11-20T09:00:00+03:00", "deed": "made", "by": "operator", "register": None, "reason": ""},
        {"at": "2026-11-20T09:05:00+03:00", "deed": "agreed", "by": "operator", "register": None, "reason": ""},
    ],
}  # fmt: skip


class OrderEventRow(serializers.ModelSerializer[OrderEvent]):
    by = serializers.CharField(source="by.username", allow_null=True, read_only=True)
    deed = serializers.ChoiceField(choices=OrderDeed.choices, read_only=True)

    class Meta:
        model = OrderEvent
        fields = ("at", "deed", "by", "register", "reason")
        read_only_fields = fields


@extend_schema_serializer(examples=[OpenApiExample("Agreed, and held", _ORDER)])
class CustomerOrderRow(DocumentRow):
    posted_by = None  # type: ignore[assignment]  # A receipt posts it.
    reversed_by = None  # type: ignore[assignment]
    status = serializers.ChoiceField(choices=OrderStatus.choices, help_text="Goods are held while it is `agreed`")
    receipt = serializers.IntegerField(
        source="receipt_id", allow_null=True, help_text="The sale that it became: its id"
    )
    events = OrderEventRow(many=True, help_text="Its life, the oldest first")

    class Meta:
        model = CustomerOrder
        fields = (
            *HEADER_FIELDS, "uid", "status", "customer", "phone", "address", "counterparty", "courier",
            "delivery_date", "delivery_from", "delivery_to", "prepaid", "receipt", "comment", "total", "posted_at",
            "events",
        )  # fmt: skip
        extra_kwargs = {
            "uid": {"help_text": "By which registers name it"},
            "courier": {"help_text": "Id of the register that delivers it"},
            "posted_at": {"help_text": "When the sale was taken in"},
        }


@extend_schema_serializer(examples=[OpenApiExample("Milk to be delivered", {"warehouse": 1, **_ASKED, "lines": LINES})])
class CustomerOrderIn(DraftIn):
    customer = serializers.CharField(max_length=150)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=30)
    address = serializers.CharField(required=False, allow_blank=True, max_length=250)
    counterparty = Reference(
        queryset=Counterparty.objects.all(), required=False, allow_null=True, help_text="Its id, of whoever is billed"
    )
    courier = Reference(
        queryset=Register.objects.all(), required=False, allow_null=True, help_text="Id of a register of the warehouse"
    )
    delivery_date = serializers.DateField(required=False, allow_null=True)
    delivery_from = serializers.TimeField(required=False, allow_null=True)
    delivery_to = serializers.TimeField(required=False, allow_null=True)
    prepaid = serializers.DecimalField(max_digits=15, decimal_places=2, min_value=Decimal(0), required=False)


@extend_schema_serializer(examples=[OpenApiExample("A reason", {"reason": "the customer changed their mind"})])
class ReasonIn(serializers.Serializer[Any]):
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=REASON_LENGTH, default="", help_text="Kept in the order's life"
    )


def _sold(rows: QuerySet[Any], wanted: bool) -> QuerySet[Any]:
    return rows.filter(receipt__isnull=not wanted)


class CustomerOrderFilters(DocumentFilters):
    status = filters.Choices(words=OrderStatus.values, about="Statuses")
    sold = filters.Check(about="true: sold; false: not yet", narrow=_sold)
    courier = filters.Numbers(about="Ids of registers that deliver")
    counterparty = filters.Numbers(about="Ids of counterparties")
    uid = filters.Codes(about="Ids by which registers name orders")


class CustomerOrderViewSet(DraftViewSet):
    """What customers ordered. An order is a promise and moves no books: agreeing holds its goods, a receipt sells it.

    `state` is `draft` until it is sold and `posted` from then on. An agreed order may be edited: what it holds follows
    its lines, or the edit is refused. Lines without a price take the one in force.
    """

    title = "customer orders"
    queryset = CustomerOrder.objects.with_total()
    serializer_class = CustomerOrderRow
    filterset_class = CustomerOrderFilters
    body = CustomerOrderIn
    joined = {"events": ("events__by",)}
    refusals = {
        "partial_update": ("order_sold", "order_cancelled", "order_holds_goods", "no_lines", "not_enough"),
        "destroy": ("order_sold", "order_agreed"),
        "agree": ("order_sold", "order_agreed", "order_cancelled", "no_lines", "not_enough"),
        "take_back": ("order_sold", "order_not_agreed"),
        "cancel": ("order_sold", "order_cancelled"),
        "reopen": ("order_sold", "order_not_cancelled"),
    }
    verbs = {
        "agree": "Agree one of",
        "take_back": "Take back one of",
        "cancel": "Cancel one of",
        "reopen": "Take up again one of",
    }

    def make(self, fields: dict[str, Any], lines: Sequence[Any]) -> StockDocument:
        return orders.draft(**fields, lines=lines, by=user_of(self.request), now=timezone.now())

    def edit(self, document: Any, changes: dict[str, Any], lines: Sequence[Any] | None) -> None:
        orders.edit(order=document, changes=changes, lines=lines, by=user_of(self.request), now=timezone.now())

    def copy_of(self, document: Any) -> StockDocument:
        now = timezone.now()
        return orders.draft_again(order=document, date=now, by=user_of(self.request), now=now)

    def discard(self, document: Any) -> None:
        orders.discard(order=document)

    @action(detail=True, methods=["post"], url_path="agree")
    def agree(self, request: Request, pk: int) -> HttpResponse:
        return once(request, lambda: self._done_to(orders.agree, _("Agreed.")))

    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, pk: int) -> HttpResponse:
        return self._with_reason(request, orders.take_back, _("Taken back."))

    @action(detail=True, methods=["post"], url_path="cancel")
    def cancel(self, request: Request, pk: int) -> HttpResponse:
        return self._with_reason(request, orders.cancel, _("Cancelled."))

    @action(detail=True, methods=["post"], url_path="reopen")
    def reopen(self, request: Request, pk: int) -> HttpResponse:
        return once(request, lambda: self._done_to(orders.reopen, _("Taken up again.")))

    def _with_reason(self, request: Request, verb: Callable[..., CustomerOrder], words: str) -> HttpResponse:
        def do() -> Any:
            asked = ReasonIn(data=request.data)
            asked.is_valid(raise_exception=True)
            return self._done_to(verb, words, **asked.validated_data)

        return once(request, do, body=request.data)

    def _done_to(self, verb: Callable[..., CustomerOrder], words: str, **given: Any) -> Any:
        order = verb(order=self._document(), by=user_of(self.request), now=timezone.now(), **given)
        return self._shown(order, CHANGE, words)

    @property
    def bodies(self) -> Mapping[str, type[serializers.Serializer[Any]]]:  # type: ignore[override]
        return {**super().bodies, "take_back": ReasonIn, "cancel": ReasonIn}


class CustomerOrderLineViewSet(DocumentLineViewSet):
    title = "lines of a customer order"
    owner = CustomerOrder
    needs = ("stock.view_customerorder",)
