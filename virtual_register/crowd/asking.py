"""A cashier of a crowd under external stock control: asks for every line, as impatient and fickle as people are."""

import time
from collections.abc import Sequence
from decimal import Decimal
from random import Random

import msgspec

from virtual_register.crowd.figures import Figures
from virtual_register.crowd.till import Till
from virtual_register.errors import Refused
from virtual_register.holding import asked
from virtual_register.receipts import Item
from virtual_register.wire import encode

# How often, of all receipts or lines.
CHANGED, TAKEN_OFF, LINK_LOST, ABANDONED = 0.2, 0.05, 0.03, 0.05


class Cashier:
    """`latencies` are seconds from asking for a line to the answer, retries included."""

    def __init__(self, till: Till, *, figures: Figures, random: Random) -> None:
        self.latencies: list[float] = []
        self._till = till
        self._figures = figures
        self._random = random

    async def ring_up(self, uid: str, items: Sequence[Item]) -> list[Item]:
        """Ask for line after line, and return what lies on the counter in the end. Raises `Unreachable`.

        What is refused is left out. Now and then a quantity is changed, a line taken off, or the link lost: then the
        answer to one line is never heard, and the others are rung up without asking.
        """
        counter: list[Item] = []
        breaks = self._random.randrange(len(items)) if self._random.random() < LINK_LOST else None
        for place, item in enumerate(items):
            line = len(counter) + 1
            if breaks is not None and place >= breaks:
                if place == breaks:
                    await self._till.lose("PUT", _path(uid, line), encode(asked(item)))
                    self._figures.links_lost += 1
                counter.append(item)
            elif await self._ask(uid, line, item):
                counter.append(await self._changed(uid, line, item))
        if breaks is None and len(counter) > 1 and self._random.random() < TAKEN_OFF:
            await self._till.call("DELETE", _path(uid, len(counter)))
            counter.pop()
        return counter

    def walks_away(self) -> bool:
        """Say whether this receipt is given up before it is paid."""
        away = self._random.random() < ABANDONED
        self._figures.abandoned += away
        return away

    async def _changed(self, uid: str, line: int, item: Item) -> Item:
        """Ask for one more now and then; where that is refused, the line stays as it was."""
        if item.good.weighed or self._random.random() >= CHANGED:
            return item
        more = msgspec.structs.replace(item, quantity=item.quantity + Decimal(1), marks=())
        self._figures.resized += 1
        return more if await self._ask(uid, line, more) else item

    async def _ask(self, uid: str, line: int, item: Item) -> bool:
        began = time.perf_counter()
        try:
            await self._till.call("PUT", _path(uid, line), encode(asked(item)))
        except Refused as refusal:
            self._figures.refused[refusal.code] += 1
            return False
        finally:
            self._figures.asked += 1
            self.latencies.append(time.perf_counter() - began)
        return True


def _path(uid: str, line: int) -> str:
    return f"reservations/{uid}/lines/{line}"
