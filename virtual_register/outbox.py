"""The register's journal: numbers given out once, bodies kept byte for byte until the server has answered for them.

A transaction is on disk, with its number, uid and exact bytes, before anything is sent; sending it again sends the
same bytes. Rows without a status are the outbox.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec
from msgspec import UNSET, UnsetType

from virtual_register.store import Store
from virtual_register.wire import (
    Counters,
    Kind,
    Receipt,
    Result,
    Transaction,
    encode,
    read_transaction,
    rfc3339,
)

EPOCH = date(2020, 1, 1)
MAX_BYTES = 8 * 1024 * 1024
SIGNS = {"sale": 1, "return": -1, "cash_in": 1, "cash_out": -1}


class Sold(msgspec.Struct, frozen=True):
    """A transaction of the journal that has a receipt, and what became of it (`status` None: still in the outbox)."""

    transaction: Transaction
    receipt: Receipt
    status: str | None


class Outbox:
    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def shift(self) -> int | None:
        """The number of the open shift."""
        number = self._store.recall("open_shift")
        return int(number) if number else None

    def open_shift(self, *, now: datetime) -> Transaction:
        """Open the next shift."""
        with self._store.transaction():
            self._store.remember(open_shift=self._next("shift"))
            return self._write("shift_open", now=now)

    def close_shift(self, *, now: datetime) -> Transaction:
        """Close the open shift with what the register counted in it."""
        with self._store.transaction():
            closing = self._write("shift_close", now=now, counters=self.counters())
            self._store.remember(open_shift=None)
            return closing

    def write_cash(self, kind: Kind, amount: Decimal, *, now: datetime) -> Transaction:
        """Record money put into the drawer or taken out of it."""
        with self._store.transaction():
            return self._write(kind, now=now, amount=amount)

    def write_receipt(self, kind: Kind, build: Callable[[int, int], Receipt], *, now: datetime) -> Transaction:
        """Record a receipt that `build` makes of a receipt number and a fiscal document number."""
        with self._store.transaction() as db:
            receipt = build(self._next("receipt"), self._next("fiscal_document"))
            written = self._write(kind, now=now, receipt=receipt)
            if kind in {"sale", "return"}:
                db.executemany(
                    "INSERT INTO pending (number, sku, quantity) VALUES (?, ?, ?)",
                    [(written.number, line.sku, str(line.quantity * SIGNS[kind])) for line in receipt.lines],
                )
            return written

    def counters(self) -> Counters:
        """Count the open shift from the journal."""
        rows = self._store.rows("SELECT kind, total, cash, card FROM journal WHERE shift = ?", self.shift)

        def total(kinds: set[str], column: int) -> Decimal:
            return sum((Decimal(row[column]) for row in rows if row[0] in kinds), Decimal("0.00"))

        return Counters(
            sales=total({"sale"}, 1),
            returns=total({"return"}, 1),
            receipts=sum(row[0] == "sale" for row in rows),
            return_receipts=sum(row[0] == "return" for row in rows),
            cash=total({"sale"}, 2) - total({"return"}, 2),
            card=total({"sale"}, 3) - total({"return"}, 3),
            cash_in_drawer=self.drawer(),
        )

    def drawer(self) -> Decimal:
        """Return the money in the drawer, which outlives shifts."""
        rows = self._store.rows("SELECT kind, cash FROM journal WHERE cash <> '0'")
        return sum((SIGNS.get(kind, 0) * Decimal(cash) for kind, cash in rows), Decimal("0.00"))

    def waiting(self, *, limit: int = 1000) -> list[tuple[int, bytes]]:
        """Return (number, body) of the first transactions that the server has not answered for."""
        return self._store.rows("SELECT number, body FROM journal WHERE status IS NULL ORDER BY number LIMIT ?", limit)

    def latest(self, count: int) -> list[tuple[int, bytes]]:
        """Return (number, body) of the last transactions, answered for or not."""
        rows = self._store.rows("SELECT number, body FROM journal ORDER BY number DESC LIMIT ?", count)
        return rows[::-1]

    def waiting_count(self) -> int:
        return int(self._store.rows("SELECT count(*) FROM journal WHERE status IS NULL")[0][0])

    def listed(self, *, limit: int, everything: bool = False) -> list[tuple[Any, ...]]:
        """Return (number, kind, time, receipt number, total, status) of the last transactions that wait, or of all."""
        rows = self._store.rows(
            "SELECT number, kind, occurred_at, receipt_number, total, status FROM journal"
            f" WHERE {'TRUE' if everything else 'status IS NULL'} ORDER BY number DESC LIMIT ?",
            limit,
        )
        return rows[::-1]

    def settle(self, answers: Iterable[tuple[int, Result]]) -> None:
        """Keep what the server answered. Sales stay pending in the stock view until a later poll has counted them."""
        with self._store.transaction() as db:
            for number, result in answers:
                db.execute("UPDATE journal SET status = ? WHERE number = ?", (result.status, number))
                db.execute("UPDATE pending SET acknowledged = 1 WHERE number = ?", (number,))

    def last_number(self) -> int:
        """Return the number of the last transaction, 0 if there was none."""
        return int(self._store.rows("SELECT coalesce(max(number), 0) FROM journal")[0][0])

    def acknowledge(self, *, up_to: int) -> None:
        """Let go of what the server has fetched, up to a number."""
        with self._store.transaction() as db:
            db.execute("UPDATE journal SET status = 'fetched' WHERE number <= ? AND status IS NULL", (up_to,))
            db.execute("UPDATE pending SET acknowledged = 1 WHERE number <= ?", (up_to,))

    def has_numbers(self) -> bool:
        """Say whether this memory has ever given out a number."""
        return bool(self._store.recall("last_transaction"))

    def begin(self, *, after: int | None, today: date) -> None:
        """Begin a new memory's numbers after the last one the server has seen, which no shift or receipt is beyond.

        Where nobody knows it, the day decides: an earlier memory of the same register hardly came so far.
        """
        days = (today - EPOCH).days
        last = days * 1000 if after is None else after
        with self._store.transaction():
            self._store.remember(last_transaction=last, last_receipt=last, last_fiscal_document=last)
            self._store.remember(last_shift=days if after is None else after)

    def find_sale(self, *, receipt: int | None = None, sku: str | None = None) -> Sold | None:
        """Return the sale with a receipt number, or else the latest one (that holds a SKU)."""
        where, values = ("receipt_number = ?", (receipt,)) if receipt is not None else ("TRUE", ())
        for body, status in self._store.rows(
            f"SELECT body, status FROM journal WHERE kind = 'sale' AND {where} ORDER BY number DESC LIMIT 500", *values
        ):
            sale = read_transaction(body)
            if sale.receipt is not UNSET and (sku is None or any(line.sku == sku for line in sale.receipt.lines)):
                return Sold(sale, sale.receipt, status)
        return None

    def returned(self, uid: str) -> dict[str, Decimal]:
        """Return how much of each SKU of a sale has come back."""
        back: dict[str, Decimal] = {}
        for (body,) in self._store.rows("SELECT body FROM journal WHERE of_uid = ?", uid):
            receipt = read_transaction(body).receipt
            for line in receipt.lines if receipt is not UNSET else ():
                back[line.sku] = back.get(line.sku, Decimal(0)) + line.quantity
        return back

    def _next(self, name: str) -> int:
        number = int(self._store.recall(f"last_{name}", "0")) + 1
        self._store.remember(**{f"last_{name}": number})
        return number

    def _write(
        self,
        kind: Kind,
        *,
        now: datetime,
        receipt: Receipt | UnsetType = UNSET,
        amount: Decimal | UnsetType = UNSET,
        counters: Counters | UnsetType = UNSET,
    ) -> Transaction:
        written = Transaction(
            number=self._next("transaction"),
            occurred_at=rfc3339(now),
            uid=str(uuid4()),
            kind=kind,
            shift=self.shift or 0,
            receipt=receipt,
            amount=amount,
            counters=counters,
        )
        row: dict[str, object] = {"number": written.number, "uid": written.uid, "kind": kind, "shift": written.shift}
        row |= {"occurred_at": written.occurred_at, "body": encode(written)}
        if receipt is not UNSET:
            paid = {payment.kind: str(payment.amount) for payment in receipt.payments}
            row |= {"receipt_number": receipt.number, "total": str(receipt.total)}
            row |= {"cash": paid.get("cash", "0.00"), "card": paid.get("card", "0.00")}
            row["of_uid"] = None if receipt.of is UNSET else receipt.of
        if amount is not UNSET:
            row["cash"] = str(amount)
        columns = ", ".join(row)
        places = ", ".join("?" * len(row))
        self._store.rows(f"INSERT INTO journal ({columns}) VALUES ({places})", *row.values())
        return written


def in_one_call(waiting: Sequence[tuple[int, bytes]]) -> Sequence[tuple[int, bytes]]:
    """Return as many of the first transactions as a server surely takes at once; one at least."""
    size = 0
    for place, (_number, body) in enumerate(waiting):
        size += len(body)
        if place and size > MAX_BYTES:
            return waiting[:place]
    return waiting
