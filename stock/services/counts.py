"""Stock counts: drafted, posted like any document, and kept true when registers tell late of an earlier time.

The rule of docs/adr/0015: a posted count stays true of its moment. What a register sold before the counting and told
after the posting was missing from the shelf already, so the books are moved back by a correction that is linked to the
count. Nothing is counted up to find it: what the books now say of the moment of counting is compared with what was
counted. So a settlement may be lost, repeated or late, and the second of two at once finds nothing to do.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from retail.choices import DocumentState
from retail.exceptions import DomainError
from retail.models import Sku, Warehouse
from retail.services.statements import beside
from stock.models import CountLine, StockCount
from stock.services import count_lines, documents, expectations, ledger

LATE = beside(__file__, "late.sql", prepared=False)
LOOKED_BACK = timedelta(days=2)

_log = structlog.get_logger(__name__)


class _NothingToCorrect(Exception):
    """What was to be corrected has been, or a later count decides. Undoes the draft and gives its number back."""


class Counted(NamedTuple):
    """A line to be drafted: how much of a SKU there was; None where nobody has counted yet."""

    sku: Sku
    quantity: Decimal | None = None


@transaction.atomic
def draft_stock_count(
    *,
    warehouse: Warehouse,
    counted_at: datetime,
    date: datetime,
    lines: Sequence[Counted] = (),
    comment: str = "",
) -> StockCount:
    """Draft a count of some goods of a warehouse. Raises `ValidationError`."""
    draft = StockCount(warehouse=warehouse, counted_at=counted_at, date=date, comment=comment)
    documents.save_draft(document=draft)
    count_lines.save(count=draft, lines=[CountLine(sku=line.sku, counted=line.quantity) for line in lines])
    return draft


@transaction.atomic
def draft_again(*, count: StockCount, date: datetime) -> StockCount:
    """Draft another count of the same goods, of which nothing is counted yet."""
    return draft_stock_count(
        warehouse=count.warehouse,
        counted_at=date,
        date=date,
        lines=[Counted(line.sku) for line in count.count_lines.select_related("sku__item").order_by("line")],
        comment=count.comment,
    )


def settle_late_sales(*, now: datetime, recent: bool = False) -> list[StockCount]:
    """Post a correction of each count that late sales have made untrue; `recent` looks at what came in of late alone.

    May run at any time and any number of times at once. Each correction is a transaction of its own; one that the
    database refuses is logged and does not stop the others.
    """
    corrections = []
    for pk, skus in LATE.rows(since=now - LOOKED_BACK if recent else None):
        count = StockCount.objects.select_related("organization", "warehouse__organization").get(pk=pk)
        if stale := expectations.untrue(count=count, skus=skus):
            try:
                corrections.append(_correct(count=count, skus=stale, now=now))
            except _NothingToCorrect:
                continue
            except (DatabaseError, DomainError) as error:
                if not _is_written_already(error):
                    _log.exception("stock_count_not_corrected", count=pk)
    return corrections


def _is_written_already(error: Exception) -> bool:
    """Tell whether somebody else wrote the same correction: the constraint lets one through, whatever runs at once."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", None) == "stock_stockcount_correction_once_per_count"


@transaction.atomic(durable=True)
def _correct(*, count: StockCount, skus: Sequence[int], now: datetime) -> StockCount:
    """Draft a correction of these SKUs, look again under the warehouse's lock, and post what is left of it.

    Raises `_NothingToCorrect`.
    """
    if documents.lock(document=count).state != DocumentState.POSTED:
        raise _NothingToCorrect
    last = count.corrections.aggregate(last=Max("correction"))["last"] or 0
    correction = StockCount(
        warehouse=count.warehouse,
        counted_at=count.counted_at,
        corrects=count,
        correction=last + 1,
        date=now,
        comment=_("Sales before the counting, told after it"),
    )
    documents.save_draft(document=correction)
    stale = count.count_lines.filter(sku__in=skus).order_by("line")
    CountLine.objects.bulk_create(
        CountLine(document=correction, line=place, sku_id=line.sku_id, counted=line.counted)
        for place, line in enumerate(stale, start=1)
    )
    ledger.lock(warehouse_id=count.warehouse_id)
    expectations.refresh(count=correction)
    later = expectations.counted_later(count=correction).order_by()
    correction.count_lines.filter(sku__in=list(later.values_list("sku", flat=True))).delete()
    correction.count_lines.filter(difference=0).delete()
    if not correction.count_lines.exists():
        raise _NothingToCorrect
    documents.move(correction, reversing=False, now=now)
    _log.info("stock_count_corrected", count=count.pk, correction=correction.pk)
    return documents.mark(correction, state=DocumentState.POSTED, posted_at=now)
