"""What a register hears about goods and stock."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request

from exchange.api.authentication import register_of
from exchange.api.base import RegisterView
from exchange.services import goods_feed, price_check, stock_feed
from exchange.services.cursors import Cursor

CURSOR = OpenApiParameter("cursor", str, description="As answered last time; without it everything is loaded anew")
decimal = serializers.DecimalField


class GoodsOut(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    characteristic = serializers.CharField()
    article = serializers.CharField()
    group = serializers.IntegerField(allow_null=True)
    unit = serializers.CharField()
    weighed = serializers.BooleanField()
    vat = serializers.CharField()
    price = decimal(max_digits=15, decimal_places=2)
    barcodes = serializers.ListField(child=serializers.CharField())
    marking = serializers.CharField()
    plu = serializers.IntegerField(allow_null=True)
    withdrawn = serializers.BooleanField(help_text="True comes once, with `sku` alone: stop selling it")


class GroupOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    parent = serializers.IntegerField(allow_null=True)
    name = serializers.CharField()


class GoodsPacketOut(serializers.Serializer[Any]):
    goods = GoodsOut(many=True)
    groups = GroupOut(many=True)
    cursor = serializers.CharField()
    more = serializers.BooleanField()


class ChangeOut(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    available = decimal(max_digits=18, decimal_places=3, help_text="Absolute, not a difference")
    revision = serializers.IntegerField()


class StockPacketOut(serializers.Serializer[Any]):
    changes = ChangeOut(many=True)
    cursor = serializers.CharField()
    more = serializers.BooleanField()


ChecksumOut = inline_serializer(
    "Checksum",
    {
        "cursor": serializers.CharField(),
        "revision": serializers.IntegerField(),
        "count": serializers.IntegerField(),
        "checksum": serializers.CharField(help_text="8 hex digits"),
        "except": serializers.ListField(child=serializers.CharField()),
    },
)


class PriceCheckOut(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    price = decimal(max_digits=15, decimal_places=2, allow_null=True)
    available = decimal(max_digits=18, decimal_places=3)
    quantity = decimal(max_digits=15, decimal_places=3, help_text="What a weighed barcode holds; 1 otherwise")


class GoodsView(RegisterView):
    """Goods that changed after the cursor, as this register may sell them."""

    @extend_schema(
        operation_id="goods", tags=["register: goods and stock"], parameters=[CURSOR], responses={200: GoodsPacketOut}
    )
    def get(self, request: Request) -> HttpResponse:
        now = timezone.now()
        asked = request.query_params.get("cursor")
        packet = goods_feed.read(register=register_of(request), cursor=asked, now=now)
        self.note(request, now=now, **_progress("goods", asked, packet.cursor))
        return self.answer(packet)


class StockView(RegisterView):
    """Stock that changed after the cursor: absolute quantities of the register's warehouse."""

    @extend_schema(
        operation_id="stock", tags=["register: goods and stock"], parameters=[CURSOR], responses={200: StockPacketOut}
    )
    def get(self, request: Request) -> HttpResponse:
        asked = request.query_params.get("cursor")
        packet = stock_feed.read(register=register_of(request), cursor=asked)
        self.note(request, now=timezone.now(), **_progress("stock", asked, packet.cursor))
        return self.answer(packet)


class ChecksumView(RegisterView):
    """A sum over what the register should know; it recomputes it over its own view and compares."""

    @extend_schema(operation_id="stock_checksum", tags=["register: goods and stock"], responses={200: ChecksumOut})
    def get(self, request: Request) -> HttpResponse:
        return self.answer(stock_feed.checksum(register=register_of(request)))


class PriceCheckView(RegisterView):
    """Price and what is left of one SKU, by its code or a barcode; holds nothing."""

    @extend_schema(operation_id="price_check", tags=["register: goods and stock"], responses={200: PriceCheckOut})
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(price_check.look_up(register=register_of(request), code=code, now=timezone.now()))


def _progress(feed: str, asked: str | None, given: str) -> dict[str, int]:
    """What the exchange says of a register's progress: the cursor it came with is what it has surely taken."""
    moved = Cursor.parse(given)
    return {
        f"{feed}_sent": moved.position,
        f"{feed}_acknowledged": Cursor.parse(asked).position if asked else 0,
        "load": moved.load,
    }
