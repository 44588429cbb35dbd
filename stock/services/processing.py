"""«Обработка транзакций ККМ»: what registers sold becomes documents, and closed shifts are settled.

What is due is looked for in three short queues (`due.sql`), so a run costs what is new and not what there is. Each
shift is two transactions of its own, and both lock the shift first:

1. what waits is taken into documents and posted (`stock.services.sales`), and the feed of a warehouse is locked for
   the one statement that moves the goods;
2. a closed shift is compared with its register (`stock.services.reconciliation`), and leaves the queue.

So a run may be killed anywhere, repeated, late, or two at once. Registers hear nothing: `available` does not move.
"""

import time
from datetime import datetime
from typing import NamedTuple

import structlog
from django.db import DatabaseError, transaction

from registers.models import Register, Shift
from retail.exceptions import DomainError
from retail.services.statements import beside
from stock.models import UnsettledShift
from stock.services import reconciliation, sales
from stock.services.sales import SalesDocument

DUE = beside(__file__, "due.sql")

_log = structlog.get_logger(__name__)


class Summary(NamedTuple):
    """What a run did: the documents it posted, how many shifts it went through, and which of them it could not."""

    documents: list[SalesDocument]
    shifts: int
    failed: list[int]
    seconds: float


def run(*, now: datetime, register: Register | None = None) -> Summary:
    """Process every shift that has something due, or those of one register.

    A shift that the database refuses is logged, left as it was, and does not stop the others.
    """
    started = time.monotonic()
    due = [shift_id for (shift_id,) in DUE.rows(register=register.pk if register else None)]
    documents: list[SalesDocument] = []
    failed: list[int] = []
    for shift_id in due:
        try:
            documents += take_up(shift_id=shift_id, now=now)
            settle(shift_id=shift_id, now=now)
        except (DatabaseError, DomainError):
            failed.append(shift_id)
            _log.exception("shift_not_processed", shift=shift_id)
    summary = Summary(documents, len(due), failed, time.monotonic() - started)
    _log.info(
        "transactions_processed",
        documents=len(documents),
        shifts=summary.shifts,
        failed=len(failed),
        seconds=round(summary.seconds, 3),
    )
    return summary


@transaction.atomic(durable=True)
def take_up(*, shift_id: int, now: datetime) -> list[SalesDocument]:
    """Post what a shift sold and no document holds. Locks the shift, series of numbers, feeds of its warehouses."""
    return sales.post(shift=_lock(shift_id), now=now)


@transaction.atomic(durable=True)
def settle(*, shift_id: int, now: datetime) -> None:
    """Compare a closed shift with its register, and take it off the queue. Locks the shift.

    One of which something has come since it was taken up stays for the next run.
    """
    shift = _lock(shift_id)
    if shift.closed_at is None or not sales.is_posted(shift=shift):
        return
    reconciliation.reconcile(shift=shift, now=now)
    UnsettledShift.objects.filter(shift=shift).delete()


def _lock(shift_id: int) -> Shift:
    return Shift.objects.select_for_update(of=("self",), no_key=True).select_related("register").get(pk=shift_id)
