"""What posting a document of each kind does to the books, and what reversing it undoes.

Whoever calls `apply` has locked the document's row; here the feeds of its warehouses are locked and the goods move.
"""

from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from retail.exceptions import DomainError
from stock.choices import DocumentKind
from stock.models import CountLine, DocumentLine, StockCount, StockDocument
from stock.services import expectations, ledger

NAMED = 5


class Effect(NamedTuple):
    """What posting does in the document's own warehouse: goods come in (1) or go out (-1), and who hears of it."""

    direction: int
    heard_by_all: bool


EFFECTS = {
    DocumentKind.GOODS_RECEIPT: Effect(1, heard_by_all=True),
    DocumentKind.WHOLESALE_INVOICE: Effect(-1, heard_by_all=False),
    DocumentKind.STOCK_TRANSFER: Effect(-1, heard_by_all=True),
    DocumentKind.STOCK_COUNT: Effect(1, heard_by_all=True),  # The difference, which may be below zero.
}


class NotCounted(DomainError):
    """Some lines of a count have no figure yet."""

    code = "not_counted"


class CountedInFuture(DomainError):
    code = "counted_in_future"


class CountedLater(DomainError):
    """A later count of the same goods has been posted: it decides, and nothing before it moves any more."""

    code = "counted_later"


def lines(document: StockDocument) -> "QuerySet[DocumentLine] | QuerySet[CountLine]":
    """Return the lines of the document, of whichever kind it is."""
    if document.kind == DocumentKind.STOCK_COUNT:
        return CountLine.objects.filter(document=document.pk)
    return document.lines.all()


def apply(*, document: StockDocument, reversing: bool, now: datetime) -> list[int]:
    """Move what the document moves, or move it back. Returns the warehouses whose registers are to be told.

    Raises `NotEnoughStock`, `QuantityTooLarge`; of a count also `NotCounted`, `CountedInFuture`, `CountedLater`.
    """
    match document.kind:
        case DocumentKind.STOCK_TRANSFER:
            return _transfer(document, reversing=reversing, now=now)
        case DocumentKind.STOCK_COUNT:
            return _count(document.stockcount, reversing=reversing, now=now)
    feed = ledger.lock(warehouse_id=document.warehouse_id)
    effect = EFFECTS[DocumentKind(document.kind)]
    direction = -effect.direction if reversing else effect.direction
    ledger.move(
        document=document,
        feed=feed,
        direction=direction,
        reversing=reversing,
        heard_by_all=effect.heard_by_all,
        now=now,
    )
    return [document.warehouse_id]


def _transfer(document: StockDocument, *, reversing: bool, now: datetime) -> list[int]:
    """Take the goods out of one warehouse, where they must be available, and bring them into the other."""
    warehouses = [document.warehouse_id, document.stocktransfer.to_warehouse_id]
    feeds = ledger.lock_all(warehouse_ids=warehouses)
    for warehouse, direction in zip(reversed(warehouses) if reversing else warehouses, (-1, 1), strict=True):
        ledger.move(
            document=document,
            feed=feeds[warehouse],
            direction=direction,
            reversing=reversing,
            heard_by_all=True,
            now=now,
        )
    return warehouses


def _count(count: StockCount, *, reversing: bool, now: datetime) -> list[int]:
    """Make what was counted true of its moment, or take that back together with what was corrected since.

    A count states what is there, so it is refused for want of goods neither way.
    """
    if count.counted_at > now:
        raise CountedInFuture(_("%(count)s is of a moment that has not come yet.") % {"count": count})
    feed = ledger.lock(warehouse_id=count.warehouse_id)
    check_not_counted_later(count=count)
    if not reversing:
        expectations.refresh(count=count)
        if missing := count.count_lines.filter(counted=None).count():
            raise NotCounted(_("Not counted yet: lines without a figure: %(lines)s.") % {"lines": missing})
    ledger.move(
        document=count,
        feed=feed,
        direction=-1 if reversing else 1,
        reversing=reversing,
        heard_by_all=True,
        checked=False,
        now=now,
    )
    return [count.warehouse_id]


def check_not_counted_later(*, count: StockCount) -> None:
    """Raises `CountedLater`. The answer holds while the warehouse is locked."""
    later = expectations.counted_later(count=count).select_related("sku", "document")
    found = list(later[: NAMED + 1])
    if found:
        named = "; ".join(f"{line.sku} ({line.document})" for line in found[:NAMED])
        raise CountedLater(
            _("Counted again later, and the later count decides: %(skus)s.")
            % {"skus": f"{named}; …" if found[NAMED:] else named}
        )
