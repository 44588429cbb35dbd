"""What every request passes through, kept lean for registers, who ask thousands of times for each question of a person.

One line of log and one set of counters for each request, from one middleware; and what serves people alone (the
session, the user of it, messages, who edits) is gone around by registers, who show a token instead.
"""

import re
import secrets
import time
from collections.abc import Callable, Mapping
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

from config import content_policy
from retail.choices import EditSource
from retail.services import editors

GetResponse = Callable[[HttpRequest], HttpResponseBase]

REGISTERS = ("/kkm/", "/ukm5/", "/CSrest/")
DEVICES = "/ws/EquipmentService.1cws"
_READING = {"GET", "HEAD", "OPTIONS", "TRACE"}
_WATCHMEN = {"healthz", "readyz", "metrics", "metrics/chain"}
_SECRET = re.compile(r"^/(ukm5/(?!api/)|kkm/v1/uploads/)[^/]+")
_CARD = re.compile(r"^(/kkm/v1/cards/)[^/]*?([^/]{0,4})(?=/|$)")
_REQUEST_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)

_log = structlog.get_logger(__name__)
_requests = Counter("http_requests", "Requests answered", ["method", "route", "status"])
_seconds = Histogram(
    "http_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class Watched:
    """A request as the log and the counters see it, from its first moment; `id` is on each of its log lines."""

    __slots__ = ("address", "began", "id", "method", "path")

    def __init__(self, meta: Mapping[str, Any]) -> None:
        self.began = time.perf_counter()
        offered = meta.get("HTTP_X_REQUEST_ID", "")
        self.id = offered if offered and _REQUEST_ID.fullmatch(offered) else secrets.token_hex(8)
        self.method, self.address = meta["REQUEST_METHOD"], client_address_in(meta)
        path = _SECRET.sub(r"/\1…", meta["PATH_INFO"])  # The secret of a store, or of a hook, stands in the address.
        self.path = _CARD.sub(r"\1…\2", path)  # A track may hold spaces and a name, which what masks lines cannot see.
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=self.id)

    def answered(self, route: str, status: int, **facts: object) -> None:
        """Count the answer and write its line. The route and not the path is counted: there are fewer of them."""
        took = time.perf_counter() - self.began
        _requests.labels(self.method, route, status).inc()
        _seconds.labels(route).observe(took)
        if route in _WATCHMEN and status < 500:
            return
        write = _log.error if status >= 500 else _log.info
        write(
            "request",
            method=self.method,
            path=self.path,
            status=status,
            ms=round(took * 1000, 1),
            ip=self.address,
            **facts,
        )


class RequestMiddleware:
    """Give the request an id that is on each of its log lines and on the answer; log it and count it.

    What a browser may do with the answer is said here too: it is said of every answer, of a refusal and a failure too.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        watched = Watched(request.META)
        request.META["REMOTE_ADDR"] = watched.address  # What everybody after us counts and shows.
        response = self.get_response(request)
        response.headers["X-Request-ID"] = watched.id
        content_policy.add_to(response, request)
        # Only if something has asked already who it is: the log must not be what reads the session.
        user = getattr(request, "_cached_user", None)
        route = request.resolver_match.route if request.resolver_match else "unknown"
        watched.answered(route, response.status_code, **({"user": user.pk} if user is not None and user.pk else {}))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        """Show a list as it is when its address asks for what no database can compare (a year of eleven digits)."""
        is_list = request.method == "GET" and request.path_info.startswith("/admin/") and ERROR_FLAG not in request.GET
        if is_list and isinstance(exception, DataError | OverflowError):
            return HttpResponseRedirect(f"{request.path}?{ERROR_FLAG}=1")
        return None


def client_address(request: HttpRequest) -> str:
    """Return the address of the client, as told by those proxies that are ours (TRUSTED_PROXIES)."""
    return client_address_in(request.META)


def client_address_in(meta: Mapping[str, Any]) -> str:
    """Return what `client_address` does of a WSGI environment."""
    peer: str = meta.get("REMOTE_ADDR", "")
    if not settings.TRUSTED_PROXIES:
        return peer
    told = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
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
    return request.path_info.startswith(REGISTERS) or request.path_info.endswith(DEVICES)
