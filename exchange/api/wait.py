"""`GET /kkm/v1/wait`: the long poll, as a plain ASGI application in a process of its own.

A held request is one coroutine that waits for its client to go away; whoever ends the wait writes the answer and the
server then reports the request as ended. So a register that waits costs a few kilobytes: no thread, no Django request,
no database connection. Answers, refusals and their words are those of the other views.
"""

import asyncio
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from types import FrameType
from typing import Any
from urllib.parse import parse_qs

import structlog
from django.conf import settings
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from django.utils.translation.trans_real import get_supported_language_variant, parse_accept_lang_header
from prometheus_client import generate_latest

from exchange.api import errors
from exchange.api.authentication import SCHEME, TokenMissing
from exchange.api.base import encode
from exchange.services import presence
from exchange.services.cursors import Cursor
from exchange.services.waiting.hub import Hub
from exchange.services.waiting.rooms import Outcome, Waiter
from exchange.services.waiting.rounds import Packet
from retail.api.errors import refused
from retail.exceptions import DomainError

PATH = "/kkm/v1/wait"
DEFAULT_TIMEOUT = 25
LONGEST_TIMEOUT = 60
MOST_WAITERS = 20_000
SPARE_FILES = 64  # descriptors for what is not a register: databases, logs, those who are refused

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

_log = structlog.get_logger(__name__)

JSON: tuple[bytes, bytes] = (b"content-type", b"application/json")
# A till on a page waits here from the origin of the web server. Any page may ask: it has to show a token of its own,
# which no browser adds by itself.
ANYBODY: tuple[bytes, bytes] = (b"access-control-allow-origin", b"*")
PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET"),
    (b"access-control-allow-headers", b"authorization, accept-language"),
    (b"access-control-max-age", b"7200"),
]


class BadTimeout(DomainError):
    code = "invalid"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("The timeout is a whole number of seconds."), attr="timeout")


class NotFound(DomainError):
    code = "not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("There is nothing at this address: registers wait at /kkm/v1/wait."))


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    status = 405

    def __init__(self) -> None:
        super().__init__(_("Only GET is understood here."))


class Failed(DomainError):
    code = "error"
    status = 500

    def __init__(self) -> None:
        super().__init__(_("A server error occurred."))


class WaitApplication:
    """The ASGI callable. The hub lives from the server's startup to its shutdown."""

    def __init__(self) -> None:
        self.hub: Hub | None = None
        self._answering: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        assert self.hub is not None, "The server runs no lifespan: start it with lifespan on."
        waiter = await self._admit(self.hub, scope, send)
        if waiter is None:
            return
        # From here on this coroutine is what a waiting register costs, so it calls nothing that has a frame of its own.
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            self.hub.leave(waiter)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self.hub = Hub(redis_url=settings.REDIS_URL, most=_raise_open_files())
        await self.hub.open()
        restore = _before_signals(self.hub.dismiss)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        restore()
        await self.hub.close()
        await asyncio.to_thread(presence.stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _admit(self, hub: Hub, scope: Scope, send: Send) -> Waiter | None:
        """Let a register in to wait, or answer whoever may not; then return None."""
        headers = dict(scope["headers"])
        try:
            if scope["path"] != PATH:
                await _serve_aside(scope["path"], headers, send)
                return None
            if scope["method"] == "OPTIONS" and settings.TRAINING_TILL:
                await _respond(send, 204, b"", PREFLIGHT)
                return None
            if scope["method"] != "GET":
                raise MethodNotAllowed
            identity = await hub.identities.of_token(_token(headers))
            cursor, timeout = _parse(scope["query_string"])
            identity = await hub.renewed(identity, cursor)
            answer = partial(self._answer, send, headers.get(b"accept-language", b""), identity.register)
            waiter = Waiter(identity=identity, cursor=cursor, answer=answer)
            hub.enter(waiter, timeout=timeout)
            _note_arrival(identity.register, cursor, headers, scope["client"])
        except DomainError as refusal:
            await _refuse(send, refusal, headers)
            return None
        except Exception:
            _log.exception("wait_failed")
            await _refuse(send, Failed(), headers)
            return None
        return waiter

    def _answer(self, send: Send, languages: bytes, register: int, outcome: Outcome) -> None:
        """End a wait. The answer is a task of its own, so that a slow reader holds up nobody else."""
        if isinstance(outcome, Packet):
            moved = outcome.cursor
            presence.note(register_id=register, now=timezone.now(), stock_sent=moved.position, load=moved.load)
            answer = _respond(send, 200, outcome.body, [JSON])
        elif outcome is None:
            answer = _respond(send, 204, b"", [])
        else:
            answer = _refuse(send, outcome, {b"accept-language": languages})
        task = asyncio.create_task(answer)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)


application = WaitApplication()


def _token(headers: dict[bytes, bytes]) -> str:
    authorization = headers.get(b"authorization", b"").decode("latin-1")
    if not authorization.startswith(SCHEME):
        raise TokenMissing
    return authorization[len(SCHEME) :].strip()


def _parse(query: bytes) -> tuple[Cursor | None, int]:
    """Read the cursor and the seconds to wait. Raises `BadTimeout`, `ReloadRequired`."""
    try:
        given = parse_qs(query.decode("latin-1"), max_num_fields=20)
    except ValueError:
        raise BadTimeout from None
    seconds = given.get("timeout", [str(DEFAULT_TIMEOUT)])[-1]
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) < 10):
        raise BadTimeout
    cursor = given.get("cursor", [""])[-1]
    return (Cursor.parse(cursor) if cursor else None), min(max(int(seconds), 1), LONGEST_TIMEOUT)


def _note_arrival(
    register: int, cursor: Cursor | None, headers: dict[bytes, bytes], client: tuple[str, int] | None
) -> None:
    """What a register comes with it has surely taken."""
    presence.note(
        register_id=register,
        now=timezone.now(),
        address=client[0] if client else None,
        agent=headers.get(b"user-agent", b"").decode("latin-1"),
        stock_acknowledged=cursor.position if cursor else 0,
    )


async def _serve_aside(path: str, headers: dict[bytes, bytes], send: Send) -> None:
    """Answer a balancer and a watchman. Raises `NotFound`."""
    if path == "/healthz":
        await _respond(send, 200, b'{"status": "ok"}', [JSON])
        return
    shown = headers.get(b"authorization", b"").decode("latin-1").removeprefix(SCHEME)
    allowed = settings.METRICS_TOKEN and constant_time_compare(shown, settings.METRICS_TOKEN)
    if path != "/metrics" or not (allowed or settings.METRICS_PUBLIC):
        raise NotFound
    await _respond(send, 200, generate_latest(), [(b"content-type", b"text/plain; version=0.0.4")])


async def _refuse(send: Send, refusal: DomainError, headers: dict[bytes, bytes]) -> None:
    extra = [JSON]
    if refusal.status == 503:
        extra.append((b"retry-after", b"%d" % errors.RETRY_AFTER_SECONDS))
    elif refusal.status == 401:
        extra.append((b"www-authenticate", SCHEME.strip().encode()))
    elif refusal.status == 405:
        extra.append((b"allow", b"GET"))
    with translation.override(_language(headers.get(b"accept-language", b""))):
        body = encode(refused(refusal))
    await _respond(send, refusal.status, body, extra)


def _language(asked: bytes) -> str:
    for language, _weight in parse_accept_lang_header(asked.decode("latin-1")):
        try:
            return get_supported_language_variant(language)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


async def _respond(send: Send, status: int, body: bytes, headers: Headers) -> None:
    if status != 204:
        headers = [*headers, (b"content-length", b"%d" % len(body))]
    headers = [*headers, (b"cache-control", b"no-store")]
    if settings.TRAINING_TILL:
        headers.append(ANYBODY)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _raise_open_files() -> int:
    """Let the process open as many files as it may, and return how many registers that allows."""
    import resource  # Absent where only development happens.

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard == resource.RLIM_INFINITY:
        hard = max(soft, MOST_WAITERS + SPARE_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return min(MOST_WAITERS, hard - SPARE_FILES)


def _before_signals(dismiss: Callable[[], None]) -> Callable[[], None]:
    """Send the waiters away as soon as the server is told to stop: it waits for them before it tells us.

    Returns what puts the server's own handlers back.
    """
    loop = asyncio.get_running_loop()
    before: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def stop(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(dismiss)
        before[number](number, frame)

    for number in (signal.SIGTERM, signal.SIGINT):
        handler = signal.getsignal(number)
        if callable(handler) and handler is not signal.default_int_handler:
            before[number] = handler
            signal.signal(number, stop)

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore
