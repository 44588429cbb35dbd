"""In whose name a program speaks: `Authorization: Bearer <token>` of a person, or a person's session in the browser."""

from typing import Any

import structlog
from django.contrib.auth.models import User
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from retail.models import ApiToken
from retail.services import api_tokens, editors

SCHEME = "Bearer "


class ApiTokenAuthentication(BaseAuthentication):
    """Put the token's person into `request.user`. Raises the refusals of `api_tokens.identify`."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        if not header.startswith(SCHEME):
            return None
        token = api_tokens.identify(token=header[len(SCHEME) :].strip(), now=timezone.now())
        editors.recognise(by=token.user, origin=token.name)
        structlog.contextvars.bind_contextvars(user=token.user.get_username(), token=token.pk)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def user_of(request: Request) -> User:
    """Return who asks: permissions let nobody else through."""
    assert isinstance(request.user, User)
    return request.user


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = ApiTokenAuthentication
    name = "person"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A personal API token, made in the back office under Settings → API tokens.",
        }
