"""Where a register asks, while the cashier waits, whether goods may be sold."""

from collections.abc import Sequence
from typing import Any

import msgspec
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from exchange.api import examples
from exchange.api.authentication import register_of
from exchange.api.base import RegisterView
from exchange.api.descriptions import BODIES, STOCK_CONTROL, described, refusals
from exchange.api.errors import check_body
from exchange.api.throttles import ReserveThrottle
from exchange.protocols.kkmtransfer import reservations as protocol
from stock.choices import ReservationState
from stock.services import reservations

RECEIPT = OpenApiParameter(
    "receipt", str, OpenApiParameter.PATH, description="The receipt's uid, as its sale will have"
)
LINE = OpenApiParameter("line", int, OpenApiParameter.PATH, description="The number of the line in the receipt, from 1")
REFUSED = (
    "not_a_reservation",
    *BODIES,
    "not_enough",
    "unknown_sku",
    "withdrawn",
    "not_for_sale",
    "receipt_closed",
    "stock_control_not_external",
    "stock_control_unavailable",
)
NO = (
    "A refusal (409) holds nothing new. Beside its words for the cashier in `errors` it carries `available`, what is "
    "free of the first line that is refused, and `refused`: of each such line `line`, `sku`, `code`, `available`, and "
    "`held`, which says by register (null: customer orders) who holds how much."
)
decimal = serializers.DecimalField


class GoodsIn(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64, required=False, allow_blank=True, help_text="The code decides")
    barcode = serializers.CharField(
        max_length=64, required=False, allow_blank=True, help_text="Looked up only where no SKU has the code"
    )
    quantity = decimal(
        max_digits=12, decimal_places=3, help_text="How much the line is to hold in all, from 0; in the SKU's own unit"
    )


class ReservationLineIn(GoodsIn):
    line = serializers.IntegerField(min_value=1, help_text="Its number in the receipt, once each")


class ReservationIn(serializers.Serializer[Any]):
    lines = ReservationLineIn(many=True, help_text="The whole receipt: lines that it does not name are released")


class GrantedLineOut(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    sku = serializers.CharField()
    quantity = decimal(max_digits=15, decimal_places=3, help_text="What the line holds now")
    available = decimal(
        max_digits=18, decimal_places=3, allow_null=True, help_text="What is free for anybody now; null of a service"
    )


class LineGrantedOut(GrantedLineOut):
    granted = serializers.BooleanField(help_text="True")
    expires_at = serializers.DateTimeField(help_text="Every further line moves it on")


class GrantedOut(serializers.Serializer[Any]):
    granted = serializers.BooleanField(help_text="True")
    lines = GrantedLineOut(many=True)
    expires_at = serializers.DateTimeField(help_text="Every further line moves it on")


class HeldLineOut(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    sku = serializers.CharField()
    quantity = decimal(max_digits=15, decimal_places=3)


class ReservationOut(serializers.Serializer[Any]):
    receipt = serializers.CharField()
    state = serializers.ChoiceField(choices=ReservationState.choices)
    lines = HeldLineOut(many=True, help_text="What is held; none unless it is open")
    expires_at = serializers.DateTimeField(allow_null=True)


class ReserveView(RegisterView):
    """What the views of reservations share: a limit of their own, and how they ask."""

    throttle_classes = (ReserveThrottle,)

    def place(
        self, request: Request, receipt: str, lines: Sequence[reservations.Wanted], *, whole: bool
    ) -> reservations.Granted:
        self.note(request, now=timezone.now())
        return reservations.place(register=register_of(request), receipt_uid=receipt, lines=lines, whole=whole)


class ReservationLineView(ReserveView):
    """One line of a receipt: ask before it is rung up, and whenever its quantity changes."""

    @described(
        operation_id="reserve_line",
        summary="May this be sold?",
        description="Holds so much for the line, in place of what it held: there is no moment when that is free for "
        f"others. The same call again changes nothing but the time. {NO}",
        tags=[STOCK_CONTROL],
        parameters=[RECEIPT, LINE],
        request=GoodsIn,
        responses={200: LineGrantedOut, **refusals(*REFUSED, to_a_cashier=True)},
        examples=[examples.RESERVE_LINE, examples.LINE_GRANTED],
    )
    def put(self, request: Request, receipt: str, line: int) -> HttpResponse:
        check_body(request._request)
        wanted = wanted_of(request._request.body, line)
        return self.answer(line_granted(self.place(request, receipt, [wanted], whole=False)))

    @described(
        operation_id="release_line",
        summary="Give a line up",
        description="Of a line that holds nothing it is no error.",
        tags=[STOCK_CONTROL],
        parameters=[RECEIPT, LINE],
        responses={200: ReservationOut, **refusals("not_a_reservation", "stock_control_unavailable")},
        examples=[examples.RESERVATION],
    )
    def delete(self, request: Request, receipt: str, line: int) -> HttpResponse:
        return self.answer(reservations.release(register=register_of(request), receipt_uid=receipt, line=line))


class ReservationView(ReserveView):
    """All that is held for a receipt."""

    @described(
        operation_id="reserve",
        summary="May all of this be sold?",
        description="Holds every line of the receipt as it now is, or refuses and changes nothing. Lines that are held "
        f"and not named are released. {NO}",
        tags=[STOCK_CONTROL],
        parameters=[RECEIPT],
        request=ReservationIn,
        responses={200: GrantedOut, **refusals(*REFUSED, to_a_cashier=True)},
        examples=[examples.RESERVE, examples.GRANTED],
    )
    def put(self, request: Request, receipt: str) -> HttpResponse:
        check_body(request._request)
        granted = self.place(request, receipt, lines_of(request._request.body), whole=True)
        return self.answer(granted_whole(granted))

    @described(
        operation_id="release",
        summary="Give a receipt up",
        description="Releases whatever is held for it. Of a receipt for which nothing is held it is no error.",
        tags=[STOCK_CONTROL],
        parameters=[RECEIPT],
        responses={200: ReservationOut, **refusals("not_a_reservation", "stock_control_unavailable")},
        examples=[examples.RELEASED],
    )
    def delete(self, request: Request, receipt: str) -> HttpResponse:
        return self.answer(reservations.release(register=register_of(request), receipt_uid=receipt))

    @described(
        operation_id="reservation",
        summary="What is held",
        description="What is held for a receipt, and until when.",
        tags=[STOCK_CONTROL],
        parameters=[RECEIPT],
        responses={200: ReservationOut, **refusals("not_a_reservation", "unknown_reservation")},
        examples=[examples.RESERVATION],
    )
    def get(self, request: Request, receipt: str) -> HttpResponse:
        return self.answer(reservations.show(register=register_of(request), receipt_uid=receipt))


def wanted_of(body: bytes, line: int) -> reservations.Wanted:
    """Read what a line is asked for. Raises `Nonsense`."""
    try:
        return _wanted(protocol.read_line(body, line=line))
    except protocol.Unreadable as error:
        raise _unreadable(error) from error


def lines_of(body: bytes) -> list[reservations.Wanted]:
    """Read the lines of a receipt. Raises `Nonsense`."""
    try:
        return list(map(_wanted, protocol.read_receipt(body)))
    except protocol.Unreadable as error:
        raise _unreadable(error) from error


def _wanted(asked: protocol.AskedLine) -> reservations.Wanted:
    return reservations.Wanted(asked.line, asked.quantity, sku=asked.sku, barcode=asked.barcode)


def line_granted(granted: reservations.Granted) -> dict[str, Any]:
    """Return the answer to one line."""
    [line] = granted.lines
    return {"granted": True, **msgspec.structs.asdict(line), "expires_at": granted.expires_at}


def granted_whole(granted: reservations.Granted) -> dict[str, Any]:
    """Return the answer to a whole receipt."""
    return {"granted": True, "lines": granted.lines, "expires_at": granted.expires_at}


def _unreadable(error: protocol.Unreadable) -> reservations.Nonsense:
    words = _('The body is not JSON with goods and a quantity: {"sku": "10001", "quantity": "2.000"}.')
    return reservations.Nonsense(words, attr=error.attr)
