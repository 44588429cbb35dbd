"""Who a register is: `Authorization: Bearer <token>`, and nothing else opens these services."""

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
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header.startswith(SCHEME):
            raise TokenMissing
        register = tokens.identify(token=header[len(SCHEME) :].strip(), now=timezone.now())
        structlog.contextvars.bind_contextvars(register=register.number)
        return AnonymousUser(), register

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


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
