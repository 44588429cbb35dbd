"""The WSGI side of the express till: whom it lets through, and how the answer leaves.

It stands before Django's handler and takes the calls of `exchange.api.express` alone; a request that is not as plain
as a register's is handed on, body and all, as if nobody had looked at it.
"""

import gzip
from collections.abc import Callable, Iterable
from functools import lru_cache
from io import BytesIO
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpRequest
from django.utils import translation

from config.middleware import Watched
from exchange.api import express
from exchange.api.authentication import shown_token
from registers.services import tokens
from retail.exceptions import DomainError

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

WORTH_PACKING = 1024  # bytes
# What a register's own program does not send; whoever does gets all that the frame can do.
UNUSUAL = ("HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING", "HTTP_EXPECT", "HTTP_RANGE", "HTTP_IF_NONE_MATCH")
ACCEPTED = {"", "*/*", "application/json"}

_log = structlog.get_logger(__name__)


class Express:
    """A WSGI application in front of another."""

    def __init__(self, application: Application) -> None:
        self.application = application

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        call = express.call_of(environ["REQUEST_METHOD"], environ["PATH_INFO"])
        token = shown_token(environ)
        if call is None or token is None or not _is_plain(environ):
            return self.application(environ, start_response)
        body = _body(environ)
        if body is None:
            return self.application(environ, start_response)
        watched = Watched(environ)
        asked = express.Asked(
            digest=tokens.digest(token),
            query=environ.get("QUERY_STRING", ""),
            body=body,
            address=watched.address,
            agent=environ.get("HTTP_USER_AGENT"),
            monotonic=watched.began,
        )
        answered = _answer(call.answer, asked, environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        if answered is None:
            environ["wsgi.input"] = BytesIO(body)
            return self.application(environ, start_response)
        content, packed = _packed(answered.content, environ.get("HTTP_ACCEPT_ENCODING", ""))
        start_response("200 OK", [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(content))),
            ("X-Request-ID", watched.id),
            ("X-Content-Type-Options", "nosniff"),
            *packed,
        ])  # fmt: skip
        watched.answered(call.route, 200, register=answered.register)
        return [content]


def _answer(
    call: Callable[[express.Asked], express.Answered | None], asked: express.Asked, languages: str
) -> express.Answered | None:
    translation.activate(_language(languages))
    try:
        return call(asked)
    except DomainError:
        return None  # A refusal: the views meet it too, and have words for it.
    except Exception:
        _log.warning("express_failed", exc_info=True)
        return None
    finally:
        # A connection that did well stays with its thread: to give it back and take it again costs a fifth of a poll.
        if connection.errors_occurred or not settings.THREADS_KEEP_CONNECTIONS:
            connection.close_if_unusable_or_obsolete()


def _is_plain(environ: Environ) -> bool:
    if environ.get("SCRIPT_NAME") or environ.get("HTTP_ACCEPT", "") not in ACCEPTED:
        return False
    if any(header in environ for header in UNUSUAL):
        return False
    forwarded = settings.SECURE_PROXY_SSL_HEADER
    told = environ.get(forwarded[0], "") if forwarded else ""
    return _may_ask(environ.get("HTTP_HOST", ""), environ["wsgi.url_scheme"], told)


@lru_cache(maxsize=256)
def _may_ask(host: str, scheme: str, forwarded: str) -> bool:
    """Say whether Django would answer a request to this host, by this scheme, where it is."""
    environ = {"REQUEST_METHOD": "GET", "HTTP_HOST": host, "wsgi.url_scheme": scheme, "wsgi.input": BytesIO()}
    if settings.SECURE_PROXY_SSL_HEADER:
        environ[settings.SECURE_PROXY_SSL_HEADER[0]] = forwarded
    request = WSGIRequest(environ)
    try:
        request.get_host()
    except DisallowedHost:
        return False
    return request.is_secure() or not settings.SECURE_SSL_REDIRECT


@lru_cache(maxsize=256)
def _language(accepted: str) -> str:
    """Return the language that LocaleMiddleware would choose by this Accept-Language."""
    request = HttpRequest()
    request.META["HTTP_ACCEPT_LANGUAGE"] = accepted
    return translation.get_language_from_request(request)


def _body(environ: Environ) -> bytes | None:
    """Return the body, or None of one too long to be read before it is known who sends it."""
    length = environ.get("CONTENT_LENGTH") or "0"
    if not (length.isdecimal() and int(length) <= express.LARGEST_BODY):
        return None
    body: bytes = environ["wsgi.input"].read(int(length)) if length != "0" else b""
    return body


def _packed(content: bytes, accepted: str) -> tuple[bytes, list[tuple[str, str]]]:
    """Compress what is long for whoever takes gzip; return it with its headers."""
    if len(content) < WORTH_PACKING or "gzip" not in accepted:
        return content, []
    return gzip.compress(content, compresslevel=6, mtime=0), [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
