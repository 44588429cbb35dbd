"""What a courier's register hears about customer orders."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request

from exchange.api import examples
from exchange.api.authentication import register_of
from exchange.api.base import RegisterView
from exchange.api.descriptions import ORDERS, described, refusals
from exchange.api.goods import CURSOR
from exchange.services import orders_feed

decimal = serializers.DecimalField


class OrderLineOut(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = decimal(max_digits=15, decimal_places=3)
    price = decimal(max_digits=15, decimal_places=2, help_text="As agreed with the customer; VAT is within it")
    vat = serializers.CharField(allow_null=True, help_text="The code of the rate, as in settings")
    amount = decimal(max_digits=15, decimal_places=2)


class OrderOut(serializers.Serializer[Any]):
    """A row replaces what the register knew of the order. One that left it comes with `uid` alone."""

    uid = serializers.CharField(help_text="Name it as `order` in the receipt made from the order")
    number = serializers.CharField(required=False, help_text="As people know it")
    date = serializers.DateTimeField(required=False)
    customer = serializers.CharField(required=False)
    phone = serializers.CharField(required=False, help_text="Or empty")
    address = serializers.CharField(required=False, help_text="Where to deliver; or empty")
    delivery_date = serializers.DateField(required=False, allow_null=True)
    delivery_from = serializers.CharField(required=False, allow_null=True, help_text="Hours and minutes: 10:00")
    delivery_to = serializers.CharField(required=False, allow_null=True)
    prepaid = decimal(max_digits=15, decimal_places=2, required=False, help_text="What was paid for it before")
    total = decimal(max_digits=15, decimal_places=2, required=False, help_text="Sum of the lines")
    comment = serializers.CharField(required=False)
    lines = OrderLineOut(many=True, required=False)
    withdrawn = serializers.BooleanField(help_text="True comes once, with `uid` alone: do not deliver it")


class OrdersPacketOut(serializers.Serializer[Any]):
    orders = OrderOut(many=True)
    cursor = serializers.CharField()
    more = serializers.BooleanField(help_text="Ask again at once, with the new cursor")


class OrdersView(RegisterView):
    """Orders that this register delivers: agreed and not yet sold, as they changed after the cursor."""

    @described(
        operation_id="orders",
        summary="Load orders to deliver, or what changed",
        tags=[ORDERS],
        parameters=[CURSOR],
        responses={200: OrdersPacketOut, **refusals("reload_required")},
        examples=[examples.ORDERS],
    )
    def get(self, request: Request) -> HttpResponse:
        now = timezone.now()
        asked = request.query_params.get("cursor")
        packet = orders_feed.read(register=register_of(request), cursor=asked, now=now)
        self.note(request, now=now)
        return self.answer(packet)
