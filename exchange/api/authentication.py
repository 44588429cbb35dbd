"""Who a register is: `Authorization: Bearer <token>`, and nothing else opens these services."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import structlog
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from registers.models import Register
from registers.services import tokens
from retail.exceptions import DomainError

if TYPE_CHECKING:
    from rest_framework.views import APIView

SCHEME = "Bearer "


class TokenMissing(DomainError):
    code = "not_authenticated"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("Sign the request: Authorization: Bearer <token>."))


class RegisterAuthentication(BaseAuthentication):
    """Put the register into `request.auth`. Raises `TokenMissing` and the refusals of `tokens.identify`."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Register]:
        token = shown_token(request.META)
        if token is None:
            raise TokenMissing
        register = tokens.identify(token=token, now=timezone.now())
        structlog.contextvars.bind_contextvars(register=register.number)
        return AnonymousUser(), register

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def shown_token(headers: Mapping[str, Any]) -> str | None:
    """Return the token of a request, of whose headers (as WSGI names them) this is the mapping; None without one."""
    header: str = headers.get("HTTP_AUTHORIZATION", "")
    return header[len(SCHEME) :].strip() if header.startswith(SCHEME) else None


class IsRegister(BasePermission):
    """Authentication refuses everybody else already; this says it to whoever reads the view."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.auth, Register)


def register_of(request: Request) -> Register:
    return cast(Register, request.auth)


class RegisterTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = RegisterAuthentication
    name = "register"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "The token a register was given when pairing."}
