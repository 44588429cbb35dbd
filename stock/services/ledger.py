"""The books of a warehouse: the one lock, and the one statement that moves goods under it.

`lock` takes the warehouse's feed row, which every writer of balances takes first; `move` runs `move.sql`, which needs
that lock to read balances that nobody is changing. Whoever calls them has locked the document before. Who needs two
warehouses takes them by `lock_all`, in the one order in which everybody does.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import DataError
from django.utils.translation import gettext as _

from retail.exceptions import DomainError
from retail.services.figures import quantity as shown
from retail.services.statements import beside
from stock.models import StockDocument, WarehouseFeed

MOVE = beside(__file__, "move.sql")


@dataclass(frozen=True)
class Shortage:
    """A SKU of which a document's lines ask more than is available (in the SKU's own unit)."""

    lines: tuple[int, ...]
    sku: str
    name: str
    asked: Decimal
    available: Decimal

    def as_dict(self) -> dict[str, Any]:
        """Return it as HTTP answers show it: quantities are strings."""
        return {
            "lines": list(self.lines),
            "sku": self.sku,
            "name": self.name,
            "asked": str(self.asked),
            "available": str(self.available),
        }

    def __str__(self) -> str:
        return _("line %(lines)s, %(sku)s %(name)s: %(asked)s asked, %(available)s available") % {
            "lines": ", ".join(map(str, self.lines)),
            "sku": self.sku,
            "name": self.name,
            "asked": shown(self.asked),
            "available": shown(self.available),
        }


class NotEnoughStock(DomainError):
    """Less is available than a document takes out; `shortages` names every SKU and line, in the document's order."""

    code = "not_enough_stock"

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        self.shortages = tuple(shortages)
        super().__init__(
            _("Not enough stock: %(shortages)s.") % {"shortages": "; ".join(map(str, self.shortages))},
            extra={"shortages": [shortage.as_dict() for shortage in self.shortages]},
        )


class QuantityTooLarge(DomainError):
    """A balance would not fit the column it is kept in."""

    code = "quantity_too_large"

    def __init__(self) -> None:
        super().__init__(_("The quantities are too large to be kept: look for a misprint."))


def lock(*, warehouse_id: int) -> WarehouseFeed:
    """Make this transaction the one writer of the warehouse until it ends, and return the feed as it now stands."""
    return WarehouseFeed.objects.select_for_update(no_key=True).get(pk=warehouse_id)


def lock_all(*, warehouse_ids: Iterable[int]) -> dict[int, WarehouseFeed]:
    """Lock several warehouses in the order of their keys, so that whoever crosses whom waits and nobody deadlocks."""
    feeds = WarehouseFeed.objects.select_for_update(no_key=True).filter(pk__in=set(warehouse_ids)).order_by("pk")
    return {feed.pk: feed for feed in feeds}


def move(
    *,
    document: StockDocument,
    feed: WarehouseFeed,
    direction: int,
    reversing: bool,
    heard_by_all: bool,
    now: datetime,
    checked: bool = True,
) -> None:
    """Move the goods of the document's lines in (1) or out (-1) of the warehouse whose locked feed is given.

    Writes the movements, the balances with the next revisions and the feed's counter in one statement, or nothing.
    `heard_by_all` stamps `sale_revision` too. Goods go out only while they are available, unless the move states a
    fact and is not `checked`. Raises `NotEnoughStock`, `QuantityTooLarge`.
    """
    try:
        short = MOVE.rows(
            document=document.pk,
            warehouse=feed.pk,
            base=feed.revision,
            direction=direction,
            reversing=reversing,
            heard_by_all=heard_by_all,
            checked=checked,
            now=now,
        )
    except DataError as error:
        raise QuantityTooLarge from error
    if short:
        raise NotEnoughStock([Shortage(tuple(lines), *rest) for lines, *rest in short])
