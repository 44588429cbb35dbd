"""Fetching what a register has not handed over yet: one at a time of each register, packet by packet.

The row is claimed by a conditional update, and every later write asks whether the claim still stands; whoever dies in
the middle leaves a claim that ends by itself, and a row that is still due. What was counted at the claim is compared
with the counters when the claim is given up, in one statement: a tell that came meanwhile makes the register due at
once. No network inside a transaction: the claim, each packet and the end are transactions of their own.
"""

import random
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db.models import Case, F, Value, When

from billing.services import records
from exchange.choices import FetchReason, UploadMode
from exchange.models import UploadFetch, UploadSource
from exchange.models.uploads import MOST_FAILURES
from exchange.protocols.kkmtransfer import messages, sales, splitting
from exchange.services import presence
from exchange.services.uploads import addresses, asking
from stock.services import intake

PROTOCOL = "kkmtransfer"
PACKET = 500  # transactions asked for at once
MOST_IN_ANSWER = 1000
MOST_PACKETS = 100  # of a visit
VISIT_SECONDS = 60.0  # after which others have their turn
LEASE = timedelta(minutes=3)  # longer than a packet may take, with all its time-outs
CATCH_UP = {UploadMode.RECEIPT: timedelta(minutes=10), UploadMode.SHIFT: timedelta(hours=6)}
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(minutes=15)
OPEN_REST = timedelta(minutes=5)  # of an open circuit
AT_ONCE = 5000
STATUSES = ("accepted", "duplicate", "conflict", "error_desk")

_log = structlog.get_logger(__name__)
Clock = Callable[[], datetime]


class _Visit:
    """A visit to a register, from its claim on, and what it came to. `finished`: the register has no more."""

    def __init__(self, source: UploadSource, claim: UUID, now: datetime) -> None:
        self.source, self.claim, self.began_at = source, claim, now
        self.clock = time.monotonic()
        self.packets = 0
        self.counts: Counter[str] = Counter()
        self.error = self.detail = ""
        self.finished = False
        self.last_number: int | None = None

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.clock


class _ClaimLost(Exception):
    """It took so long that another was let in."""


def due(*, now: datetime) -> list[int]:
    """Return the sources that wait to be fetched, the longest waiting first."""
    return list(UploadSource.objects.due(now=now).order_by("due_at").values_list("pk", flat=True))


def fetch(*, source_id: int, clock: Clock) -> bool:
    """Visit a register if it is due and nobody is there; return whether it is due again at once.

    Runs outside a transaction. Whatever goes wrong stands on the row, and in the list of visits.
    """
    visit = _claim(source_id, clock())
    if visit is None:
        return False
    try:
        _go(visit, clock)
    except _ClaimLost:
        _log.warning("upload_claim_lost", source=source_id)
        return False
    except asking.NoAnswer as error:
        visit.error, visit.detail = error.code, error.particulars
    except (addresses.NoNetworks, intake.Busy) as error:
        visit.error = error.code
    except splitting.NotABatch as error:
        visit.error, visit.detail = "not_as_agreed", str(error)
    except Exception as error:  # The row must not stay claimed, nor be asked again at once.
        _log.exception("upload_failed", source=source_id)
        visit.error, visit.detail = "failed", type(error).__name__
    return _end(visit, clock())


def forget(*, now: datetime) -> int:
    """Forget visits of long ago. Returns how many."""
    old = UploadFetch.objects.filter(began_at__lt=now - timedelta(days=settings.UPLOAD_VISITS_DAYS))
    forgotten = 0
    while chosen := list(old.order_by("began_at").values_list("pk", flat=True)[:AT_ONCE]):
        forgotten += UploadFetch.objects.filter(pk__in=chosen).delete()[0]
    return forgotten


def _claim(source_id: int, now: datetime) -> _Visit | None:
    """Take a row that is due. What it counts is read afterwards: whatever was told by then is in what we shall ask."""
    claim = uuid4()
    taken = UploadSource.objects.due(now=now).filter(pk=source_id)
    if not taken.update(claim=claim, claimed_until=now + LEASE):
        return None
    return _Visit(UploadSource.objects.select_related("register").get(pk=source_id), claim, now)


def _go(visit: _Visit, clock: Clock) -> None:
    """Ask until the register has no more, or others should have their turn.

    Raises `_ClaimLost`, `asking.NoAnswer`, `splitting.NotABatch`, `intake.Busy`, `addresses.NoNetworks`.
    """
    cursor = visit.source.cursor
    passed = {cursor}
    while not visit.finished and visit.packets < MOST_PACKETS and visit.seconds < VISIT_SECONDS:
        try:
            packet = _ask(visit, cursor)
        except asking.UnknownCursor:
            cursor = ""
            _keep(visit, cursor, clock())
            continue
        visit.packets += 1
        _take_in(visit, packet, clock())
        goes_on = bool(packet.transactions or packet.more)
        if goes_on and packet.after is None:
            raise asking.NoAnswer("no_cursor")
        if goes_on and packet.after in passed:
            raise asking.NoAnswer("cursor_stuck", packet.after or "")
        cursor = cursor if packet.after is None else packet.after
        passed.add(cursor)
        _keep(visit, cursor, clock())
        visit.finished = not packet.more


def _ask(visit: _Visit, cursor: str) -> sales.Packet:
    source = visit.source
    return sales.read(asking.sales(address=source.address, key=source.key, after=cursor, limit=PACKET))


def _take_in(visit: _Visit, packet: sales.Packet, now: datetime) -> None:
    """Record a packet as if the register had handed it over. Raises `intake.Busy`, `asking.NoAnswer`."""
    if len(packet.transactions) > MOST_IN_ANSWER:
        raise asking.NoAnswer("too_many", str(len(packet.transactions)))
    if not packet.transactions:
        return
    entries = [messages.read(raw) for raw in packet.transactions]
    register = visit.source.register
    outcomes = intake.take_in(register=register, entries=entries, protocol=PROTOCOL, now=now)
    visit.counts.update(outcome.status for outcome in outcomes)
    visit.last_number = max((one.number for one in outcomes if one.number is not None), default=visit.last_number)
    told = [record for entry in entries if entry.transaction for record in entry.transaction.billing]
    records.after_upload(register_id=register.pk, records=told, now=now)


def _keep(visit: _Visit, cursor: str, now: datetime) -> None:
    """Keep how far we are, and the claim. Raises `_ClaimLost`."""
    ours = UploadSource.objects.filter(pk=visit.source.pk, claim=visit.claim)
    if not ours.update(cursor=cursor, claimed_until=now + LEASE):
        raise _ClaimLost


def _end(visit: _Visit, now: datetime) -> bool:
    """Give the claim up with what came of it; return whether the register is due again at once."""
    ours = UploadSource.objects.filter(pk=visit.source.pk, claim=visit.claim)
    given_up = {"claim": None, "claimed_until": None}
    if visit.error:
        failures = visit.source.failures + 1
        ended = ours.update(
            **given_up,
            failures=failures,
            retry_at=now + _rest(failures),
            last_error=visit.error,
            last_error_detail=_fit(visit.detail),
        )
    else:
        ended = ours.update(**given_up, **_served(visit, now))
        presence.note(register_id=visit.source.register_id, now=now, last_transaction_number=visit.last_number)
    if ended:
        _note(visit)
    return bool(ended) and UploadSource.objects.due(now=now).filter(pk=visit.source.pk).exists()


def _served(visit: _Visit, now: datetime) -> dict[str, object]:
    """Return what a visit without an error leaves: the tells it answers, and when the next one is due."""
    source = visit.source
    then: timedelta = _jittered(CATCH_UP.get(UploadMode(source.mode), timedelta(minutes=source.minutes)))
    kept: dict[str, object] = {"failures": 0, "retry_at": None, "last_error": "", "last_error_detail": ""}
    kept["last_fetched_at"] = now
    if not visit.finished:
        brought = visit.counts.total() > visit.counts["duplicate"]
        return {**kept, "due_at": now if brought else now + timedelta(minutes=1)}
    return {
        **kept,
        "served": source.told,
        "behind_since": Case(When(told__gt=source.told, then=Value(visit.began_at)), default=None),
        "due_at": Case(When(wanted__gt=source.wanted, then=Value(now)), default=Value(now + then)),
        "reason": Case(When(wanted__gt=source.wanted, then=F("reason")), default=Value(FetchReason.CATCH_UP.value)),
    }


def _note(visit: _Visit) -> None:
    """Put a visit on the list, unless it was made by the clock and there was nothing to tell of."""
    reason = visit.source.reason
    if not visit.counts and not visit.error and reason == FetchReason.CATCH_UP:
        return
    UploadFetch.objects.create(
        source=visit.source,
        began_at=visit.began_at,
        reason=reason,
        milliseconds=round(visit.seconds * 1000),
        packets=visit.packets,
        error=visit.error,
        error_detail=_fit(visit.detail),
        **{status: visit.counts[status] for status in STATUSES},
    )


def _rest(failures: int) -> timedelta:
    """Return how long a register is left alone: doubling, much longer once its circuit is open, never all at once."""
    if failures < MOST_FAILURES:
        return _jittered(FIRST_REST * 2 ** (failures - 1))
    return _jittered(min(OPEN_REST * 2 ** min(failures - MOST_FAILURES, 8), LONGEST_REST))


def _jittered(span: timedelta) -> timedelta:
    return span * random.uniform(0.75, 1.0)


def _fit(said: str) -> str:
    return said.replace("\x00", "")[:200].encode(errors="replace").decode()
