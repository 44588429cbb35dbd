"""Entries of registers on their way into the journal: what is wrong with each, and all as `intake.sql` reads them.

Nothing here needs the database.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from registers.choices import TransactionState
from registers.messages import BillingRecord, Entry, Problem, Transaction
from registers.services import transactions

_encode = msgspec.json.Encoder(decimal_format="string").encode


class _Row(msgspec.Struct, gc=False):
    """A transaction as `intake.sql` reads it; `i` is its place, from 1, and `raw_at` that of its first byte."""

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
    raw_at: int = 1
    raw_length: int = 0


class _Line(msgspec.Struct, gc=False):
    """A line of a receipt; `i` is the place of its transaction."""

    i: int
    line: int
    sku: str
    barcode: str
    quantity: Decimal
    price: Decimal
    discount: Decimal
    amount: Decimal
    vat: str
    marks: list[str]


class _Payment(msgspec.Struct, gc=False):
    i: int
    kind: str
    amount: Decimal


class Flat(NamedTuple):
    """A batch as `intake.sql` takes it: its entries with their places, three texts of JSON, and all their bytes."""

    batch: list[tuple[int, Entry]]
    entries: str
    lines: str
    payments: str
    raws: bytes


def problems_of(entry: Entry, now: datetime) -> tuple[Problem, ...]:
    """Return everything wrong with an entry: why it could not be read, or what makes no sense in it."""
    if entry.transaction is None or entry.problems:
        return entry.problems
    try:
        return transactions.examine(entry.transaction, now=now)
    except ArithmeticError:  # A number that no check foresaw must not take its neighbours down.
        return (Problem("unreadable", None, {"path": ""}),)


def flatten(batch: list[tuple[int, Entry]], now: datetime) -> Flat:
    """Examine entries and lay them out."""
    return flat_of(batch, [problems_of(entry, now) for _place, entry in batch])


def flat_of(batch: list[tuple[int, Entry]], problems: list[tuple[Problem, ...]]) -> Flat:
    """Lay a batch out flat: transactions, lines of receipts, payments; `i` ties them together."""
    rows: list[_Row] = []
    lines: list[_Line] = []
    payments: list[_Payment] = []
    raw_at = 1
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
            raw_at=raw_at,
            raw_length=len(entry.raw),
        )
        raw_at += len(entry.raw)
        rows.append(row)
        if applied and transaction is not None:
            _take_apart(row, transaction, lines, payments)
    raws = b"".join([entry.raw for _place, entry in batch])
    return Flat(batch, _encode(rows).decode(), _encode(lines).decode(), _encode(payments).decode(), raws)


def as_stored(problem: Problem) -> dict[str, Any]:
    """Return a problem in the shape in which transactions keep it."""
    return {"code": problem.code, "attr": problem.attr, "params": problem.params}


def _take_apart(row: _Row, transaction: Transaction, lines: list[_Line], payments: list[_Payment]) -> None:
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
    i = row.i
    lines += [
        _Line(
            i,
            line.line,
            line.sku,
            line.barcode,
            line.quantity,
            line.price,
            line.discount,
            line.amount,
            line.vat,
            line.marks,
        )
        for line in receipt.lines
    ]
    payments += [_Payment(i, payment.kind, payment.amount) for payment in receipt.payments]
