"""Where registers hand over what happened."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from exchange.api.authentication import register_of
from exchange.api.base import RegisterView
from exchange.api.throttles import UploadThrottle
from exchange.protocols.kkmtransfer import messages
from registers.services import problems
from retail.exceptions import DomainError
from stock.services import intake

PROTOCOL = "kkmtransfer"
MAX_TRANSACTIONS = 1000
EXAMPLE = {
    "transactions": [
        {
            "number": 1041,
            "occurred_at": "2026-11-20T10:15:32+03:00",
            "uid": "8f1c9a52-8c9a-4a50-9d2c-5f8e3d6a7b10",
            "kind": "sale",
            "shift": 12,
            "receipt": {
                "uid": "b0c1d2e3-0000-4000-8000-000000000015",
                "number": 15,
                "cashier": "7",
                "order": None,
                "card": None,
                "total": "198.00",
                "lines": [
                    {
                        "line": 1,
                        "sku": "10001",
                        "barcode": "4600000000015",
                        "quantity": "2.000",
                        "price": "99.00",
                        "discount": "0.00",
                        "amount": "198.00",
                        "vat": "22",
                        "marks": [],
                    }
                ],
                "payments": [{"kind": "cash", "amount": "198.00"}],
                "fiscal": {"drive": "9999078900001234", "document": 4711, "sign": "1234567890"},
            },
        }
    ]
}


class NotABatch(DomainError):
    code = "not_a_batch"
    status = 400

    def __init__(self) -> None:
        super().__init__(_('The body is not JSON with a list: {"transactions": [...]}.'))


class TooMuch(DomainError):
    code = "too_much_at_once"
    status = 413

    def __init__(self, detail: str) -> None:
        super().__init__(detail)


class BatchIn(serializers.Serializer[Any]):
    transactions = serializers.ListField(child=serializers.DictField(), max_length=MAX_TRANSACTIONS)


class ProblemOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ResultOut(serializers.Serializer[Any]):
    number = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(choices=["accepted", "duplicate", "conflict", "error_desk"])
    problem = ProblemOut(allow_null=True)


class BatchOut(serializers.Serializer[Any]):
    results = ResultOut(many=True)
    last_number = serializers.IntegerField(allow_null=True)


class TransactionsView(RegisterView):
    """Hand over up to 1000 transactions; each is answered for itself, in order, and none blocks another.

    `accepted`: recorded and wholly applied. `error_desk`: recorded as it came, something of it waits for a person.
    `duplicate`: known already. `conflict`: another body under a known key, kept aside. After any of the four the
    register may forget the transaction.
    """

    throttle_classes = (UploadThrottle,)

    @extend_schema(
        operation_id="transactions",
        tags=["register: transactions"],
        request=BatchIn,
        responses={200: BatchOut},
        examples=[OpenApiExample("A sale", value=EXAMPLE, request_only=True)],
    )
    def post(self, request: Request) -> HttpResponse:
        register, now = register_of(request), timezone.now()
        outcomes = intake.take_in(register=register, entries=_entries(request._request), protocol=PROTOCOL, now=now)
        numbers = [outcome.number for outcome in outcomes if outcome.number is not None]
        last_number = max(numbers, default=None)
        self.note(request, now=now, **({"last_transaction_number": last_number} if numbers else {}))
        return self.answer({"results": [_result(outcome) for outcome in outcomes], "last_number": last_number})


def _entries(request: HttpRequest) -> list[messages.Entry]:
    """Read the batch. Raises `TooMuch`, `NotABatch`; what single transactions hold never raises."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if int(request.META.get("CONTENT_LENGTH") or 0) > limit:
        raise TooMuch(_("The body is larger than %(limit)s bytes: send fewer transactions at once.") % {"limit": limit})
    try:
        raws = messages.split(request.body)
    except messages.NotABatch as error:
        raise NotABatch from error
    if len(raws) > MAX_TRANSACTIONS:
        raise TooMuch(_("At most %(limit)s transactions at once.") % {"limit": MAX_TRANSACTIONS})
    return [messages.read(raw) for raw in raws]


def _result(outcome: intake.Outcome) -> dict[str, Any]:
    first = outcome.problems[0] if outcome.problems else None
    return {
        "number": outcome.number,
        "status": outcome.status,
        "problem": first and {"code": first["code"], "detail": problems.describe(first), "attr": first["attr"]},
    }
