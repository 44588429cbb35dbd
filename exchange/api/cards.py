"""Discount cards, while the customer waits: what is on one, and operations on it."""

import time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request

from billing.choices import CardStatus
from billing.services import operations
from billing.services.operations import Wanted, refusals
from exchange.api import examples
from exchange.api.authentication import register_of
from exchange.api.base import RegisterView
from exchange.api.descriptions import BODIES, CARDS, described
from exchange.api.descriptions import refusals as refused
from exchange.api.errors import check_body
from exchange.api.throttles import CardThrottle, missed_cards
from exchange.protocols.kkmtransfer import cards as protocol

NUMBER = OpenApiParameter(
    "number", str, OpenApiParameter.PATH, description="As it was read: barcode, track, or typed in; percent-encoded"
)
OFF = ("discount_cards_disabled", "online_registers_disabled")
UNAVAILABLE = "cards_unavailable"
REFUSED = (
    "not_an_operation",
    *BODIES,
    *OFF,
    "unknown_card",
    "card_blocked",
    "card_closed",
    "not_enough_bonuses",
    "uid_reused",
    "not_reversible",
    "of_another_card",
    "reversed_already",
    UNAVAILABLE,
)
decimal = serializers.DecimalField


class ExpiryOut(serializers.Serializer[Any]):
    on = serializers.DateField(help_text="The last day on which they may be spent, in the shop's time zone")
    amount = decimal(max_digits=15, decimal_places=2)


class BonusesOut(serializers.Serializer[Any]):
    available = decimal(max_digits=15, decimal_places=2, help_text="What may be redeemed now; below zero: a debt")
    pending = decimal(max_digits=15, decimal_places=2, help_text="Accrued, and not begun yet")
    next_expiry = ExpiryOut(allow_null=True)


class CardOut(serializers.Serializer[Any]):
    card = serializers.CharField(help_text="The number that was asked for")
    status = serializers.ChoiceField(choices=CardStatus.choices)
    kind = serializers.CharField(help_text="The name of the kind of cards")
    bonuses = BonusesOut()
    turnover = decimal(max_digits=15, decimal_places=2, help_text="The accumulated sum")
    receipts = serializers.IntegerField()
    suggested_discount_percent = decimal(max_digits=5, decimal_places=2, help_text="The largest that was reached")


class OperationIn(serializers.Serializer[Any]):
    uid = serializers.CharField(max_length=64, help_text="One id for this call and for `billing` of the receipt")
    kind = serializers.ChoiceField(choices=["accrue", "redeem", "reverse"])
    bonuses = decimal(max_digits=12, decimal_places=2, required=False, help_text="From 0")
    turnover = decimal(max_digits=12, decimal_places=2, required=False, help_text="From 0")
    receipts = serializers.IntegerField(required=False, min_value=0)
    occurred_at = serializers.DateTimeField(help_text="By the register's clock, with an offset")
    receipt_uid = serializers.CharField(max_length=64, required=False, allow_null=True)
    promotion = serializers.CharField(max_length=64, required=False, allow_null=True, help_text="A promotion's code")
    of = serializers.CharField(
        max_length=64,
        required=False,
        allow_null=True,
        help_text="Of reverse: the uid that is taken back; without amounts all that is left of it",
    )


class OperationOut(serializers.Serializer[Any]):
    uid = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.ChoiceField(
        choices=["applied", "voided", "waits"],
        help_text="voided: it was taken back before it came. waits: what it takes back has not come yet",
    )
    bonuses = decimal(max_digits=15, decimal_places=2)
    turnover = decimal(max_digits=15, decimal_places=2)
    receipts = serializers.IntegerField()
    overdrawn = serializers.BooleanField(help_text="What happened at the till took more than there was")


class OutcomeOut(CardOut):
    operation = OperationOut()


class AppliedOut(OutcomeOut):
    duplicate = serializers.BooleanField(help_text="It was known: this is the first answer")


class CardView(RegisterView):
    """What is on a card."""

    throttle_classes = (CardThrottle,)

    @described(
        operation_id="card",
        summary="What is on a card",
        tags=[CARDS],
        parameters=[NUMBER],
        responses={200: CardOut, **refused("unknown_card", *OFF, UNAVAILABLE)},
        examples=[examples.CARD],
    )
    def get(self, request: Request, number: str) -> HttpResponse:
        now = timezone.now()
        self.note(request, now=now)
        register = register_of(request)
        try:
            return self.answer(operations.state(register=register, card=number, now=now))
        except refusals.UnknownCard:
            count_miss(request._request)
            raise


class OperationsView(RegisterView):
    """Operations on a card."""

    throttle_classes = (CardThrottle,)

    @described(
        operation_id="card_operation",
        summary="Accrue, redeem, or take back",
        description="The state after it. The same uid again is answered as the first time, whichever way it came. "
        "A refused uid stands for nothing and may be used again.",
        tags=[CARDS],
        parameters=[NUMBER],
        request=OperationIn,
        responses={200: AppliedOut, **refused(*REFUSED)},
        examples=[examples.CARD_OPERATION, examples.CARD_OPERATED],
    )
    def post(self, request: Request, number: str) -> HttpResponse:
        check_body(request._request)
        now = timezone.now()
        self.note(request, now=now)
        wanted = wanted_of(request._request.body, number)
        try:
            applied = operations.apply(register=register_of(request), wanted=wanted, now=now)
        except refusals.UnknownCard:
            count_miss(request._request)
            raise
        return self.answer(applied.as_dict())


class OperationView(RegisterView):
    """What became of an operation."""

    throttle_classes = (CardThrottle,)

    @described(
        operation_id="operation",
        summary="What became of an operation",
        description="The first answer to it, whichever way it came.",
        tags=[CARDS],
        parameters=[OpenApiParameter("uid", str, OpenApiParameter.PATH, description="The operation's uid")],
        responses={200: OutcomeOut, **refused("unknown_operation", *OFF, UNAVAILABLE)},
        examples=[examples.CARD_OUTCOME],
    )
    def get(self, request: Request, uid: str) -> HttpResponse:
        self.note(request, now=timezone.now())
        return self.answer(operations.find(register=register_of(request), uid=uid))


def wanted_of(body: bytes, number: str) -> Wanted:
    """Read an operation on a card. Raises `NotAnOperation`."""
    try:
        asked = protocol.read_operation(body)
    except protocol.Unreadable as error:
        words = _('The body is not JSON of an operation: {"uid": "…", "kind": "redeem", "bonuses": "10.00", …}.')
        raise refusals.NotAnOperation(words, attr=error.attr) from error
    return Wanted(
        uid=asked.uid,
        card=number,
        kind=asked.kind,
        occurred_at=asked.occurred_at,
        bonuses=asked.bonuses,
        turnover=asked.turnover,
        receipts=asked.receipts,
        receipt_uid=asked.receipt_uid,
        promotion=asked.promotion,
        of=asked.of,
    )


def count_miss(request: HttpRequest) -> None:
    """Count a number that is no card's. Raises `Throttled` when there were too many: somebody tries numbers."""
    wait = missed_cards.take(CardThrottle.key_of(request.META), at=time.monotonic())
    if wait:
        raise Throttled(wait)
