"""What every register-facing view shares: who may ask, how often, and an answer encoded once, by msgspec."""

from datetime import datetime
from typing import Any

import msgspec
from django.http import HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from exchange.api.authentication import IsRegister, RegisterAuthentication, register_of
from exchange.api.descriptions import RegisterSchema
from exchange.api.throttles import ReadThrottle
from exchange.services import presence

encode = msgspec.json.Encoder(decimal_format="string").encode


class RegisterView(APIView):
    authentication_classes = (RegisterAuthentication,)
    permission_classes = (IsRegister,)
    throttle_classes: tuple[type[BaseThrottle], ...] = (ReadThrottle,)
    schema = RegisterSchema()

    def answer(self, content: Any, *, status: int = 200) -> HttpResponse:
        return HttpResponse(encode(content), status=status, content_type="application/json")

    def note(self, request: Request, *, now: datetime, **fields: Any) -> None:
        """Remember that the register was heard, and what it took; never inside a business transaction."""
        presence.note(
            register_id=register_of(request).pk,
            now=now,
            address=request.META.get("REMOTE_ADDR"),
            agent=request.META.get("HTTP_USER_AGENT"),
            **fields,
        )
