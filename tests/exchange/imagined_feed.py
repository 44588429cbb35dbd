"""A room whose warehouse is imagined: what is read, and when the reading comes back, is the test's to say."""

import asyncio
from decimal import Decimal

from exchange.services.cursors import Cursor
from exchange.services.stock_feed import Change
from exchange.services.waiting import rooms
from exchange.services.waiting.identities import Identity
from exchange.services.waiting.reading import Page
from exchange.services.waiting.rooms import Room, Waiter
from exchange.services.waiting.rounds import Packet

EPOCH = "e1"


class ImaginedFeed:
    """A warehouse's feed, and the room that reads it. A reading sees what is true when it begins, and may be held."""

    def __init__(self) -> None:
        self.revision = 0
        self.changes: list[tuple[int, int]] = []  # (revision, sale revision) of rows, each of a SKU of its own
        self.packet_size = 0
        self.sync_stock = True
        self.readings: list[int] = []
        self.open = asyncio.Event()
        self.open.set()
        self.broken = False
        self.told: dict[Waiter, object] = {}
        self.room = Room(1, read=self.read, tell=self.tell)

    def sell(self) -> None:
        self.revision += 1
        self.changes.append((self.revision, self.revision))

    def invoice(self) -> None:
        self.revision += 1
        self.changes.append((self.revision, 0))

    async def read(self, warehouse: int, after: int) -> Page:
        self.readings.append(after)
        revision, rows = self.revision, [row for row in self.changes if row[0] > after]
        await self.open.wait()
        if self.broken:
            raise OSError("no database")
        whole = not self.packet_size or len(rows) <= self.packet_size
        rows = rows if whole else rows[: self.packet_size + 1]
        return Page(
            after=after,
            reached=revision if whole else rows[-1][0],
            revision=revision,
            epoch=EPOCH,
            sync_stock=self.sync_stock,
            packet_size=self.packet_size,
            changes=[Change(f"S{row[0]}", "", Decimal(1), row[0]) for row in rows],
            sale_revisions=[row[1] for row in rows],
        )

    def tell(self, waiter: Waiter, outcome: object) -> None:
        self.told[waiter] = outcome
        self.room.leave(waiter)

    def enter(self, position: int | None = None, *, told_of_invoices: bool = True, load: int = 0) -> Waiter:
        place = self.revision if position is None else position
        cursor = Cursor("a" if told_of_invoices else "s", EPOCH, 1, load, place, place)
        waiter = Waiter(identity=Identity("", 1, 1, told_of_invoices, load), cursor=cursor, answer=lambda outcome: None)
        self.room.enter(waiter)
        return waiter

    def heard(self, waiter: Waiter) -> int | None:
        """Return the revision a waiter was brought to."""
        told = self.told.get(waiter)
        return told.cursor.position if isinstance(told, Packet) else None


async def settle():
    """Let everything happen that can."""
    # After a stall all timers are due at once: what they begin needs turns again.
    for pause in (0, rooms.COALESCE * 3):
        await asyncio.sleep(pause)
        for _ in range(40):
            await asyncio.sleep(0)


def story(play):
    """Run an asynchronous test with a feed of its own."""

    def test(monkeypatch):
        async def run():
            monkeypatch.setattr(rooms, "PACE", 0.0)
            monkeypatch.setattr(rooms, "AGAIN_AFTER_FAILURE", 0.01)
            feed = ImaginedFeed()
            await play(feed)
            feed.room.close()

        asyncio.run(run())

    test.__doc__ = play.__doc__
    return test
