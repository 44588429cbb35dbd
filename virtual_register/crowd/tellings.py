"""Timing a sale until the last register of its warehouse was told of it, by the crowd's own clock.

Packets are absolute and say nothing of single sales, so each selling register has a few SKUs to itself: only it sells
them, so what is left after each of its sales is known beforehand, and a listener has been told of a sale as soon as it
hears that quantity or less. Every sale holds one such SKU and is told as a whole.
"""

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal


class Telling:
    """One sale on its way to the listeners. `told_at` is when the latest of those told so far heard of it."""

    __slots__ = ("left", "sent_at", "told", "told_at", "void")

    def __init__(self, left: Decimal, sent_at: float) -> None:
        self.left = left
        self.sent_at = sent_at
        self.told = 0
        self.told_at = 0.0
        self.void = False


class Tellings:
    """The sales of one warehouse and who has heard of them."""

    def __init__(self) -> None:
        self.listeners = 0
        self._sales: dict[str, list[Telling]] = {}
        self._heard: list[dict[str, int]] = []

    def listen(self) -> int:
        """Add a listener; returns its place."""
        self.listeners += 1
        self._heard.append(defaultdict(int))
        return self.listeners - 1

    def watch(self, sku: str) -> None:
        """Give a SKU to one seller."""
        self._sales[sku] = []

    def is_watched(self, sku: str) -> bool:
        return sku in self._sales

    def sold(self, sku: str, *, left: Decimal, at: float) -> Telling:
        """Note that a sale is being sent that leaves so much of its watched SKU."""
        telling = Telling(left, at)
        self._sales[sku].append(telling)
        return telling

    def hear(self, listener: int, watched: Iterable[tuple[str, Decimal]], *, at: float) -> None:
        """Note what a listener has just heard of watched SKUs."""
        heard = self._heard[listener]
        for sku, available in watched:
            sales = self._sales[sku]
            place = heard[sku]
            while place < len(sales) and available <= sales[place].left:
                sales[place].told += 1
                sales[place].told_at = at
                place += 1
            heard[sku] = place

    def all(self) -> list[Telling]:
        """Return every sale that counts."""
        return [telling for sales in self._sales.values() for telling in sales if not telling.void]

    def seconds(self) -> list[float]:
        """Return, for each sale that every listener has heard of, the seconds it took."""
        return [one.told_at - one.sent_at for one in self.all() if one.told == self.listeners > 0]

    def untold(self) -> int:
        """Return how many sales some listener has not heard of."""
        return sum(one.told < self.listeners for one in self.all())
