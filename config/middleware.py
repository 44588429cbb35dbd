"""What every request passes through, kept lean for registers, who ask thousands of times for each question of a person.

One line of log and one set of counters for each request, from one middleware; and what serves people alone (the
session, the user of it, messages, who edits) is gone around by registers, who show a token instead.
"""

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.auth.middleware import AuthenticationMiddleware as DjangoAuthenticationMiddleware
from django.contrib.auth.models import User
from django.contrib.messages.middleware import MessageMiddleware as DjangoMessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware as DjangoSessionMiddleware
from django.db import DataError
from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.utils.deprecation import MiddlewareMixin
from prometheus_client import Counter, Histogram

from retail.choices import EditSource
from retail.services import editors

GetResponse = Callable[[HttpRequest], HttpResponseBase]

REGISTERS = "/kkm/"
_READING = {"GET", "HEAD", "OPTIONS", "TRACE"}
_WATCHMEN = {"healthz", "readyz", "metrics"}
_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)

_log = structlog.get_logger(__name__)
_requests = Counter("http_requests", "Requests answered", ["method", "route", "status"])
_seconds = Histogram(
    "http_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class RequestMiddleware:
    """Give the request an id that is on each of its log lines and on the answer; log it and count it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        offered = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = offered if _REQUEST_ID.fullmatch(offered) else secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        request.META["REMOTE_ADDR"] = client_address(request)  # What everybody after us counts and shows.
        response = self.get_response(request)
        took = time.perf_counter() - began
        response.headers["X-Request-ID"] = request_id
        # The route and not the path: a label must not have as many values as there are goods.
        route = request.resolver_match.route if request.resolver_match else "unknown"
        status = response.status_code
        _requests.labels(request.method, route, status).inc()
        _seconds.labels(route).observe(took)
        if status >= 500:
            _log.error("request", **_facts(request, status, took))
        elif route not in _WATCHMEN:
            _log.info("request", **_facts(request, status, took))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Show a list as it is when its address asks for what no database can compare (a year of eleven digits)."""
        is_list = request.method == "GET" and request.path_info.startswith("/admin/") and ERROR_FLAG not in request.GET
        if is_list and isinstance(exception, DataError | OverflowError):
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        return None


def _facts(request: HttpRequest, status: int, took: float) -> dict[str, object]:
    facts: dict[str, object] = {
        "method": request.method,
        "path": request.path,
        "status": status,
        "ms": round(took * 1000, 1),
        "ip": request.META["REMOTE_ADDR"],
    }
    # Only if something has asked already who it is: the log must not be what reads the session.
    user = getattr(request, "_cached_user", None)
    return facts | {"user": user.pk} if user is not None and user.pk else facts


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, as told by those proxies that are ours (TRUSTED_PROXIES)."""
    peer: str = request.META.get("REMOTE_ADDR", "")
    if not settings.TRUSTED_PROXIES:
        return peer
    told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return told[-settings.TRUSTED_PROXIES] if len(told) >= settings.TRUSTED_PROXIES and told[0] else peer


class ForPeople(MiddlewareMixin):
    """Let registers go around the middleware that this is mixed into."""

    def __call__(self, request: HttpRequest) -> Any:
        return self.get_response(request) if _is_register(request) else super().__call__(request)


class SessionMiddleware(ForPeople, DjangoSessionMiddleware):
    """Sessions, for people."""


class AuthenticationMiddleware(ForPeople, DjangoAuthenticationMiddleware):
    """The user of the session, for people."""


class MessageMiddleware(ForPeople, DjangoMessageMiddleware):
    """Messages on the next page, for people."""


class EditorMiddleware:
    """Signs what a person changes, for the history of edits. It stands after the one that finds the user.

    Whom a program's token stands for is found by its view, which says so then (`editors.recognise`).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in _READING or _is_register(request):
            return self.get_response(request)
        source = EditSource.PROGRAM if request.path_info.startswith("/api/") else EditSource.PAGE
        with editors.editing(source=source, by=request.user if isinstance(request.user, User) else None):
            return self.get_response(request)


def _is_register(request: HttpRequest) -> bool:
    return request.path_info.startswith(REGISTERS)
