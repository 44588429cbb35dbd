"""The lines of a receipt, as the message every dialect makes of one.

What the lines say one after another is done one after another: sold, stornoed, discounted. What does not come out, such
as a storno of what was not sold, stays in the receipt as it is told, where the checks of the journal find it.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from exchange.protocols.shtrih import rows
from exchange.protocols.shtrih.rows import NotANumber, Row
from registers.messages import BillingRecord, Line, Payment, Receipt, by_number

ZERO, KOPECK = Decimal("0.00"), Decimal("0.01")
CASH_CODE = "1"
SHORTEST_CARD = 6  # What is shorter is the number of a discount.


class Unclear(ValueError):
    """A field that is no number; `path` is its place in the message."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(path)


class _Line:
    """A line of goods while the receipt is being gone through; a return's are below zero until its end."""

    def __init__(self, code: str, price: Decimal, quantity: Decimal, amount: Decimal) -> None:
        self.code, self.price, self.quantity, self.amount = code, price, quantity, amount
        self.discount = ZERO
        self.marks: list[str] = []

    def change(self, by: Decimal) -> None:
        self.amount += by
        self.discount -= by


def read(
    told: Sequence[Row], *, uid: str, cancelled: bool, kinds: Mapping[str, str]
) -> tuple[str, Receipt, list[BillingRecord]]:
    """Return the kind of a receipt, the receipt, and what it does to its card. Raises `Unclear`.

    `kinds` are our kinds of payment by the till's codes; without a word about it, 1 is cash. The last row closes or
    cancels it.
    """
    number = int(told[-1].receipt) if told[-1].receipt.isascii() and told[-1].receipt.isdecimal() else 0
    number = number if number < 2**63 else 0
    if cancelled:  # It moves nothing: nothing else of it can be in the way.
        return "cancelled", Receipt(uid=uid, number=number, total=ZERO, lines=[]), []
    lines = _lines(told)
    paid = [(row, _amount(row, 12, "receipt.payments")) for row in told if row.type in rows.PAYMENTS]
    is_return = (
        any(amount < 0 for _row, amount in paid)
        or any(row.type == rows.RETURN_BY_NUMBER for row in told)
        or bool(lines and all(line.quantity < 0 for line in lines))
    )
    sign = -1 if is_return and any(line.quantity < 0 or line.amount < 0 for line in lines) else 1
    made = [_made(place, line, sign) for place, line in enumerate(lines, start=1)]
    total = told[-1].decimal(12) if _is_number(told[-1]) else None
    total = _rounded(abs(total)) if total is not None else sum((line.amount for line in made), ZERO)
    named = (row.text(8) for row in told if row.type in rows.RECEIPT_DISCOUNTS)
    card = next((said for said in named if len(said) >= SHORTEST_CARD), "")
    receipt = Receipt(
        uid=uid,
        number=number,
        total=total,
        lines=made,
        payments=_payments(paid, total, kinds),
        cashier=told[-1].cashier,
        card=card[:64] or None,
        of=_sale(told) if is_return else None,
    )
    return ("return", receipt, []) if is_return else ("sale", receipt, _billing(receipt))


def _sale(told: Iterable[Row]) -> str | None:
    """Return which sale a return takes back, where a line of it names the number of its receipt."""
    named = (row.text(8) for row in told if row.type == rows.RETURN_BY_NUMBER)
    said = next((one for one in named if one.isascii() and one.isdecimal() and int(one[:18])), "")
    return by_number(int(said)) if 0 < len(said) <= 18 else None


def _is_number(row: Row) -> bool:
    try:
        row.decimal(12)
    except NotANumber as error:
        raise Unclear("receipt.total") from error
    return True


def _lines(told: Iterable[Row]) -> list[_Line]:
    lines: list[_Line] = []
    for row in told:
        where = f"receipt.lines.{len(lines) or 1}"
        if row.type in (rows.FREE_SALE, rows.SALE):
            lines.append(_goods(row, len(lines) + 1, 1))
        elif row.type in rows.RETURNED:
            lines.append(_goods(row, len(lines) + 1, -1))
        elif row.type in rows.STORNO:
            _storno(lines, _goods(row, len(lines) + 1, -1))
        elif row.type in rows.LINE_DISCOUNTS and lines:
            line = _last(lines, row.text(8)) or lines[-1]
            line.change(_change(row, line.amount, where, rows.LINE_DISCOUNTS[row.type]))
        elif row.type in rows.RECEIPT_DISCOUNTS and lines:
            whole = sum((line.amount for line in lines), ZERO)
            _spread(lines, _change(row, whole, "receipt.total", rows.RECEIPT_DISCOUNTS[row.type]))
        elif row.type in rows.MARKS and lines and row.text(8):
            lines[-1].marks.append(row.text(8))
    return lines


def _goods(row: Row, place: int, sign: int) -> _Line:
    """Read goods; those returned and stornoed are below zero, whichever sign the till gives them."""
    where = f"receipt.lines.{place}"
    price = _amount(row, 10, f"{where}.price")
    quantity = _amount(row, 11, f"{where}.quantity")
    try:
        said = row.decimal(12)
    except NotANumber as error:
        raise Unclear(f"{where}.amount") from error
    amount = _rounded(said if said is not None else price * quantity)
    if sign < 0:
        quantity, amount = -abs(quantity), -abs(amount)
    return _Line(row.text(8), _rounded(abs(price)), quantity, amount)


def _storno(lines: list[_Line], taken: _Line) -> None:
    """Take back from the last line of the same goods and price what is left of it; more than that is a line itself."""
    for line in reversed(lines):
        same = line.code == taken.code and line.price == taken.price
        if not same or line.quantity + taken.quantity < 0:
            continue
        if line.quantity + taken.quantity == 0:
            lines.remove(line)
            return
        share = -taken.quantity / line.quantity
        line.amount -= _rounded(line.amount * share)
        line.discount -= _rounded(line.discount * share)
        line.quantity += taken.quantity
        return
    lines.append(taken)


def _last(lines: Sequence[_Line], code: str) -> _Line | None:
    return next((line for line in reversed(lines) if code and line.code == code), None)


def _change(row: Row, of: Decimal, where: str, sign: int) -> Decimal:
    """Return how a discount or a surcharge changes an amount: by the sum it names, or by its percent."""
    try:
        named, value = row.decimal(12), row.decimal(11)
    except NotANumber as error:
        raise Unclear(f"{where}.discount") from error
    if named is None:
        value = value or ZERO
        named = of * value / 100 if row.type in rows.PERCENT else value
    change = _rounded(abs(named)) * sign
    return -change if of < 0 else change


def _spread(lines: Sequence[_Line], change: Decimal) -> None:
    """Spread a change of the receipt over its lines by their amounts; the rest of the rounding goes to the last."""
    whole = sum((line.amount for line in lines), ZERO)
    left = change
    for line in lines[:-1]:
        part = _rounded(change * line.amount / whole) if whole else ZERO
        line.change(part)
        left -= part
    lines[-1].change(left)


def _made(place: int, line: _Line, sign: int) -> Line:
    return Line(
        line=place,
        quantity=line.quantity * sign,
        price=line.price,
        amount=line.amount * sign,
        sku=line.code[:65],
        discount=line.discount * sign + ZERO,  # Nothing below zero.
        marks=line.marks,
    )


def _payments(paid: Sequence[tuple[Row, Decimal]], total: Decimal, kinds: Mapping[str, str]) -> list[Payment]:
    """Return what was paid; change is taken off the cash that it was given of, where the sums tell that it was not."""
    found: list[list[object]] = []
    excess = sum((abs(amount) for _row, amount in paid), ZERO) - total
    for row, amount in paid:
        code = row.text(11)
        kind = kinds.get(code) or ("cash" if code in (CASH_CODE, f"{CASH_CODE}.0") else code[:64])
        amount = abs(amount)
        if kind == "cash" and 0 < excess <= amount:
            amount, excess = amount - excess, ZERO
        found.append([kind, amount])
    return [Payment(str(kind), Decimal(str(amount))) for kind, amount in found]


def _billing(receipt: Receipt) -> list[BillingRecord]:
    """Return what a sale does to its card: a till that knows no billing leaves the ids to the server."""
    if not receipt.card:
        return []
    redeemed = sum((payment.amount for payment in receipt.payments if payment.kind == "bonus"), ZERO)
    records = [BillingRecord(kind="redeem", bonuses=redeemed)] if redeemed else []
    return [*records, BillingRecord(kind="accrue", turnover=receipt.total, receipts=1)]


def _amount(row: Row, field: int, path: str) -> Decimal:
    """Return a number, 0 for an empty field. Raises `Unclear`."""
    try:
        return row.decimal(field) or ZERO
    except NotANumber as error:
        raise Unclear(path) from error


def _rounded(amount: Decimal) -> Decimal:
    try:
        return amount.quantize(KOPECK, ROUND_HALF_UP)
    except InvalidOperation:  # Of more digits than money has: the checks of the journal refuse it as it is.
        return amount
