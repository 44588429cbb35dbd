"""The chunks of a run: taken one after another by however many workers, halved where they fail.

Locks, in this order: the chunk (or the run, to finish it), then its cards by id. A chunk costs two statements.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.contrib.auth.models import User
from django.db import DatabaseError, InterfaceError, OperationalError, ProgrammingError, connections, transaction
from django.db.models import Sum

from billing.choices import ChunkState, NightState
from billing.models import AccrualDocument, CardDocument, NightChunk, NightRun, WriteOffDocument
from retail.choices import DocumentState
from retail.services import numbering
from retail.services.statements import beside

CLAIM = beside(__file__, "claim.sql")
WAIT = beside(__file__, "wait.sql")
CHUNK = beside(__file__, "chunk.sql")
SPLIT = beside(__file__, "split.sql", prepared=False)
ATTEMPTS = 3  # for what may pass, such as a deadlock

_TOTALS = ("cards", "lots", "bonuses", "turnover", "receipts")
_log = structlog.get_logger(__name__)


class _Chunk(NamedTuple):
    id: int
    first: int
    last: int


class _Failed(Exception):
    """A chunk that the database refused, with its reason as the cause."""

    def __init__(self, chunk: _Chunk) -> None:
        super().__init__(chunk)
        self.chunk = chunk


def work_off(*, run: NightRun, now: datetime, hands: int = 1) -> None:
    """Do chunks until none is planned, waiting for those that others are at. Runs outside a transaction.

    `hands` is how many connections share the work: a chunk keeps one core of the database busy. Returns early when the
    database cannot go on, after a few attempts: what is planned stays planned.
    """
    if hands == 1:
        _work_off(run, now)
        return
    with ThreadPoolExecutor(hands) as pool:
        for done in [pool.submit(_work_off_and_leave, run, now) for _hand in range(hands)]:
            done.result()


def _work_off_and_leave(run: NightRun, now: datetime) -> None:
    try:
        _work_off(run, now)
    finally:
        connections.close_all()  # A thread's connection is its own, and ends with it.


def _work_off(run: NightRun, now: datetime) -> None:
    lost = 0
    while lost < ATTEMPTS and NightChunk.objects.filter(run=run, state=ChunkState.PLANNED).exists():
        try:
            while _do_next(run, now):
                pass
        except _Failed as failed:
            _set_apart(run, failed)
        except (OperationalError, InterfaceError):
            lost += 1
            _log.warning("cards_night_interrupted", run=run.pk, exc_info=True)


@transaction.atomic(durable=True)
def reopen(*, run: NightRun) -> None:
    """Plan again what a run that is done could not do; one that is not done stays as it is. Locks the run."""
    locked = NightRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    if locked.state == NightState.DONE:
        NightChunk.objects.filter(run=locked, state=ChunkState.FAILED).update(state=ChunkState.PLANNED)
        locked.state, locked.finished_at, locked.failed = NightState.RUNNING, None, 0
        locked.save(update_fields=["state", "finished_at", "failed"])


@transaction.atomic(durable=True)
def finish(*, run: NightRun, now: datetime, took: timedelta, by: User | None) -> None:
    """Post the document of a run of which no chunk is planned. Locks the run, then a series of numbers.

    Of one that was posted and to which something was added only the totals are written. `took`: since `now`.
    """
    locked = NightRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    chunks = NightChunk.objects.filter(run=locked)
    if locked.state == NightState.DONE or chunks.filter(state=ChunkState.PLANNED).exists():
        return
    document = CardDocument.objects.select_related("organization").get(run=locked)
    written: dict[str, Any] = chunks.aggregate(**{name: Sum(name) for name in _TOTALS})
    if document.is_draft:
        number = numbering.next_number(kind=document.kind, organization=document.organization, date=document.date)
        written |= {"number": number, "state": DocumentState.POSTED, "posted_at": now, "posted_by": by}
    for model in (AccrualDocument, WriteOffDocument):
        model.objects.filter(pk=document.pk).update(**written)
    locked.failed = chunks.filter(state=ChunkState.FAILED).count()
    locked.state, locked.finished_at = NightState.DONE, now + took
    locked.save(update_fields=["failed", "state", "finished_at"])


@transaction.atomic(durable=True)
def _do_next(run: NightRun, now: datetime) -> bool:
    """Do one chunk; return whether there was one. Raises `_Failed` for what is wrong with the chunk itself."""
    rows = CLAIM.rows(run=run.pk) or WAIT.rows(run=run.pk)
    if not rows:
        return False
    chunk = _Chunk(*rows[0])
    try:
        CHUNK.rows(chunk=chunk.id, now=now)
    except (OperationalError, InterfaceError, ProgrammingError):  # No card's fault.
        raise
    except DatabaseError as error:
        raise _Failed(chunk) from error
    return True


@transaction.atomic(durable=True)
def _set_apart(run: NightRun, failed: _Failed) -> None:
    """Halve a chunk that failed, or name its only card. Locks the run, so that places stay different, and the chunk."""
    NightRun.objects.select_for_update(no_key=True).get(pk=run.pk)
    reason = str(failed.__cause__).strip()
    chunk = failed.chunk
    for (card,) in SPLIT.rows(chunk=chunk.id, first=chunk.first, last=chunk.last, error=reason):
        _log.error("cards_night_card_failed", run=run.pk, card=card, reason=reason)
