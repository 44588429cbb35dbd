"""Taking in what registers report: each transaction once, whichever way and however often it arrives.

`intake.sql` records a batch, takes receipts apart, raises `sold`, ends what was held for them and stamps the feed in
one statement. `flattening` prepares its rows; this module settles who came first when keys collide, and says of each
entry what became of it. The error desk runs the parts around `recorded` on what was recorded before
(`stock.services.error_desk.applying`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from django.db import DataError, IntegrityError, OperationalError
from django.utils.translation import gettext_lazy as _

from registers.choices import TransactionState
from registers.messages import Entry, Problem
from registers.models import Register
from retail.exceptions import DomainError
from retail.services.statements import Statement, beside
from stock.services import flattening, wakeups
from stock.services.flattening import Flat, as_stored

INTAKE = beside(__file__, "intake.sql")
# Planned anew: 4 ms are little for so many, while a plan made of an empty journal would read all of it for each.
INTAKE_OF_MANY, MANY = beside(__file__, "intake.sql", prepared=False), 250
CONFLICTS = beside(__file__, "conflicts.sql")
ATTEMPTS = 3

Status = Literal["accepted", "duplicate", "conflict", "error_desk"]
decode = msgspec.json.Decoder(list[dict[str, Any]]).decode


class Busy(DomainError):
    """The database could not be had in time; nothing was recorded, and the same call may be repeated."""

    code = "busy"
    status = 503

    def __init__(self) -> None:
        super().__init__(_("The server is busy: repeat the call in a moment."))


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """What became of an entry; `problems` are stored dicts `{"code", "attr", "params"}`."""

    number: int | None
    status: Status
    problems: list[dict[str, Any]]


class Prepared(NamedTuple):
    """Entries of one register that wait for the database; those in `later` collide with some of the `first`."""

    first: Flat
    later: list[tuple[int, Entry]]
    now: datetime


class Sender(NamedTuple):
    """The register whose transactions were taken in."""

    register: int
    number: int
    warehouse: int


class _NobodySent(Exception):
    """The statement found no register behind the token."""


def take_in(*, register: Register, entries: Sequence[Entry], protocol: str, now: datetime) -> list[Outcome]:
    """Record a register's transactions and return what became of each, in their order.

    Runs outside a transaction: each statement is one. Locks the register's shifts, what is held for the receipts, then
    the warehouse's feed row. Raises `Busy` when the database cannot be had; whatever was recorded by then is known as a
    duplicate when the call is repeated.
    """
    return take_in_prepared(register=register, prepared=prepare(entries=entries, now=now), protocol=protocol)


def prepare(*, entries: Sequence[Entry], now: datetime) -> Prepared:
    """Do of `take_in` what needs no database, so that another thread may."""
    first, later = _without_collisions(list(enumerate(entries)))
    return Prepared(flattening.flatten(first, now), later, now)


def take_in_prepared(*, register: Register, prepared: Prepared, protocol: str) -> list[Outcome]:
    """Do what is left of `take_in`; where that was taken back with its transaction, once more."""
    return _take_in(_Call(register.pk, None, protocol, prepared.now), prepared)


def take_in_for_token(
    *, digest: str, entries: Sequence[Entry], protocol: str, now: datetime
) -> tuple[Sender, list[Outcome]] | None:
    """Do what `take_in` does in the same statement that looks the token up, and say whose it is.

    None, and nothing recorded, unless the token is in use and its register active: `tokens.identify` says what is
    wrong with it. Of no entries nobody is looked up, and None is returned. Raises `Busy`.
    """
    asking = _Call(None, digest, protocol, now)
    try:
        outcomes = _take_in(asking, prepare(entries=entries, now=now))
    except _NobodySent:
        return None
    return (asking.sender, outcomes) if asking.sender else None


class _Call:
    """Who hands over, how and when; `sender` is known once a statement has found it."""

    def __init__(self, register: int | None, digest: str | None, protocol: str, now: datetime) -> None:
        self.register, self.digest, self.protocol, self.now = register, digest, protocol, now
        self.sender: Sender | None = None


def _take_in(call: _Call, prepared: Prepared) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    flat, waiting, now = prepared
    moved = False
    lost = 0
    while flat.batch:
        round_outcomes, round_moved = _settle(call, flat)
        lost = 0 if round_outcomes else lost + 1
        if lost == ATTEMPTS:
            raise Busy
        outcomes.update(round_outcomes)
        moved = moved or round_moved
        waiting = [(place, entry) for place, entry in flat.batch if place not in outcomes] + waiting
        batch, waiting = _without_collisions(waiting)
        flat = flattening.flatten(batch, now)
    if moved and call.sender:
        wakeups.announce([call.sender.warehouse])
    return [outcomes[place] for place in range(len(outcomes))]


def _without_collisions(waiting: list[tuple[int, Entry]]) -> tuple[list[tuple[int, Entry]], list[tuple[int, Entry]]]:
    """Split off entries whose body or receipt stands earlier in the batch: they are judged after it is recorded."""
    batch, later = [], []
    seen: set[object] = set()
    for place, entry in waiting:
        receipt = entry.transaction.receipt if entry.transaction else None
        keys = {entry.body_hash, receipt.uid if receipt else entry.body_hash}
        if seen.isdisjoint(keys):
            seen |= keys
            batch.append((place, entry))
        else:
            later.append((place, entry))
    return batch, later


def _settle(call: _Call, flat: Flat) -> tuple[dict[int, Outcome], bool]:
    """Run the statement for a batch; when the database refuses the whole, find the culprit one by one."""
    try:
        return _record(call, flat)
    except (DataError, IntegrityError):
        if len(flat.batch) > 1:
            outcomes: dict[int, Outcome] = {}
            moved = False
            for item in flat.batch:
                alone, alone_moved = _settle(call, flattening.flatten([item], call.now))
                outcomes.update(alone)
                moved = moved or alone_moved
            return outcomes, moved
    [(place, entry)] = flat.batch
    return _record(call, flattening.flat_of([(place, _bare(entry))], [(Problem("unreadable", None, {"path": ""}),)]))


def _bare(entry: Entry) -> Entry:
    """Reduce an entry to its bytes and their hash, which every database takes."""
    return Entry(
        entry.raw, entry.body_hash, number=None, occurred_at=None, uid=None, kind="", shift=None, transaction=None
    )


def _record(call: _Call, flat: Flat) -> tuple[dict[int, Outcome], bool]:
    """Run `intake.sql`, keep conflicting bodies aside, and read the answers. Entries that lost a race are left out."""
    answers = _run(
        INTAKE if len(flat.batch) < MANY else INTAKE_OF_MANY,
        register=call.register,
        digest=call.digest,
        entries=flat.entries,
        lines=flat.lines,
        payments=flat.payments,
        raws=flat.raws,
        protocol=call.protocol,
        now=call.now,
    )
    if not answers:
        raise _NobodySent
    call.sender = Sender(*answers[0][-3:])
    outcomes: dict[int, Outcome] = {}
    conflicts: list[tuple[int, Entry]] = []
    moved = False
    for i, recorded, same, pk, state, stored, any_moved, *_sender in answers:
        place, entry = flat.batch[i - 1]
        found = decode(stored) if state == TransactionState.ERROR_DESK else []
        moved = moved or any_moved
        if place in outcomes:
            continue  # Its number and its uid name two different transactions; the first decides.
        if recorded:
            outcomes[place] = Outcome(entry.number, _status(state), found)
        elif same:
            outcomes[place] = Outcome(entry.number, "duplicate", found)
        elif pk is not None:
            conflicts.append((pk, entry))
            outcomes[place] = Outcome(entry.number, "conflict", [as_stored(Problem("conflict", None))])
    _keep_aside(conflicts, call.protocol, call.now)
    return outcomes, moved


def _run(statement: Statement, **params: Any) -> list[tuple[Any, ...]]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return statement.rows(**params)
        except OperationalError as error:
            if attempt == ATTEMPTS:
                raise Busy from error
        except IntegrityError:
            # The same receipt under another key was being recorded at this moment; now it is seen.
            if attempt == ATTEMPTS:
                raise
    raise AssertionError("unreachable")


def _keep_aside(conflicts: list[tuple[int, Entry]], protocol: str, now: datetime) -> None:
    if conflicts:
        CONFLICTS.rows(
            transactions=[pk for pk, _entry in conflicts],
            raws=[entry.raw for _pk, entry in conflicts],
            hashes=[entry.body_hash for _pk, entry in conflicts],
            protocol=protocol,
            now=now,
        )


def _status(state: str) -> Status:
    return "error_desk" if state == TransactionState.ERROR_DESK else "accepted"
