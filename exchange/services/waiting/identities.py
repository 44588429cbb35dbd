"""Whose token it is. Asked for many at once, and remembered, so that registers coming back cost no statement each.

What is remembered is forgotten at once when Redis says that the register changed. While Redis is not heard, nothing
is believed for longer than a moment.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
import psycopg
from django.db import DatabaseError, connections
from django.utils import timezone

from exchange.services.stock_feed import told_of_invoices
from exchange.services.waiting.reading import TokenRow
from registers.services import tokens
from stock.services.intake import Busy

LIFETIME = 60.0  # seconds, while we hear what changes
LIFETIME_DEAF = 2.0

Look = Callable[[Sequence[str]], Awaitable[dict[str, TokenRow]]]


class Identity(msgspec.Struct, frozen=True, gc=False):
    """A register as the long poll needs it; `digest` is its token's."""

    digest: str
    register: int
    warehouse: int
    told_of_invoices: bool
    load: int


class Identities:
    def __init__(self, look: Look) -> None:
        self.lifetime = LIFETIME_DEAF
        self._look = look
        self._known: dict[str, tuple[Identity, float]] = {}
        self._digests: dict[int, tuple[str, ...]] = {}  # a register has one, and two while it rotates
        self._asked: dict[str, asyncio.Future[TokenRow | None]] = {}
        self._asking: asyncio.Task[None] | None = None
        self._forgotten: set[int] = set()
        self._all_forgotten = False

    async def of_token(self, token: str) -> Identity:
        """Return whose token this is. Raises `Busy` and the refusals of `tokens.identify`."""
        digest = tokens.digest(token)
        known = self._remembered(digest)
        if known is not None:
            return known
        row = await self._ask(digest)
        if row is not None and row.unused and not row.revoked and row.active:
            # The first use of a token is written down by the service that owns tokens, in a thread: it is rare.
            try:
                await asyncio.to_thread(_begin_use, token)
            except DatabaseError as error:
                raise Busy from error
            row = await self._ask(digest)
        return self._judge(digest, row)

    async def of_digest(self, digest: str) -> Identity:
        """Return whose a token already seen now is. Raises as `of_token`."""
        known = self._remembered(digest)
        return known if known is not None else self._judge(digest, await self._ask(digest))

    def forget(self, register: int) -> None:
        """Forget a register's tokens, also those being looked up at this moment."""
        self._forgotten.add(register)
        for digest in self._digests.pop(register, ()):
            self._known.pop(digest, None)

    def forget_all(self) -> None:
        self._all_forgotten = True
        self._known.clear()
        self._digests.clear()

    def prune(self) -> None:
        """Let go of what is too old to be believed."""
        oldest = time.monotonic() - self.lifetime
        for digest, (identity, read_at) in list(self._known.items()):
            if read_at < oldest:
                del self._known[digest]
                others = tuple(other for other in self._digests.pop(identity.register) if other != digest)
                if others:
                    self._digests[identity.register] = others

    def _remembered(self, digest: str) -> Identity | None:
        known = self._known.get(digest)
        return known[0] if known is not None and time.monotonic() - known[1] <= self.lifetime else None

    def _judge(self, digest: str, row: TokenRow | None) -> Identity:
        if row is None:
            raise tokens.UnknownToken
        if row.revoked:
            raise tokens.RevokedToken
        if not row.active:
            raise tokens.RegisterInactive
        known = self._known.get(digest)
        return known[0] if known is not None else _identity(row)

    async def _ask(self, digest: str) -> TokenRow | None:
        """Look a token up together with all others asked meanwhile."""
        answer = self._asked.get(digest)
        if answer is None:
            answer = self._asked[digest] = asyncio.get_running_loop().create_future()
        if self._asking is None:
            self._asking = asyncio.create_task(self._answer_asked())
        try:
            return await asyncio.shield(answer)
        except psycopg.Error as error:
            raise Busy from error

    async def _answer_asked(self) -> None:
        try:
            while self._asked:
                await self._answer_batch()
        finally:
            self._asking = None

    async def _answer_batch(self) -> None:
        asked, self._asked = self._asked, {}
        self._forgotten.clear()
        self._all_forgotten = False
        read_at = time.monotonic()
        try:
            found = await self._look(list(asked))
        except Exception as error:
            for answer in asked.values():
                answer.set_exception(error)
            return
        for digest, answer in asked.items():
            row = found.get(digest)
            if row is not None and (self._all_forgotten or row.register in self._forgotten):
                # It changed while we looked, and what we saw may be from before: look again.
                self._ask_again(digest, answer)
                continue
            if row is not None and row.active and not row.revoked and not row.unused:
                if digest not in self._known:
                    self._digests[row.register] = (*self._digests.get(row.register, ()), digest)
                self._known[digest] = (_identity(row), read_at)
            answer.set_result(row)

    def _ask_again(self, digest: str, answer: "asyncio.Future[TokenRow | None]") -> None:
        later = self._asked.setdefault(digest, answer)
        if later is not answer:
            later.add_done_callback(lambda done: _copy(done, answer))


def _copy(done: "asyncio.Future[TokenRow | None]", to: "asyncio.Future[TokenRow | None]") -> None:
    error = done.exception()
    if error is None:
        to.set_result(done.result())
    else:
        to.set_exception(error)


def _identity(row: TokenRow) -> Identity:
    return Identity(row.digest, row.register, row.warehouse, told_of_invoices(row.stock_control), row.load)


def _begin_use(token: str) -> None:
    try:
        tokens.identify(token=token, now=timezone.now())
    finally:
        connections.close_all()
