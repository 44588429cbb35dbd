"""What a register hears about goods and stock."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from exchange.api import examples
from exchange.api.authentication import register_of
from exchange.api.base import RegisterView
from exchange.api.descriptions import GOODS_AND_STOCK, described, refusals
from exchange.services import goods_feed, price_check, stock_feed
from exchange.services.cursors import Cursor

CURSOR = OpenApiParameter("cursor", str, description="As answered last time; without it everything is loaded anew")
TIMEOUT = OpenApiParameter("timeout", int, default=25, description="Seconds to hold, from 1 to 60")
CODE = OpenApiParameter("code", str, OpenApiParameter.PATH, description="A SKU's code, a barcode, or a scales' barcode")
decimal = serializers.DecimalField


class GoodsOut(serializers.Serializer[Any]):
    """A row replaces what the register knew of the SKU. One that is withdrawn comes with `sku` alone."""

    sku = serializers.CharField()
    name = serializers.CharField(required=False, help_text="As printed on the receipt")
    characteristic = serializers.CharField(required=False, help_text="The variant: size, colour; or empty")
    article = serializers.CharField(required=False)
    group = serializers.IntegerField(required=False, allow_null=True, help_text="Its id in `groups`")
    unit = serializers.CharField(required=False)
    weighed = serializers.BooleanField(required=False)
    vat = serializers.CharField(required=False, help_text="The code of the rate, as in settings")
    price = decimal(max_digits=15, decimal_places=2, required=False)
    barcodes = serializers.ListField(child=serializers.CharField(), required=False, help_text="All of them")
    marking = serializers.CharField(required=False, help_text="Kind of marked goods, or empty")
    plu = serializers.IntegerField(required=False, allow_null=True, help_text="What scales print in its barcodes")
    withdrawn = serializers.BooleanField(help_text="True comes once, with `sku` alone: stop selling it")


class GroupOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    parent = serializers.IntegerField(allow_null=True)  # type: ignore[assignment]
    name = serializers.CharField()


class GoodsPacketOut(serializers.Serializer[Any]):
    goods = GoodsOut(many=True)
    groups = GroupOut(many=True)
    cursor = serializers.CharField()
    more = serializers.BooleanField(help_text="Ask again at once, with the new cursor")


class ChangeOut(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    available = decimal(max_digits=18, decimal_places=3, help_text="Absolute, not a difference")
    revision = serializers.IntegerField()


class StockPacketOut(serializers.Serializer[Any]):
    changes = ChangeOut(many=True)
    cursor = serializers.CharField()
    more = serializers.BooleanField(help_text="Ask again at once, with the new cursor")


ChecksumOut = inline_serializer(
    "Checksum",
    {
        "cursor": serializers.CharField(help_text="Compare only if it is the register's own, letter for letter"),
        "revision": serializers.IntegerField(),
        "count": serializers.IntegerField(help_text="How many SKUs are in the sum"),
        "checksum": serializers.CharField(help_text="8 hex digits"),
        "except": serializers.ListField(child=serializers.CharField(), help_text="SKUs to leave out"),
    },
)


class PriceCheckOut(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    unit = serializers.CharField()
    price = decimal(max_digits=15, decimal_places=2, allow_null=True, help_text="Null: none in force here")
    available = decimal(max_digits=18, decimal_places=3)
    quantity = decimal(max_digits=15, decimal_places=3, help_text="What a weighed barcode holds; 1 otherwise")


class GoodsView(RegisterView):
    """Goods that changed after the cursor, as this register may sell them."""

    @described(
        operation_id="goods",
        summary="Load goods, or what changed",
        tags=[GOODS_AND_STOCK],
        parameters=[CURSOR],
        responses={200: GoodsPacketOut, **refusals("reload_required")},
        examples=[examples.GOODS],
    )
    def get(self, request: Request) -> HttpResponse:
        now = timezone.now()
        asked = request.query_params.get("cursor")
        packet = goods_feed.read(register=register_of(request), cursor=asked, now=now)
        self.note(request, now=now, **_progress("goods", asked, packet.cursor))
        return self.answer(packet)


class StockView(RegisterView):
    """Stock that changed after the cursor: absolute quantities of the register's warehouse."""

    @described(
        operation_id="stock",
        summary="Load stock, or what changed",
        tags=[GOODS_AND_STOCK],
        parameters=[CURSOR],
        responses={200: StockPacketOut, **refusals("stock_sync_disabled", "reload_required")},
        examples=[examples.STOCK],
    )
    def get(self, request: Request) -> HttpResponse:
        asked = request.query_params.get("cursor")
        packet = stock_feed.read(register=register_of(request), cursor=asked)
        self.note(request, now=timezone.now(), **stock_progress(asked, packet.cursor))
        return self.answer(packet)


class WaitView(RegisterView):
    """Hold until something changes for this register, then answer as `stock` does; 204 on timeout.

    It is served at the `wait_url` of the settings.
    """

    @described(
        operation_id="wait",
        summary="Wait for a change of stock",
        tags=[GOODS_AND_STOCK],
        parameters=[CURSOR, TIMEOUT],
        responses={
            200: StockPacketOut,
            204: OpenApiResponse(description="Nothing has changed: ask again"),
            **refusals("invalid", "stock_sync_disabled", "reload_required", throttled=False),
        },
        examples=[examples.STOCK],
    )
    def get(self, request: Request) -> HttpResponse:
        # Another process serves it (exchange/api/wait.py); here it stands for the description.
        raise NotFound(_("Registers wait at the address that their settings name."))


class ChecksumView(RegisterView):
    """A sum over what the register should know; it recomputes it over its own view and compares."""

    @described(
        operation_id="stock_checksum",
        summary="Prove that both sides know the same",
        tags=[GOODS_AND_STOCK],
        responses={200: ChecksumOut, **refusals("stock_sync_disabled")},
        examples=[examples.CHECKSUM],
    )
    def get(self, request: Request) -> HttpResponse:
        return self.answer(stock_feed.checksum(register=register_of(request)))


class PriceCheckView(RegisterView):
    """Price and what is left of one SKU, by its code or a barcode; holds nothing."""

    @described(
        operation_id="price_check",
        summary="Check a price",
        tags=[GOODS_AND_STOCK],
        parameters=[CODE],
        responses={200: PriceCheckOut, **refusals("unknown_sku")},
        examples=[examples.PRICE],
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        return self.answer(price_check.look_up(register=register_of(request), code=code, now=timezone.now()))


def stock_progress(asked: str | None, given: str) -> dict[str, int]:
    """What an answer of `stock` says of a register's progress."""
    return _progress("stock", asked, given)


def _progress(feed: str, asked: str | None, given: str) -> dict[str, int]:
    """What the exchange says of a register's progress: the cursor it came with is what it has surely taken."""
    moved = Cursor.parse(given)
    return {
        f"{feed}_sent": moved.position,
        f"{feed}_acknowledged": Cursor.parse(asked).position if asked else 0,
        "load": moved.load,
    }
