"""Taking in what registers report: each transaction once, whichever way and however often it arrives.

`intake.sql` records a batch, takes receipts apart, raises `sold`, ends what was held for them and stamps the feed in
one statement. This module prepares its rows, settles who came first when keys collide, and says of each entry what
became of it. The error desk runs the parts around `recorded` on what was recorded before
(`stock.services.error_desk.applying`).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec
from django.db import DataError, IntegrityError, OperationalError
from django.utils.translation import gettext_lazy as _

from registers.choices import TransactionState
from registers.messages import BillingRecord, Entry, Problem, Transaction
from registers.models import Register
from registers.services import transactions
from retail.exceptions import DomainError
from retail.services.statements import beside
from stock.services import wakeups

INTAKE = beside(__file__, "intake.sql")
CONFLICTS = beside(__file__, "conflicts.sql")
ATTEMPTS = 3

Status = Literal["accepted", "duplicate", "conflict", "error_desk"]
encode = msgspec.json.Encoder(decimal_format="string").encode
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


class _Row(msgspec.Struct, gc=False):
    """A transaction as `intake.sql` reads it; `i` is its place in the arrays, from 1."""

    i: int
    number: int | None
    at: datetime | None
    uid: str | None
    hash: str
    kind: str
    shift: int | None
    amount: Any
    state: str
    problems: list[dict[str, Any]]
    applied: bool
    counters: Any = None
    receipt_uid: str | None = None
    receipt_number: int | None = None
    cashier: str = ""
    order_uid: str = ""
    card: str = ""
    of_uid: str = ""
    total: Any = None
    drive: str = ""
    document: int | None = None
    sign: str = ""
    totals: dict[str, Any] = {}
    billing: list[BillingRecord] | None = None


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
    return _take_in(_Call(register.pk, None, protocol, now), entries)


def take_in_for_token(
    *, digest: str, entries: Sequence[Entry], protocol: str, now: datetime
) -> tuple[Sender, list[Outcome]] | None:
    """Do what `take_in` does in the same statement that looks the token up, and say whose it is.

    None, and nothing recorded, unless the token is in use and its register active: `tokens.identify` says what is
    wrong with it. Of no entries nobody is looked up, and None is returned. Raises `Busy`.
    """
    asking = _Call(None, digest, protocol, now)
    try:
        outcomes = _take_in(asking, entries)
    except _NobodySent:
        return None
    return (asking.sender, outcomes) if asking.sender else None


class _Call:
    """Who hands over, how and when; `sender` is known once a statement has found it."""

    def __init__(self, register: int | None, digest: str | None, protocol: str, now: datetime) -> None:
        self.register, self.digest, self.protocol, self.now = register, digest, protocol, now
        self.sender: Sender | None = None


def _take_in(call: _Call, entries: Sequence[Entry]) -> list[Outcome]:
    outcomes: dict[int, Outcome] = {}
    waiting = list(enumerate(entries))
    moved = False
    lost = 0
    while waiting:
        batch, waiting = _without_collisions(waiting)
        round_outcomes, round_moved = _settle(call, batch)
        lost = 0 if round_outcomes else lost + 1
        if lost == ATTEMPTS:
            raise Busy
        outcomes.update(round_outcomes)
        moved = moved or round_moved
        waiting = [(place, entry) for place, entry in batch if place not in outcomes] + waiting
    if moved and call.sender:
        wakeups.announce([call.sender.warehouse])
    return [outcomes[place] for place in range(len(entries))]


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


def _settle(call: _Call, batch: list[tuple[int, Entry]]) -> tuple[dict[int, Outcome], bool]:
    """Run the statement for a batch; when the database refuses the whole, find the culprit one by one."""
    problems = [problems_of(entry, call.now) for _place, entry in batch]
    try:
        return _record(call, batch, problems)
    except (DataError, IntegrityError):
        if len(batch) > 1:
            outcomes: dict[int, Outcome] = {}
            moved = False
            for item in batch:
                alone, alone_moved = _settle(call, [item])
                outcomes.update(alone)
                moved = moved or alone_moved
            return outcomes, moved
    [(place, entry)] = batch
    return _record(call, [(place, _bare(entry))], [(Problem("unreadable", None, {"path": ""}),)])


def _bare(entry: Entry) -> Entry:
    """Reduce an entry to its bytes and their hash, which every database takes."""
    return Entry(
        entry.raw, entry.body_hash, number=None, occurred_at=None, uid=None, kind="", shift=None, transaction=None
    )


def problems_of(entry: Entry, now: datetime) -> tuple[Problem, ...]:
    """Return everything wrong with an entry: why it could not be read, or what makes no sense in it."""
    if entry.transaction is None or entry.problems:
        return entry.problems
    try:
        return transactions.examine(entry.transaction, now=now)
    except ArithmeticError:  # A number that no check foresaw must not take its neighbours down.
        return (Problem("unreadable", None, {"path": ""}),)


def _record(
    call: _Call, batch: list[tuple[int, Entry]], problems: list[tuple[Problem, ...]]
) -> tuple[dict[int, Outcome], bool]:
    """Run `intake.sql`, keep conflicting bodies aside, and read the answers. Entries that lost a race are left out."""
    rows, lines, payments = lay_flat(batch, problems)
    answers = _run(
        register=call.register,
        digest=call.digest,
        entries=encode(rows).decode(),
        lines=encode(lines).decode(),
        payments=encode(payments).decode(),
        raws=[entry.raw for _place, entry in batch],
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
        place, entry = batch[i - 1]
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


def _run(**params: Any) -> list[tuple[Any, ...]]:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return INTAKE.rows(**params)
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


def as_stored(problem: Problem) -> dict[str, Any]:
    """Return a problem in the shape in which transactions keep it."""
    return {"code": problem.code, "attr": problem.attr, "params": problem.params}


def lay_flat(
    batch: list[tuple[int, Entry]], problems: list[tuple[Problem, ...]]
) -> tuple[list[_Row], list[dict[str, Any]], list[dict[str, Any]]]:
    """Lay a batch out flat: transactions, lines of receipts, payments; `i` ties them together."""
    rows: list[_Row] = []
    lines: list[dict[str, Any]] = []
    payments: list[dict[str, Any]] = []
    for i, ((_place, entry), found) in enumerate(zip(batch, problems, strict=True), start=1):
        transaction = entry.transaction
        applied = transaction is not None and not any(problem.blocking for problem in found)
        row = _Row(
            i=i,
            number=entry.number,
            at=entry.occurred_at,
            uid=entry.uid,
            hash=entry.body_hash.hex(),
            kind=entry.kind,
            shift=entry.shift,
            amount=None,
            state=TransactionState.ERROR_DESK if found else TransactionState.ACCEPTED,
            problems=[as_stored(problem) for problem in found],
            applied=applied,
        )
        rows.append(row)
        if applied and transaction is not None:
            _take_apart(row, transaction, lines, payments)
    return rows, lines, payments


def _take_apart(
    row: _Row, transaction: Transaction, lines: list[dict[str, Any]], payments: list[dict[str, Any]]
) -> None:
    row.amount = transaction.amount
    row.counters = transaction.counters
    row.totals = transactions.totals_of(transaction)
    row.billing = transaction.billing or None
    receipt = transaction.receipt
    if receipt is None:
        return
    row.amount = row.total = receipt.total
    row.receipt_uid, row.receipt_number, row.cashier = receipt.uid, receipt.number, receipt.cashier
    row.order_uid, row.card, row.of_uid = receipt.order or "", receipt.card or "", receipt.of or ""
    row.drive, row.document, row.sign = receipt.fiscal.drive, receipt.fiscal.document, receipt.fiscal.sign
    for line in receipt.lines:
        lines.append({"i": row.i, **msgspec.structs.asdict(line)})
    for payment in receipt.payments:
        payments.append({"i": row.i, "kind": payment.kind, "amount": payment.amount})
