"""«Биллинг: дисконтные карты — ночной регламент»: what begins and what has ended on cards becomes documents.

A business date of the chain's time zone has two runs, in this order, whoever starts them and how often:

1. accrual: every lot that begins before the end of the date and has not begun yet;
2. write-off: every lot that has ended by the moment of the start, or by the end of a date that is over.

So a late run takes up what missed nights have left. A run is planned in chunks of cards when it is made, in one
transaction. Each chunk is one more (`chunks`): it may be killed anywhere, started again, or shared by several at once.
Registers go on meanwhile: a chunk locks its own cards only. Decisions stand in docs/adr/0020.
"""

from collections.abc import Iterator
from datetime import date as Date
from datetime import datetime, time, timedelta
from decimal import Decimal
from time import monotonic
from typing import NamedTuple

import structlog
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.choices import CardDocumentKind, ChunkState, Measure, NightState
from billing.models import AccrualDocument, CardDocument, NightChunk, NightRun, WriteOffDocument
from billing.services.night import chunks
from billing.services.operations.refusals import DiscountCardsDisabled
from retail.exceptions import DomainError
from retail.models import Constants, Organization
from retail.services.statements import beside

PLAN = beside(__file__, "plan.sql", prepared=False)
PREVIEW = beside(__file__, "preview.sql", prepared=False)
LINES = beside(__file__, "lines.sql", prepared=False)
CHUNK_LOTS = 5000
DOCUMENTS: dict[CardDocumentKind, type[AccrualDocument | WriteOffDocument]] = {
    CardDocumentKind.ACCRUAL: AccrualDocument,
    CardDocumentKind.WRITE_OFF: WriteOffDocument,
}

_log = structlog.get_logger(__name__)


class DateHasNotCome(DomainError):
    code = "date_has_not_come"

    def __init__(self) -> None:
        super().__init__(_("This date has not come yet."), attr="date")


class NothingFailed(DomainError):
    code = "nothing_failed"

    def __init__(self) -> None:
        super().__init__(_("There is no card that this run could not do."))


class NoOrganization(DomainError):
    code = "no_organization"

    def __init__(self) -> None:
        super().__init__(_("Documents need an organization: enter one first."))


class Totals(NamedTuple):
    """What a document holds or would hold. Money in roubles; what is written off is above zero as well."""

    kind: CardDocumentKind
    cards: int
    lots: int
    bonuses: Decimal
    turnover: Decimal
    receipts: int


class Line(NamedTuple):
    """One measure of one card in a document; `lots` is how many lots make it."""

    card: int
    measure: Measure
    amount: Decimal
    lots: int


def today(*, now: datetime) -> Date:
    """Return the date of a moment in the chain's time zone."""
    return timezone.localdate(now, timezone.get_default_timezone())


def run(*, date: Date, now: datetime, by: User | None = None, hands: int = 1) -> list[NightRun]:
    """Write the documents of a business date by so many hands; return its runs, each done or not.

    Runs outside a transaction. A run that is done already is left as it is, one that was interrupted goes on, one that
    somebody else is at is shared. What cannot be written is named by `failures`. A run is left undone, and the
    write-off not begun, when the database could not go on: start it again.
    Raises `DateHasNotCome`, `DiscountCardsDisabled`, `NoOrganization`.
    """
    runs: list[NightRun] = []
    for kind in DOCUMENTS:
        if runs and runs[-1].state != NightState.DONE:
            break
        found = _start(date=date, kind=kind, now=now, by=by)
        if found.state != NightState.DONE:
            _carry_out(found, now=now, by=by, hands=hands)
        runs.append(found)
    return runs


def retry(*, run: NightRun, now: datetime, hands: int = 1) -> NightRun:
    """Try the cards again that a run could not do; what can be done now is added to its document.

    The document keeps its number. Runs outside a transaction. What the next night has done meanwhile is not done again.
    Raises `NothingFailed`, `DiscountCardsDisabled`.
    """
    _check(run.date, now)
    check_can_retry(run=run)
    chunks.reopen(run=run)
    _carry_out(run, now=now, by=None, hands=hands)
    return run


def check_can_retry(*, run: NightRun) -> None:
    """Raises `NothingFailed`."""
    if not run.failed:
        raise NothingFailed


def interrupted() -> list[Date]:
    """Return the dates of which a run is not done: somebody is at it, or it was stopped."""
    dates = NightRun.objects.filter(state=NightState.RUNNING).order_by("date").values_list("date", flat=True)
    return list(dict.fromkeys(dates))


def check_can_run(*, date: Date, now: datetime) -> None:
    """Raises `DateHasNotCome`, `DiscountCardsDisabled`."""
    _check(date, now)


def preview(*, date: Date, now: datetime) -> list[Totals]:
    """Return what would be written for a date, of both kinds, and write nothing.

    Raises `DateHasNotCome`, `DiscountCardsDisabled`.
    """
    _check(date, now)
    begun_before, ended_by = _until(CardDocumentKind.ACCRUAL, date, now), _until(CardDocumentKind.WRITE_OFF, date, now)
    rows = {row[0]: row for row in PREVIEW.rows(begun_before=begun_before, ended_by=ended_by)}
    nothing = (0, 0, Decimal(0), Decimal(0), 0)
    return [Totals(kind, *rows.get(kind.value, (None, *nothing))[1:]) for kind in DOCUMENTS]


def lines(*, document: CardDocument, after: int = 0, most: int = 100) -> list[Line]:
    """Return the lines of so many cards of a document, from the card after one: a page costs the same anywhere."""
    rows = LINES.rows(document=document.pk, after=after, most=most)
    return [Line(card, Measure(measure), amount, lots) for card, measure, amount, lots in rows]


def failures(*, run: NightRun) -> Iterator[tuple[int, str]]:
    """Yield each card that a run could not do, and what the database said."""
    failed = NightChunk.objects.filter(run=run, state=ChunkState.FAILED).order_by("first_card")
    yield from failed.values_list("first_card", "error")


def _carry_out(run: NightRun, *, now: datetime, by: User | None, hands: int) -> None:
    began = monotonic()
    chunks.work_off(run=run, now=now, hands=hands)
    chunks.finish(run=run, now=now, took=timedelta(seconds=monotonic() - began), by=by)
    run.refresh_from_db()
    _log.info("cards_night", date=str(run.date), kind=run.kind, state=run.state, failed=run.failed)


def _start(*, date: Date, kind: CardDocumentKind, now: datetime, by: User | None) -> NightRun:
    """Return the run of a date and kind, made and planned unless it is there. Waits for whoever is planning it."""
    _check(date, now)
    found = NightRun.objects.filter(date=date, kind=kind).first()
    if found is not None:
        return found
    try:
        return _plan(date=date, kind=kind, now=now, by=by)
    except IntegrityError:
        return NightRun.objects.get(date=date, kind=kind)


@transaction.atomic(durable=True)
def _plan(*, date: Date, kind: CardDocumentKind, now: datetime, by: User | None) -> NightRun:
    until = _until(kind, date, now)
    run = NightRun.objects.create(date=date, kind=kind, until=until, started_at=now, started_by=by)
    [(planned,)] = PLAN.rows(run=run.pk, kind=kind.value, until=until, size=CHUNK_LOTS)
    if not planned:
        run.state, run.finished_at = NightState.DONE, now
        run.save(update_fields=["state", "finished_at"])
        return run
    organization = Organization.objects.order_by("pk").first()
    if organization is None:
        raise NoOrganization
    moment = min(now, _end_of(date) - timedelta(microseconds=1))
    run.document = DOCUMENTS[kind].objects.create(kind=kind, date=moment, organization=organization)
    run.save(update_fields=["document"])
    return run


def _check(date: Date, now: datetime) -> None:
    if date > today(now=now):
        raise DateHasNotCome
    if not Constants.objects.values_list("discount_cards", flat=True).get():
        raise DiscountCardsDisabled


def _until(kind: CardDocumentKind, date: Date, now: datetime) -> datetime:
    return _end_of(date) if kind == CardDocumentKind.ACCRUAL else min(now, _end_of(date))


def _end_of(date: Date) -> datetime:
    midnight = datetime.combine(date + timedelta(days=1), time.min)
    return timezone.make_aware(midnight, timezone.get_default_timezone())
