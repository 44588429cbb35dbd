"""How a register joins and what it is set to."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from exchange.api import examples
from exchange.api.authentication import register_of
from exchange.api.base import RegisterView, encode
from exchange.api.descriptions import BODIES, JOINING, RegisterSchema, described, refusals
from exchange.api.errors import check_body
from exchange.api.throttles import PairThrottle, RotateThrottle
from registers.choices import PaymentKind
from registers.models import Register
from registers.services import pairing, tokens
from retail.models import Constants, Shop, VatRate


class DeviceIn(serializers.Serializer[Any]):
    serial = serializers.CharField(max_length=100, required=False, allow_blank=True)
    software = serializers.CharField(max_length=100, required=False, allow_blank=True)
    version = serializers.CharField(max_length=50, required=False, allow_blank=True)


class PairIn(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=20, help_text="As shown in the admin: ABCD-EFGH")
    device = DeviceIn(required=False)


class RegisterOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    number = serializers.IntegerField()
    name = serializers.CharField()


class NamedOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class OrganizationOut(NamedOut):
    inn = serializers.CharField()
    kpp = serializers.CharField()


class ShopOut(NamedOut):
    code = serializers.CharField()
    address = serializers.CharField()
    time_zone = serializers.CharField()


class FlagsOut(serializers.Serializer[Any]):
    discounts = serializers.BooleanField()
    payment_cards = serializers.BooleanField()
    discount_cards = serializers.BooleanField()
    online_registers = serializers.BooleanField()


class VatRateOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField()
    percent = serializers.DecimalField(max_digits=5, decimal_places=2, allow_null=True)


class SettingsOut(serializers.Serializer[Any]):
    organization = OrganizationOut()
    shop = ShopOut()
    warehouse = NamedOut()
    stock_control = serializers.ChoiceField(choices=["none", "without_prompts", "with_prompts", "external"])
    sync_stock = serializers.BooleanField(help_text="Off: stock, its checksum and wait answer 409")
    flags = FlagsOut()
    payment_kinds = serializers.ListField(child=serializers.CharField(), help_text="What it may take")
    vat_rates = VatRateOut(many=True)
    weighed_prefixes = serializers.ListField(
        child=serializers.CharField(), help_text="A 13-digit barcode with such a prefix was printed by scales"
    )
    packet_size = serializers.IntegerField(help_text="Items per packet of stock; 0 sends all at once")
    wait_url = serializers.URLField(help_text="Where to wait for changes of stock")
    server_time = serializers.DateTimeField()


class PairOut(serializers.Serializer[Any]):
    token = serializers.CharField()
    register = RegisterOut()
    settings = SettingsOut()


class TokenOut(serializers.Serializer[Any]):
    token = serializers.CharField()


class PairView(APIView):
    """Exchange a one-time code from the admin for a token. The code lives ten minutes and works once."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (PairThrottle,)
    schema = RegisterSchema()

    @described(
        operation_id="pair",
        summary="Join: a code for a token",
        tags=[JOINING],
        request=PairIn,
        responses={
            201: PairOut,
            **refusals(
                "required",
                "parse_error",
                *BODIES,
                "pairing_code_unknown",
                "pairing_code_expired",
                "pairing_code_used",
                "invalid_device",
                "register_inactive",
                signed=False,
            ),
        },
        auth=[],
        examples=[examples.PAIR, examples.PAIRED],
    )
    def post(self, request: Request) -> HttpResponse:
        check_body(request._request)
        asked = PairIn(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        register, token = pairing.pair(
            code=asked.validated_data["code"], device=asked.validated_data.get("device", {}), now=now
        )
        content = {"token": token, "register": _register(register), "settings": _settings(request, register, now)}
        return HttpResponse(encode(content), status=201, content_type="application/json")


class RotateView(RegisterView):
    """Give a new token; the old one works until the new one is first used."""

    throttle_classes = (RotateThrottle,)

    @described(
        operation_id="rotate_token",
        summary="Change the token",
        tags=[JOINING],
        request=None,
        responses={200: TokenOut, **refusals()},
        examples=[examples.TOKEN],
    )
    def post(self, request: Request) -> HttpResponse:
        return self.answer({"token": tokens.rotate(register=register_of(request), now=timezone.now())})


class SettingsView(RegisterView):
    """What the register is and how it should behave."""

    @described(
        operation_id="settings",
        summary="Who am I",
        tags=[JOINING],
        responses={200: SettingsOut, **refusals()},
        examples=[examples.SETTINGS],
    )
    def get(self, request: Request) -> HttpResponse:
        now = timezone.now()
        self.note(request, now=now)
        return self.answer(_settings(request, register_of(request), now))


def _register(register: Register) -> dict[str, Any]:
    return {"id": register.pk, "number": register.number, "name": register.name}


def _settings(request: Request, register: Register, now: datetime) -> dict[str, Any]:
    constants = Constants.objects.get()
    organization, shop, warehouse = register.organization, register.shop, register.warehouse
    return {
        "organization": {
            "id": organization.pk,
            "name": organization.full_name or organization.name,
            "inn": organization.inn,
            "kpp": organization.kpp,
        },
        "shop": {
            "id": shop.pk,
            "code": shop.code,
            "name": shop.name,
            "address": shop.address,
            "time_zone": shop.time_zone,
        },
        "warehouse": {"id": warehouse.pk, "name": warehouse.name},
        "stock_control": register.stock_control,
        "sync_stock": constants.sync_stock,
        "flags": {
            "discounts": register.discounts,
            "payment_cards": register.payment_cards,
            "discount_cards": constants.discount_cards,
            "online_registers": constants.online_registers,
        },
        "payment_kinds": _payment_kinds(register),
        "vat_rates": vat_rates(shop, now),
        "weighed_prefixes": [prefix for prefix in constants.weighed_prefixes.split(",") if prefix],
        "packet_size": constants.packet_size,
        "wait_url": settings.WAIT_URL or request.build_absolute_uri("/kkm/v1/wait"),
        "server_time": now,
    }


def _payment_kinds(register: Register) -> list[str]:
    """Every kind a register may report, less electronic cards where it may not take them."""
    return [kind for kind in PaymentKind.values if register.payment_cards or kind != PaymentKind.CARD]


def vat_rates(shop: Shop, now: datetime) -> list[dict[str, Any]]:
    """The rates of the shop's own day: the New Year, and new rates with it, comes to Vladivostok first."""
    rates = VatRate.objects.valid(on=now.astimezone(ZoneInfo(shop.time_zone)).date()).order_by("pk")
    return [{"code": rate.code, "name": rate.name, "percent": rate.percent} for rate in rates]
