"""What the register believes is left.

`told` is what packets said: absolute quantities that replace. Sales the server may not have counted yet are `pending`
and lower the view on top of it, so that a packet written before our sale arrived does not give the goods back. A
pending sale is dropped when a poll that began after the server acknowledged it has reached the end of the feed.
"""

from decimal import Decimal

import msgspec

from virtual_register import checksum
from virtual_register.store import Store
from virtual_register.wire import Checksum, StockPacket


class Moved(msgspec.Struct, frozen=True):
    """One line of a packet next to what the register had been told before (None: nothing)."""

    sku: str
    name: str
    before: Decimal | None
    after: Decimal


class Left(msgspec.Struct, frozen=True):
    sku: str
    name: str
    told: Decimal
    view: Decimal


class Stock:
    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def cursor(self) -> str | None:
        return self._store.recall("stock_cursor") or None

    def begin(self) -> None:
        """Start a full load: what it does not mention is gone when its last packet has come."""
        with self._store.transaction():
            self._store.remember(
                stock_load=int(self._store.recall("stock_load", "0")) + 1, stock_cursor=None, stock_loading=1
            )

    def acknowledged(self) -> list[int]:
        """Return the numbers of pending sales that any poll beginning now will have counted."""
        return [row[0] for row in self._store.rows("SELECT DISTINCT number FROM pending WHERE acknowledged = 1")]

    def apply(self, packet: StockPacket, *, asked: str | None, counted: list[int]) -> list[Moved]:
        """Take a packet in, move the cursor, and drop `counted` pending sales if this is the end of the feed.

        A packet for another cursor than ours is left alone: another terminal of the same register was quicker.
        """
        with self._store.transaction() as db:
            if self.cursor != asked:
                return []
            load = int(self._store.recall("stock_load", "0"))
            told = {row[0]: Decimal(row[1]) for row in db.execute("SELECT sku, available FROM told")}
            db.executemany(
                "INSERT OR REPLACE INTO told (sku, name, available, revision, load) VALUES (?, ?, ?, ?, ?)",
                [(change.sku, change.name, str(change.available), change.revision, load) for change in packet.changes],
            )
            self._store.remember(stock_cursor=packet.cursor)
            if not packet.more:
                db.executemany("DELETE FROM pending WHERE number = ?", [(number,) for number in counted])
                if self._store.recall("stock_loading"):
                    db.execute("DELETE FROM told WHERE load < ?", (load,))
                    self._store.remember(stock_loading=None)
        return [Moved(change.sku, change.name, told.get(change.sku), change.available) for change in packet.changes]

    def left(self, sku: str) -> Decimal:
        """Return what the register believes is left of a SKU; never heard of means nothing."""
        told = self._store.rows("SELECT available FROM told WHERE sku = ?", sku)
        pending = self._store.rows("SELECT quantity FROM pending WHERE sku = ?", sku)
        return (Decimal(told[0][0]) if told else Decimal(0)) - sum((Decimal(row[0]) for row in pending), Decimal(0))

    def view(self, text: str = "") -> list[Left]:
        """Return what is left of everything whose name or code holds the text."""
        sought = text.casefold()
        pending: dict[str, Decimal] = {}
        for sku, quantity in self._store.rows("SELECT sku, quantity FROM pending"):
            pending[sku] = pending.get(sku, Decimal(0)) + Decimal(quantity)
        return [
            Left(sku, name, Decimal(available), Decimal(available) - pending.get(sku, Decimal(0)))
            for sku, name, available in self._store.rows("SELECT sku, name, available FROM told ORDER BY name, sku")
            if sought in f"{sku} {name}".casefold()
        ]

    def count(self) -> int:
        return int(self._store.rows("SELECT count(*) FROM told")[0][0])

    def checksum(self, server: Checksum) -> tuple[int, str]:
        """Recompute (count, checksum) of what packets said, leaving out what the server left out."""
        rows = self._store.rows("SELECT sku, available FROM told")
        return checksum.compute(((sku, Decimal(available)) for sku, available in rows), server.left_out)
