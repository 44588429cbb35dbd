"""A warehouse of a crowd: its registers, what they may sell, and which of it each seller has to itself."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from random import Random

import msgspec

from virtual_register import wire
from virtual_register.crowd.tellings import Tellings
from virtual_register.crowd.till import Till
from virtual_register.errors import RegisterError

OWN_SHELF = 4
REMEMBERED_PACKETS = 64


class Heard(msgspec.Struct, frozen=True):
    """A packet, read once for all who get the same bytes; `watched` are those of its rows that time a sale."""

    rows: dict[str, Decimal]
    watched: list[tuple[str, Decimal]]
    cursor: str
    more: bool


class Floor:
    def __init__(self, tills: Sequence[Till], *, sellers: int) -> None:
        self.sellers = tills[:sellers]
        self.listeners = tills[sellers:]
        self.tellings = Tellings()
        self.shelves: list[list[wire.Good]] = []
        self.common: list[wire.Good] = []
        self._packets: dict[bytes, Heard] = {}

    @property
    def tills(self) -> list[Till]:
        return [*self.sellers, *self.listeners]

    async def stock_up(self) -> None:
        """Load goods once and stock into every register, then share the goods out. Raises `RegisterError`."""
        goods = await self._goods(self.tills[0])
        await asyncio.gather(*(till.load_stock() for till in self.tills))
        view = self.sellers[0].view
        # Goods in stock first: what nobody has would be told of too, but no shop sells it.
        sold = [good for good in goods if good.price is not None and not good.withdrawn and good.sku in view]
        if not sold:
            raise RegisterError("There is nothing to sell: no goods with a price and a balance.")
        Random(0).shuffle(sold)
        sold.sort(key=lambda good: view[good.sku] <= 0)
        own = min(OWN_SHELF, len(sold) // (2 * len(self.sellers)))
        self.shelves = [sold[place * own : (place + 1) * own] for place in range(len(self.sellers))]
        self.common = sold[len(self.sellers) * own :]
        for shelf in self.shelves:
            for good in shelf:
                self.tellings.watch(good.sku)

    async def _goods(self, till: Till) -> list[wire.Good]:
        goods: list[wire.Good] = []
        cursor, more = "", True
        while more:
            answer = await till.call("GET", f"goods?cursor={cursor}" if cursor else "goods")
            packet = wire.read_goods(answer.body)
            goods += packet.goods
            cursor, more = packet.cursor, packet.more
        return goods

    def read(self, body: bytes) -> Heard:
        """Read a packet. Most listeners get the same bytes; read once, they leave the processor to the server."""
        heard = self._packets.get(body)
        if heard is None:
            packet = wire.read_stock(body)
            rows = {change.sku: change.available for change in packet.changes}
            watched = [row for row in rows.items() if self.tellings.is_watched(row[0])]
            heard = Heard(rows, watched, packet.cursor, packet.more)
            if len(self._packets) >= REMEMBERED_PACKETS:
                del self._packets[next(iter(self._packets))]
            self._packets[body] = heard
        return heard
