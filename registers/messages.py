"""What a register can say, in one shape for every dialect.

A protocol turns bytes into `Entry`s made of these frozen messages; the intake turns entries into rows. Quantities and
money are `Decimal`, times are aware `datetime`s. The names are those of the KKMTransfer contract (docs/integrators.md).
"""

import hashlib
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import msgspec

Kind = Literal["sale", "return", "cancelled", "shift_open", "shift_close", "cash_in", "cash_out"]


class Line(msgspec.Struct, frozen=True, gc=False):
    line: int
    quantity: Decimal
    price: Decimal
    amount: Decimal
    sku: str = ""
    barcode: str = ""
    discount: Decimal = Decimal(0)
    vat: str = ""
    marks: list[str] = []


class Payment(msgspec.Struct, frozen=True, gc=False):
    kind: str
    amount: Decimal


class Fiscal(msgspec.Struct, frozen=True, gc=False):
    """Marks of the fiscal drive: its number, the number of the fiscal document and its sign."""

    drive: str = ""
    document: int | None = None
    sign: str = ""


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """A receipt; `order` and `card` are codes as printed.

    `of` is the uid of the sale that a return takes back, or what `by_number` makes of its number.
    """

    uid: str
    number: int
    total: Decimal
    lines: list[Line]
    payments: list[Payment] = []
    cashier: str = ""
    order: str | None = None
    card: str | None = None
    of: str | None = None
    fiscal: Fiscal = Fiscal()


class BillingRecord(msgspec.Struct, frozen=True, gc=False):
    """What the register did to a discount card: kept as it came, and understood by billing.

    Without a `uid` the server makes one; without a `card` that of the receipt is meant.
    """

    kind: Literal["accrue", "redeem", "reverse"]
    uid: str = ""
    card: str = ""
    bonuses: Decimal = Decimal(0)
    turnover: Decimal = Decimal(0)
    receipts: int = 0
    promotion: str | None = None
    of: str | None = None


class Transaction(msgspec.Struct, frozen=True, gc=False):
    """One event of a register; `amount` is the money of `cash_in` and `cash_out`, `counters` those of `shift_close`."""

    number: int
    occurred_at: datetime
    uid: str
    kind: Kind
    shift: int
    receipt: Receipt | None = None
    amount: Decimal | None = None
    counters: dict[str, Any] | None = None
    billing: list[BillingRecord] = []


class Problem(msgspec.Struct, frozen=True, gc=False):
    """What is wrong with a transaction: a code for programs, the field, and numbers for the sentence people read.

    `blocking` problems keep the whole transaction from being applied; the others leave only their part of it out.
    """

    code: str
    attr: str | None = None
    params: dict[str, str] = {}
    blocking: bool = True


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One transaction on its way in: the bytes, their hash, what could be read, and what is wrong with it.

    `number`, `occurred_at` and `uid` are its key as far as it was readable. `transaction` is None when the body could
    not be understood; the entry is then recorded for the error desk all the same.
    """

    raw: bytes
    body_hash: bytes
    number: int | None
    occurred_at: datetime | None
    uid: str | None
    kind: str
    shift: int | None
    transaction: Transaction | None
    problems: tuple[Problem, ...] = ()


def by_number(number: int) -> str:
    """Return how a return names its sale where a dialect has no ids: a receipt of the same register by its number."""
    return f"#{number}"


def number_in(of: str) -> int | None:
    """Return the number by which a return names its sale; None where it names an id."""
    said = of[1:]
    return int(said) if of[:1] == "#" and said.isascii() and said.isdecimal() and len(said) <= 18 else None


def unreadable(raw: bytes) -> Entry:
    """Return the entry of bytes of which nothing could be read, for a person to look at."""
    return Entry(
        raw=raw,
        body_hash=hashlib.sha256(raw).digest(),
        number=None,
        occurred_at=None,
        uid=None,
        kind="",
        shift=None,
        transaction=None,
        problems=(Problem("unreadable", None, {"path": ""}),),
    )
