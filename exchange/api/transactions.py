"""Where registers hand over what happened."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request

from billing.services import records
from exchange.api import examples
from exchange.api.authentication import register_of
from exchange.api.base import RegisterView
from exchange.api.bodies import MAX_TRANSACTIONS, BatchIn
from exchange.api.descriptions import BODIES, TRANSACTIONS, described, refusals
from exchange.api.errors import TooMuch, check_body
from exchange.api.throttles import UploadThrottle
from exchange.protocols.kkmtransfer import messages, splitting
from registers.messages import BillingRecord, Entry
from registers.services import problems, transactions
from retail.exceptions import DomainError
from stock.services import intake

PROTOCOL = "kkmtransfer"


class NotABatch(DomainError):
    code = "not_a_batch"
    status = 400

    def __init__(self) -> None:
        super().__init__(_('The body is not JSON with a list: {"transactions": [...]}.'))


class ProblemOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ResultOut(serializers.Serializer[Any]):
    number = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=["accepted", "duplicate", "conflict", "error_desk"])
    problem = ProblemOut(allow_null=True, help_text="The first thing wrong with it")


class BatchOut(serializers.Serializer[Any]):
    results = ResultOut(many=True, help_text="One for each, in their order")
    last_number = serializers.IntegerField(allow_null=True)


class TransactionsView(RegisterView):
    """Hand over up to 1000 transactions; each is answered for itself, in order, and none blocks another.

    `accepted`: recorded and wholly applied. `error_desk`: recorded as it came, something of it waits for a person.
    `duplicate`: known already. `conflict`: another body under a known key, kept aside. After any of the four the
    register may forget the transaction.
    """

    throttle_classes = (UploadThrottle,)

    @described(
        operation_id="transactions",
        summary="Hand over what happened",
        tags=[TRANSACTIONS],
        request=BatchIn,
        responses={200: BatchOut, **refusals("not_a_batch", *BODIES, "too_much_at_once")},
        examples=[*examples.TRANSACTIONS, examples.RESULTS],
    )
    def post(self, request: Request) -> HttpResponse:
        check_body(request._request)
        register, now = register_of(request), timezone.now()
        entries = entries_of(request._request.body)
        outcomes = intake.take_in(register=register, entries=entries, protocol=PROTOCOL, now=now)
        records.after_upload(register_id=register.pk, records=billing_of(entries), now=now)
        last = last_number(outcomes, register_id=register.pk)
        self.note(request, now=now, last_transaction_number=last)
        return self.answer(results_of(outcomes, last))


def entries_of(body: bytes) -> list[Entry]:
    """Read a batch. Raises `TooMuch`, `NotABatch`; what single transactions hold never raises."""
    try:
        raws = messages.split(body)
    except splitting.NotABatch as error:
        raise NotABatch from error
    if len(raws) > MAX_TRANSACTIONS:
        raise TooMuch(_("At most %(limit)s transactions at once.") % {"limit": MAX_TRANSACTIONS})
    return [messages.read(raw) for raw in raws]


def billing_of(entries: Sequence[Entry]) -> list[BillingRecord]:
    """Return whatever these transactions tell of cards."""
    return [record for entry in entries if entry.transaction for record in entry.transaction.billing]


def last_number(outcomes: Sequence[intake.Outcome], *, register_id: int) -> int | None:
    """Return the number a register is told it may forget up to: the batch's highest, or the highest known of it."""
    highest = max((outcome.number for outcome in outcomes if outcome.number is not None), default=None)
    return transactions.last_number(register_id=register_id) if highest is None else highest


def results_of(outcomes: Sequence[intake.Outcome], last: int | None) -> dict[str, Any]:
    return {"results": [_result(outcome) for outcome in outcomes], "last_number": last}


def _result(outcome: intake.Outcome) -> dict[str, Any]:
    first = outcome.problems[0] if outcome.problems else None
    return {
        "number": outcome.number,
        "status": outcome.status,
        "problem": first and {"code": first["code"], "detail": problems.describe(first), "attr": first["attr"]},
    }
