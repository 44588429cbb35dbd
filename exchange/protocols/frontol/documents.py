"""A document of sale or return, as the message every dialect makes of a receipt.

Sums of lines are those after discounts, roundings and what was paid by bonuses, gift cards and prepayment, which
Frontol spreads over the lines itself; so of what was paid only the fiscal payments are left.
"""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

import msgspec

from exchange.protocols.frontol import rows
from exchange.protocols.frontol.rows import NotANumber, Row
from registers.messages import BillingRecord, Fiscal, Line, Payment, Receipt, by_number

ZERO, KOPECK = Decimal("0.00"), Decimal("0.01")
CASH_CODE = "1"
_MAX = 2**63


class Unclear(ValueError):
    """A field that is no number; `path` is its place in the message."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


class _Line:
    def __init__(self, row: Row, where: str) -> None:
        self.code, self.barcode = row.text(8), row.text(19)
        self.price = _rounded(abs(_amount(row, 10, f"{where}.price")))
        self.quantity = _amount(row, 11, f"{where}.quantity")
        final = _optional(row, 16, f"{where}.amount")
        self.amount = _rounded(final if final is not None else _amount(row, 12, f"{where}.amount"))
        whole = _optional(row, 20, f"{where}.discount")
        self.discount = _rounded(whole) - self.amount if whole is not None else ZERO
        self.marks = [said.replace("¤", ";") for said in (row.text(33),) if said]
        self.marks += [said for said in row.text(34).split("¤") if said]

    def take(self, sign: int) -> None:
        """Let all of it be of one sign, whichever signs Frontol gives them."""
        turn = -1 if (self.quantity < 0) != (sign < 0) else 1
        self.quantity, self.amount, self.discount = self.quantity * turn, self.amount * turn, self.discount * turn


def read(
    told: Sequence[Row], *, uid: str, cancelled: bool, kinds: Mapping[str, str]
) -> tuple[str, Receipt, list[BillingRecord]]:
    """Return the kind of a document, its receipt, and what it does to its card. Raises `Unclear`.

    `kinds` are our kinds of payment by Frontol's codes; without a word about it, 1 is cash. The last row closes it.
    """
    last = told[-1]
    number = int(last.document) if last.document.isascii() and last.document.isdecimal() else 0
    number = number if number < _MAX else 0
    if cancelled:  # It moves nothing: nothing else of it can be in the way.
        return "cancelled", Receipt(uid=uid, number=number, total=ZERO, lines=[]), []
    lines = _lines(told)
    closed = _optional(last, 12, "receipt.total")
    total = _rounded(abs(closed)) if closed is not None else sum((line.amount for line in lines), ZERO)
    made = [
        Line(
            line=place,
            quantity=line.quantity,
            price=line.price,
            amount=line.amount,
            sku=line.code[:65],
            barcode=line.barcode[:65],
            discount=line.discount + ZERO,
            marks=line.marks,
        )
        for place, line in enumerate(lines, start=1)
    ]
    receipt = Receipt(
        uid=uid,
        number=number,
        total=total,
        lines=made,
        payments=_payments(told, total, kinds),
        cashier=last.text(7)[:100],
        card=_card(told) or None,
        fiscal=_fiscal(told),
    )
    if _is_return(told):
        return "return", msgspec.structs.replace(receipt, of=_sale(told)), []
    return "sale", receipt, _billing(told, receipt)


def _is_return(told: Sequence[Row]) -> bool:
    """Tell by the operation; where none is named, by goods that are all below zero."""
    if any(row.operation for row in told):
        return any(row.operation in rows.GIVEN_BACK for row in told)
    sold = [row for row in told if row.type in rows.SALES]
    return bool(sold) and all(row.text(11).startswith("-") for row in sold)


def _lines(told: Sequence[Row]) -> list[_Line]:
    lines: list[_Line] = []
    for row in told:
        if row.type in rows.SALES:
            line = _Line(row, f"receipt.lines.{len(lines) + 1}")
            line.take(1)
            lines.append(line)
        elif row.type in rows.STORNO:
            line = _Line(row, f"receipt.lines.{len(lines) + 1}")
            line.take(-1)
            _storno(lines, line)
    return lines


def _storno(lines: list[_Line], taken: _Line) -> None:
    """Take back from the last line of the same goods what is left of it; more than that is a line itself."""
    for line in reversed(lines):
        if line.code != taken.code or line.quantity + taken.quantity < 0:
            continue
        if line.quantity + taken.quantity == 0:
            lines.remove(line)
            return
        line.quantity += taken.quantity
        line.amount += taken.amount
        line.discount += taken.discount
        return
    lines.append(taken)


def _payments(told: Sequence[Row], total: Decimal, kinds: Mapping[str, str]) -> list[Payment]:
    """Return the fiscal payments; change is taken off the cash that it was given of."""
    paid = [(row.text(9), abs(_amount(row, 12, "receipt.payments"))) for row in told if row.type == rows.PAYMENT]
    excess = sum((amount for _code, amount in paid), ZERO) - total
    found = []
    for code, amount in paid:
        kind = kinds.get(code) or ("cash" if code == CASH_CODE else code[:64])
        if kind == "cash" and 0 < excess <= amount:
            amount, excess = amount - excess, ZERO
        found.append(Payment(kind, amount))
    return found


def _card(told: Sequence[Row]) -> str:
    """Return the first card of a document, which its opening or its closing names."""
    named = (row.text(8) for row in told if row.type == rows.OPENED or row.type in rows.CLOSED)
    return next((said.split("|")[0].lstrip("@#$")[:64] for said in named if said), "")


def _sale(told: Sequence[Row]) -> str | None:
    """Return which sale a return takes back, where its opening or its closing names the document it was made from."""
    named = (row.text(25) for row in told if row.type == rows.OPENED or row.type in rows.CLOSED)
    said = next((one for one in named if one.isascii() and one.isdecimal() and int(one[:18])), "")
    return by_number(int(said)) if 0 < len(said) <= 18 else None


def _fiscal(told: Sequence[Row]) -> Fiscal:
    row = next((row for row in told if row.type == rows.CLOSED_IN_DRIVE), None)
    if row is None:
        return Fiscal()
    said = row.text(24)
    document = int(said) if said.isascii() and said.isdecimal() and len(said) <= 18 else None
    return Fiscal(drive=row.text(22)[:32], document=document, sign=row.text(25)[:32])


def _billing(told: Sequence[Row], receipt: Receipt) -> list[BillingRecord]:
    """Return what a sale does to its card; the ids are left to the server."""
    if not receipt.card:
        return []
    paid, earned = (
        sum((_rounded(abs(_amount(row, 12, "billing.bonuses"))) for row in told if row.type == kind), ZERO)
        for kind in (rows.BONUS_PAID, rows.BONUS_ACCRUED)
    )
    records = [BillingRecord(kind="redeem", bonuses=paid)] if paid else []
    return [*records, BillingRecord(kind="accrue", bonuses=earned, turnover=receipt.total, receipts=1)]


def _optional(row: Row, field: int, path: str) -> Decimal | None:
    try:
        return row.decimal(field)
    except NotANumber as error:
        raise Unclear(path) from error


def _amount(row: Row, field: int, path: str) -> Decimal:
    return _optional(row, field, path) or ZERO


def _rounded(amount: Decimal) -> Decimal:
    try:
        return amount.quantize(KOPECK, ROUND_HALF_UP)
    except InvalidOperation:  # Of more digits than money has: the checks of the journal refuse it as it is.
        return amount
