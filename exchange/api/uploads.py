"""Where a register tells that it has closed a receipt, for us to come and fetch it (per-receipt upload).

A tell is counted and answered 202, whatever becomes of the fetch: a till has nothing to decide about that. Scripts that
cannot sign a request have a hook, an address with a token of its own, of which GET is enough.
"""

import time
from functools import partial
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.views import APIView

from exchange.api import examples
from exchange.api.authentication import register_of
from exchange.api.base import RegisterView, encode
from exchange.api.descriptions import TRANSACTIONS, RegisterSchema, described, refusals
from exchange.api.throttles import HookThrottle, UploadThrottle, hook_guesses
from exchange.choices import UploadEvent, UploadMode
from exchange.services import presence
from exchange.services.uploads import telling
from exchange.tasks import upload_fetch
from retail.exceptions import DomainError

EVENT = OpenApiParameter(
    "event", str, enum=UploadEvent.values, description="What was closed; a closed shift is fetched at once in any mode"
)


class UnknownHook(DomainError):
    code = "unknown_hook"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("No register is told of at this address: have another made in the back office."))


class ToldOut(serializers.Serializer[Any]):
    mode = serializers.ChoiceField(
        choices=UploadMode.values,
        allow_null=True,
        help_text="When we fetch; null: never, hand over what happened yourself",
    )


class UploadsView(RegisterView):
    """Say that a receipt is closed: everything not yet handed over is fetched from the register's address.

    Tells may come as often as receipts do, and may be lost: the next fetch brings what one did not.
    """

    throttle_classes = (UploadThrottle,)

    @described(
        operation_id="tell_upload",
        summary="A receipt is closed: come and fetch it",
        tags=[TRANSACTIONS],
        request=None,
        parameters=[EVENT],
        responses={202: ToldOut, **refusals()},
        examples=[examples.TOLD],
    )
    def post(self, request: Request) -> HttpResponse:
        now = timezone.now()
        told = telling.tell(register_id=register_of(request).pk, event=_event(request), now=now)
        self.note(request, now=now)
        return _accepted(told)


class HookView(APIView):
    """The same for scripts: an address of its own for each register, made in the back office. GET or POST."""

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = (HookThrottle,)
    schema = RegisterSchema()

    @described(
        operation_id="tell_upload_by_hook",
        summary="A receipt is closed (for scripts)",
        tags=[TRANSACTIONS],
        request=None,
        parameters=[EVENT],
        responses={202: ToldOut, **refusals("unknown_hook", signed=False)},
        auth=[],
        examples=[examples.TOLD],
    )
    def get(self, request: Request, token: str) -> HttpResponse:
        now = timezone.now()
        told = telling.tell_by_hook(token=token, event=_event(request), now=now)
        if told is None:
            if wait := hook_guesses.take(request.META.get("REMOTE_ADDR"), at=time.monotonic()):
                raise Throttled(wait)
            raise UnknownHook
        presence.note(register_id=told.register, now=now, address=request.META.get("REMOTE_ADDR"))
        return _accepted(told)

    @described(
        operation_id="tell_upload_by_hook_post",
        summary="A receipt is closed (for scripts that post)",
        tags=[TRANSACTIONS],
        request=None,
        parameters=[EVENT],
        responses={202: ToldOut, **refusals("unknown_hook", signed=False)},
        auth=[],
        examples=[examples.TOLD],
    )
    def post(self, request: Request, token: str) -> HttpResponse:
        return self.get(request, token)


def _event(request: Request) -> UploadEvent:
    """Read what was closed; a word that we do not know is a receipt, for a till has nothing to mend."""
    closed = request.query_params.get("event") == UploadEvent.SHIFT_CLOSE
    return UploadEvent.SHIFT_CLOSE if closed else UploadEvent.RECEIPT


def _accepted(told: telling.Told | None) -> HttpResponse:
    """Answer, with a hint on the queue where one is of use; without a queue the next look of the task does it."""
    if told is not None and told.hint:
        transaction.on_commit(partial(upload_fetch.delay, source_id=told.source), robust=True)
    return HttpResponse(encode({"mode": told and told.mode}), status=202, content_type="application/json")
