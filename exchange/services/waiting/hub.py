"""Everyone who waits in this process, room by room."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import psycopg
import structlog

from exchange.services.cursors import Cursor, ReloadRequired
from exchange.services.stock_feed import StockSyncDisabled, feed_of
from exchange.services.waiting.identities import LIFETIME, LIFETIME_DEAF, Identities, Identity
from exchange.services.waiting.listening import listen
from exchange.services.waiting.metrics import ANSWERS, WAITING
from exchange.services.waiting.reading import Reader
from exchange.services.waiting.rooms import Outcome, Room, Waiter
from exchange.services.waiting.rounds import Packet
from retail.exceptions import DomainError
from stock.services.intake import Busy

MOST_PER_REGISTER = 2
LOOK_EVERY = 5.0  # seconds: a wake-up that was never sent is found by then
LOOK_EVERY_DEAF = 1.0
DEAF_AFTERWARDS = 10.0  # seconds for which writers may still spare a Redis that had failed them
KEEP_EMPTY = 60.0  # seconds a room without waiters remembers where its feed stands

_log = structlog.get_logger(__name__)


class Hub:
    def __init__(self, *, redis_url: str, most: int) -> None:
        """Hold up to `most` registers; hear of changes from this Redis."""
        self.reader = Reader()
        self.identities = Identities(self.reader.tokens)
        self._redis_url = redis_url
        self._most = most
        self._rooms: dict[int, Room] = {}
        self._by_register: dict[int, list[Waiter]] = {}
        self._count = 0
        self._sync_stock = True
        self._closing = False
        self._heard = False
        self._deaf_until = 0.0
        self._look_now = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        await self.reader.open()
        self._spawn(listen(self._redis_url, self))
        self._spawn(self._keep_looking())

    async def close(self) -> None:
        self.dismiss()
        while self._tasks:  # More than once: what waits for a connection may take a cancellation for its own timeout.
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks, timeout=0.1)
        await self.reader.close()

    def dismiss(self) -> None:
        """Send everyone away with nothing, and let nobody in any more: the process is about to end."""
        self._closing = True
        for room in self._rooms.values():
            for waiter in list(room.waiters):
                self._tell(waiter, None)
            room.close()

    async def renewed(self, identity: Identity, cursor: Cursor | None) -> Identity:
        """Return who a register now is, if its cursor tells that we may remember something older.

        Raises as `Identities.of_token`.
        """
        if _fits(cursor, identity):
            return identity
        self.identities.forget(identity.register)
        return await self.identities.of_digest(identity.digest)

    def enter(self, waiter: Waiter, *, timeout: float) -> None:
        """Hold a register for `timeout` seconds. Raises `Busy`, `StockSyncDisabled`, `ReloadRequired`.

        A register that already waits as often as it may sees its oldest wait end.
        """
        if self._closing or self._count >= self._most:
            raise Busy
        if not self._sync_stock:
            raise StockSyncDisabled
        if not _fits(waiter.cursor, waiter.identity):
            raise ReloadRequired
        mine = self._by_register.setdefault(waiter.identity.register, [])
        if len(mine) >= MOST_PER_REGISTER:
            self._tell(mine[0], None)
            mine = self._by_register.setdefault(waiter.identity.register, mine)
        mine.append(waiter)
        self._count += 1
        WAITING.inc()
        waiter.timer = asyncio.get_running_loop().call_later(timeout, self._tell, waiter, None)
        self._room(waiter.identity.warehouse).enter(waiter)

    def leave(self, waiter: Waiter) -> None:
        """Forget a waiter, answered or gone. Does nothing the second time."""
        if waiter.timer is None:
            return
        waiter.timer.cancel()
        waiter.timer = None
        self._rooms[waiter.identity.warehouse].leave(waiter)
        mine = self._by_register[waiter.identity.register]
        mine.remove(waiter)
        if not mine:
            del self._by_register[waiter.identity.register]
        self._count -= 1
        WAITING.dec()

    def heard(self) -> None:
        """Redis is heard from now on; what it said before is unknown, so look at everything once."""
        self.identities.forget_all()
        self.identities.lifetime = LIFETIME
        self._heard = True
        self._deaf_until = asyncio.get_running_loop().time() + DEAF_AFTERWARDS
        self._look_now.set()
        for register in list(self._by_register):
            self.register_changed(register)

    def lost(self) -> None:
        self._heard = False
        self.identities.lifetime = LIFETIME_DEAF
        self._look_now.set()

    def warehouse_changed(self, warehouse: int) -> None:
        room = self._rooms.get(warehouse)
        if room is not None:
            room.wake()

    def register_changed(self, register: int) -> None:
        self.identities.forget(register)
        for waiter in self._by_register.get(register, ()):
            self._spawn(self._check_again(waiter))

    def _tell(self, waiter: Waiter, outcome: Outcome) -> None:
        if waiter.timer is None:
            return
        self.leave(waiter)
        ANSWERS.labels(_name(outcome)).inc()
        waiter.answer(outcome)

    def _room(self, warehouse: int) -> Room:
        room = self._rooms.get(warehouse)
        if room is None:
            room = self._rooms[warehouse] = Room(warehouse, read=self.reader.page, tell=self._tell)
        return room

    async def _check_again(self, waiter: Waiter) -> None:
        """See whether a waiter may still wait for what it waits for."""
        try:
            identity = await self.identities.of_digest(waiter.identity.digest)
        except DomainError as refusal:
            self._tell(waiter, refusal)
            return
        if not _fits(waiter.cursor, identity):
            self._tell(waiter, ReloadRequired())

    async def _keep_looking(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._look_now.clear()
            try:
                await self._look()
            except Exception as error:
                _log.warning("revisions_not_read", error=str(error), exc_info=not isinstance(error, psycopg.Error))
            deaf = not self._heard or loop.time() < self._deaf_until
            try:
                async with asyncio.timeout(LOOK_EVERY_DEAF if deaf else LOOK_EVERY):
                    await self._look_now.wait()
            except TimeoutError:
                continue

    async def _look(self) -> None:
        """Look where all feeds stand that someone waits for, whatever Redis said: one statement."""
        self._prune()
        self._sync_stock, standings = await self.reader.standings(list(self._rooms))
        for standing in standings:
            if standing.warehouse in self._rooms:
                self._rooms[standing.warehouse].compare(standing)
        if not self._sync_stock:
            for waiter in [waiter for room in self._rooms.values() for waiter in room.waiters]:
                self._tell(waiter, StockSyncDisabled())

    def _prune(self) -> None:
        self.identities.prune()
        oldest = asyncio.get_running_loop().time() - KEEP_EMPTY
        for warehouse, room in list(self._rooms.items()):
            if not room.waiters and room.emptied_at < oldest:
                room.close()
                del self._rooms[warehouse]

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _fits(cursor: Cursor | None, identity: Identity) -> bool:
    """Say whether a cursor is of this register's feed, warehouse and last load."""
    feed = feed_of(told_of_invoices=identity.told_of_invoices)
    return cursor is None or (cursor.feed, cursor.scope, cursor.load) == (feed, identity.warehouse, identity.load)


def _name(outcome: Outcome) -> str:
    if isinstance(outcome, Packet):
        return "packet"
    return "nothing" if outcome is None else outcome.code
