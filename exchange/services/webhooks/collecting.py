"""From what happened to what is to be told: journals are read on from where each was left, beside everything else.

The intake knows nothing of this. A source is read by whoever holds its cursor, so that two at once share the work and
repeat none of it; the message and the new place are one transaction. What nobody has chosen is passed over.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import NamedTuple

import structlog
from django.db import DatabaseError, transaction

from exchange.choices import EventKind
from exchange.models import EventCursor, LowStock, WebhookEndpoint
from exchange.services.webhooks import horizon
from retail.services.statements import Statement, beside
from stock.models import WarehouseFeed

RECEIPTS = beside(__file__, "receipts.sql", prepared=False)
Z_REPORTS = beside(__file__, "z_reports.sql", prepared=False)
CARD_OPERATIONS = beside(__file__, "card_operations.sql", prepared=False)
LOW_STOCK = beside(__file__, "low_stock.sql", prepared=False)
STOCK = "stock"
AT_ONCE = 2000  # ids of a journal in a transaction

_log = structlog.get_logger(__name__)


class Source(NamedTuple):
    """A journal with ids: what is told of its rows, and by what statement."""

    name: str
    event: EventKind
    table: str
    statement: Statement


SOURCES = (
    Source("transactions", EventKind.RECEIPT, "registers_kkmtransaction", RECEIPTS),
    Source("deeds", EventKind.RECEIPT, "registers_transactiondeed", RECEIPTS),
    Source("z_reports", EventKind.Z_REPORT, "stock_stockdocument", Z_REPORTS),
    Source("card_operations", EventKind.CARD, "billing_billingoperation", CARD_OPERATIONS),
)


def collect(*, now: datetime) -> bool:
    """Read every source on once; tell whether any of them may have more, now or once those are done who write to it."""
    active = WebhookEndpoint.objects.filter(active=True)
    chosen = {event for events in active.values_list("events", flat=True) for event in events}
    more = [_tried(source.name, partial(read, source, wanted=source.event in chosen, now=now)) for source in SOURCES]
    _tried(STOCK, partial(read_stock, wanted=EventKind.STOCK in chosen, now=now))
    return any(more)


def _tried(name: str, reading: Callable[[], bool]) -> bool:
    """One source that cannot be read keeps neither the others nor what was read before from being sent."""
    try:
        return reading()
    except DatabaseError:
        _log.exception("events_not_collected", source=name)
        return False


def read(source: Source, *, wanted: bool, now: datetime) -> bool:
    """Tell endpoints what a journal has gained, up to where nothing can appear any more; tell whether to look again."""
    with transaction.atomic():
        cursor = _held(source)
        if cursor is None:
            return False
        if not wanted:
            _pass_over(cursor, horizon.last(source.table))
            return False
        safe = horizon.advance(cursor, table=source.table)
        begun, upto = cursor.position, min(safe, cursor.position + AT_ONCE)
        if upto > begun:
            source.statement.rows(source=source.name, after=begun, upto=upto, now=now)
            cursor.position = upto
        if upto < safe and cursor.horizon is None:
            cursor.horizon, cursor.writers = safe, []  # Known to be safe: nobody is to be waited for.
        cursor.save()
        return upto > begun or cursor.horizon is not None


def _pass_over(cursor: EventCursor, last: int) -> None:
    """Leave a journal at its end: nobody has chosen what it tells."""
    if (cursor.position, cursor.horizon) != (last, None):
        cursor.position, cursor.horizon, cursor.writers = last, None, []
        cursor.save()


def _held(source: Source) -> EventCursor | None:
    """Lock a source's cursor; None if somebody else is reading it. A new one begins with what comes from now on."""
    held = EventCursor.objects.select_for_update(skip_locked=True).filter(source=source.name, of=0).first()
    if held is None:
        at_the_end = EventCursor(source=source.name, position=horizon.last(source.table))
        EventCursor.objects.bulk_create([at_the_end], ignore_conflicts=True)
    return held


def read_stock(*, wanted: bool, now: datetime) -> bool:
    """Tell endpoints what has become low since each warehouse was last looked at. Never leaves anything."""
    with transaction.atomic():
        EventCursor.objects.bulk_create([EventCursor(source=STOCK)], ignore_conflicts=True)
        guard = EventCursor.objects.select_for_update(skip_locked=True).filter(source=STOCK, of=0).first()
        if guard is None:
            return False  # Somebody else is looking.
        if not wanted:
            # Whoever begins to listen begins with what changes from then on.
            EventCursor.objects.filter(source=STOCK).exclude(of=0).delete()
            LowStock.objects.all().delete()
            return False
        known = EventCursor.objects.filter(source=STOCK).values("of")
        new = WarehouseFeed.objects.exclude(warehouse__in=known).values_list("warehouse", "revision")
        EventCursor.objects.bulk_create(EventCursor(source=STOCK, of=of, position=at) for of, at in new)
        LOW_STOCK.rows(now=now)
    return False
