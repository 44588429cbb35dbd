"""The waiters of one warehouse. One statement reads for all of them what changed; one reads at a time.

A reading begins a moment after a wake-up, so that several changes at once are one reading, and not sooner than a while
after the last packet, so that a busy warehouse does not tell its registers more often than they can come back. A
register that is behind what the room knows does not wait for either.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from exchange.services.cursors import Cursor
from exchange.services.waiting.identities import Identity
from exchange.services.waiting.reading import Page, Standing
from exchange.services.waiting.rounds import Packet, Round
from retail.exceptions import DomainError
from stock.services.intake import Busy

COALESCE = 0.005  # seconds from the first wake-up to the reading
PACE = 0.1  # seconds between two tellings
BREATH = 100  # waiters told in one go
AGAIN_AFTER_FAILURE = 1.0  # seconds

Outcome = Packet | DomainError | None
_log = structlog.get_logger(__name__)


class Waiter:
    """A register held. `answer` is called once: with a packet, a refusal, or None for "nothing, come again".

    `checked` is the revision up to which nothing is for it; None: not compared with the feed yet.
    """

    __slots__ = ("answer", "checked", "cursor", "identity", "reading", "timer")

    def __init__(self, *, identity: Identity, cursor: Cursor | None, answer: Callable[[Outcome], None]) -> None:
        self.identity = identity
        self.cursor = cursor
        self.answer = answer
        self.checked: int | None = None
        self.reading = 0
        self.timer: asyncio.TimerHandle | None = None

    @property
    def since(self) -> int:
        """The revision after which there may be something for it."""
        if self.checked is not None:
            return self.checked
        return self.cursor.position if self.cursor else 0


class Room:
    """`tell` takes a waiter out of everything and answers it; the room never answers by itself."""

    def __init__(
        self,
        warehouse: int,
        *,
        read: Callable[[int, int], Awaitable[Page]],
        tell: Callable[[Waiter, Outcome], None],
    ) -> None:
        self.warehouse = warehouse
        self.waiters: set[Waiter] = set()
        self.emptied_at = 0.0
        self._read_page = read
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._epoch = ""
        self._revision: int | None = None  # of the feed, as last read
        self._sale_revision = 0  # no row's is above it
        self._missed = False  # a wake-up came after the last reading began
        self._readings = 0
        self._told_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self._task: asyncio.Task[None] | None = None
        self._at_once = False

    def enter(self, waiter: Waiter) -> None:
        """Let a waiter in. It stands here before it is compared, so nothing can happen in between."""
        waiter.reading = self._readings
        self.waiters.add(waiter)
        if not self._nothing_for(waiter):
            self._read_at(self._loop.time())
            return
        waiter.checked = self._revision
        if self._missed:
            self._read_at(max(self._loop.time(), self._told_at + PACE))

    def leave(self, waiter: Waiter) -> None:
        self.waiters.discard(waiter)
        if not self.waiters:
            self.emptied_at = self._loop.time()

    def wake(self) -> None:
        """Hear that something changed."""
        self._missed = True
        if self.waiters:
            self._read_at(max(self._loop.time() + COALESCE, self._told_at + PACE))

    def compare(self, standing: Standing) -> None:
        """Hear where the feed stands, and wake if that is not what the room knows."""
        if self._revision is not None and (standing.revision, standing.epoch) != (self._revision, self._epoch):
            self.wake()

    def close(self) -> None:
        for pending in (self._timer, self._task):
            if pending is not None:
                pending.cancel()

    def _nothing_for(self, waiter: Waiter) -> bool:
        """Say whether nothing is for it up to the revision that the room knows."""
        cursor = waiter.cursor
        if cursor is None or self._revision is None or cursor.epoch != self._epoch:
            return False
        if cursor.position == self._revision:
            return True
        behind_only_invoices = not waiter.identity.told_of_invoices and self._sale_revision <= cursor.floor
        return behind_only_invoices and cursor.position < self._revision

    def _read_at(self, moment: float) -> None:
        if self._timer is not None:
            if self._timer_at <= moment:
                return
            self._timer.cancel()
        self._timer_at = moment
        self._timer = self._loop.call_at(moment, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._task is None:
            self._task = self._loop.create_task(self._read())
        else:
            self._at_once = True

    async def _read(self) -> None:
        """Read and tell until everyone here is compared with what the feed was when the reading began."""
        self._at_once = True
        try:
            while self._at_once and self.waiters:
                self._at_once = False
                await self._read_once()
        except Exception as error:
            self._fail(error)
        finally:
            self._task = None

    async def _read_once(self) -> None:
        self._missed = False
        self._readings += 1
        page = await self._read_page(self.warehouse, min(waiter.since for waiter in self.waiters))
        as_before = page.sync_stock and page.epoch == self._epoch
        left = [waiter for waiter in self.waiters if not as_before or waiter.checked != page.revision]
        self._learn(page)
        made = Round(page)
        while left:
            waiter = left.pop()
            if waiter in self.waiters:
                self._compare(waiter, made)
            if len(left) % BREATH == 0:
                # Let what was told be written and freed, and everyone else have a turn. Who comes meanwhile is compared
                # with this same page at the door.
                del waiter
                await asyncio.sleep(0)

    def _compare(self, waiter: Waiter, made: Round) -> None:
        page = made.page
        if waiter.since < page.after or (waiter.since > page.revision and waiter.reading == self._readings):
            # It came while we read: behind what was read, or ahead of it because the feed went on.
            self._at_once = True
            return
        outcome = made.outcome(waiter.cursor, waiter.identity)
        if outcome is not None:
            self._told_at = self._loop.time()
            self._tell(waiter, outcome)
            return
        waiter.checked = page.reached
        if page.reached < page.revision:
            self._at_once = True

    def _learn(self, page: Page) -> None:
        """Remember where the feed stands, and the highest sale: rows left out have no revision above `after`."""
        known = page.after
        if page.epoch == self._epoch and self._revision is not None and page.after <= self._revision:
            known = min(page.after, self._sale_revision)
        highest = max(page.sale_revisions, default=0)
        self._sale_revision = max(known, highest) if page.reached == page.revision else page.revision
        self._epoch, self._revision = page.epoch, page.revision

    def _fail(self, error: Exception) -> None:
        """Keep whoever is up to date as far as we know, refuse the others, and try again in a while."""
        _log.error("stock_not_read", warehouse=self.warehouse, error=str(error), exc_info=error)
        self._missed = True
        for waiter in list(self.waiters):
            if waiter.checked is None:
                self._tell(waiter, Busy())
        self._read_at(self._loop.time() + AGAIN_AFTER_FAILURE)
