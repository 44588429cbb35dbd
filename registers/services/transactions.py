"""What makes sense in a reported transaction.

What happened at the till is never refused. A transaction that makes no sense is recorded and waits on the error desk;
these checks only say why. A *blocking* problem keeps the transaction from being taken apart; the others flag it.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db.models import Max

from registers.choices import PaymentKind
from registers.messages import Line, Problem, Receipt, Transaction
from registers.models import KkmTransaction

MAX_LINES = 5000
MAX_SAFE = 2**63 - 1
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(days=2)
QUANTITY_PLACES, QUANTITY_LIMIT = 3, Decimal(10) ** 9
SANE_PLACES = 20
MONEY_PLACES, MONEY_LIMIT = 2, Decimal(10) ** 12
WITH_RECEIPT = frozenset({"sale", "return", "cancelled"})
WITH_AMOUNT = frozenset({"cash_in", "cash_out"})
PAYMENT_KINDS = frozenset(PaymentKind.values)


def last_number(*, register_id: int) -> int | None:
    """Return the highest number a register has reported, from which one that lost its memory goes on."""
    highest: int | None = KkmTransaction.objects.filter(register=register_id).aggregate(last=Max("number"))["last"]
    return highest


def totals_of(transaction: Transaction) -> dict[str, Decimal]:
    """Return what a transaction adds to the totals of its shift, under the keys of `Shift.totals`."""
    kind, receipt = transaction.kind, transaction.receipt
    if kind in WITH_AMOUNT:
        return {f"{kind}.total": transaction.amount or Decimal(0)}
    if receipt is None:
        return {}
    totals = {f"{kind}.receipts": Decimal(1)}
    if kind == "cancelled":
        return totals
    totals[f"{kind}.total"] = receipt.total
    totals[f"{kind}.lines"] = Decimal(len(receipt.lines))
    for line in receipt.lines:
        key = f"{kind}.vat.{line.vat}"
        totals[key] = totals.get(key, Decimal(0)) + line.amount
    for payment in receipt.payments:
        key = f"{kind}.paid.{payment.kind}"
        totals[key] = totals.get(key, Decimal(0)) + payment.amount
    return totals


def examine(transaction: Transaction, *, now: datetime) -> tuple[Problem, ...]:
    """Return every problem of a transaction that could be read, in the order a person would mend them."""
    return tuple(_problems(transaction, now))


def _problems(transaction: Transaction, now: datetime) -> Iterator[Problem]:
    if not 0 <= transaction.number <= MAX_SAFE:
        yield Problem("number_out_of_range", "number", {"field": "number"})
    if not 0 <= transaction.shift <= MAX_SAFE:
        yield Problem("number_out_of_range", "shift", {"field": "shift"})
    if not EARLIEST <= transaction.occurred_at <= now + CLOCK_SKEW:
        yield Problem("time_out_of_range", "occurred_at", {"time": transaction.occurred_at.isoformat()})
    yield from _text("uid", transaction.uid, 64, required=True)
    if transaction.kind in WITH_RECEIPT:
        if transaction.receipt is None:
            yield Problem("receipt_missing", "receipt")
        else:
            yield from _receipt(transaction.receipt, lines_required=transaction.kind != "cancelled")
    elif transaction.kind in WITH_AMOUNT:
        if transaction.amount is None:
            yield Problem("amount_missing", "amount")
        else:
            yield from _money("amount", transaction.amount)


def _receipt(receipt: Receipt, *, lines_required: bool) -> Iterator[Problem]:
    yield from _text("receipt.uid", receipt.uid, 64, required=True)
    for name, limit in (("cashier", 100), ("order", 64), ("card", 64), ("of", 64)):
        yield from _text(f"receipt.{name}", getattr(receipt, name) or "", limit)
    yield from _text("receipt.fiscal.drive", receipt.fiscal.drive, 32)
    yield from _text("receipt.fiscal.sign", receipt.fiscal.sign, 32)
    for name, number in (("receipt.number", receipt.number), ("receipt.fiscal.document", receipt.fiscal.document or 0)):
        if not 0 <= number <= MAX_SAFE:
            yield Problem("number_out_of_range", name, {"field": name})
    if lines_required and not receipt.lines:
        yield Problem("no_lines", "receipt.lines")
    if len(receipt.lines) > MAX_LINES:
        yield Problem("too_many_lines", "receipt.lines", {"count": str(len(receipt.lines)), "limit": str(MAX_LINES)})
        return
    broken = [problem for line in receipt.lines for problem in _line(line)]
    broken += _money("receipt.total", receipt.total)
    for payment in receipt.payments:
        broken += _money("receipt.payments", payment.amount)
        if payment.kind not in PAYMENT_KINDS:
            broken.append(Problem("unknown_payment_kind", "receipt.payments", {"kind": payment.kind[:64]}))
    yield from broken
    yield from _repeated_lines(receipt)
    if not broken:
        yield from _totals(receipt, paid=lines_required)


def _line(line: Line) -> Iterable[Problem]:
    """Say what is wrong with a line. Nearly every line is in order, and that is seen at a third of the price."""
    in_order = (
        0 < line.line < 2**31
        and _fits(line.quantity, QUANTITY_PLACES, QUANTITY_LIMIT)
        and line.quantity > 0
        and _fits(line.price, MONEY_PLACES, MONEY_LIMIT)
        and line.price >= 0
        and _fits(line.discount, MONEY_PLACES, MONEY_LIMIT)
        and _fits(line.amount, MONEY_PLACES, MONEY_LIMIT)
        and line.amount >= 0
        and len(line.sku) <= 64
        and len(line.barcode) <= 64
        and len(line.vat) <= 10
    )
    return () if in_order else _wrong_with(line)


def _wrong_with(line: Line) -> Iterator[Problem]:
    where = f"receipt.lines.{line.line}"
    if not 0 < line.line < 2**31:
        yield Problem("number_out_of_range", where, {"field": "line"})
    yield from _number(f"{where}.quantity", line.quantity, QUANTITY_PLACES, QUANTITY_LIMIT)
    if line.quantity.is_finite() and line.quantity <= 0:
        yield Problem("quantity_not_positive", f"{where}.quantity", {"line": str(line.line)})
    for name in ("price", "discount", "amount"):
        yield from _money(f"{where}.{name}", getattr(line, name), negative=name == "discount")
    for name, limit in (("sku", 64), ("barcode", 64), ("vat", 10)):
        yield from _text(f"{where}.{name}", getattr(line, name), limit)


def _repeated_lines(receipt: Receipt) -> Iterator[Problem]:
    seen: set[int] = set()
    for line in receipt.lines:
        if line.line in seen:
            yield Problem("line_repeated", "receipt.lines", {"line": str(line.line)})
        seen.add(line.line)


def _totals(receipt: Receipt, *, paid: bool) -> Iterator[Problem]:
    """Flag a receipt whose figures disagree: its goods are what they are, but a person should look at the money."""
    lines = sum((line.amount for line in receipt.lines), Decimal(0))
    if lines != receipt.total:
        params = {"total": str(receipt.total), "lines": str(lines)}
        yield Problem("totals_differ", "receipt.total", params, blocking=False)
    payments = sum((payment.amount for payment in receipt.payments), Decimal(0))
    if paid and payments != receipt.total:
        params = {"total": str(receipt.total), "payments": str(payments)}
        yield Problem("payments_differ", "receipt.payments", params, blocking=False)


def _money(field: str, value: Decimal, *, negative: bool = False) -> Iterator[Problem]:
    yield from _number(field, value, MONEY_PLACES, MONEY_LIMIT)
    if not negative and value.is_finite() and value < 0:
        yield Problem("number_out_of_range", field, {"field": field})


def _number(field: str, value: Decimal, places: int, limit: Decimal) -> Iterator[Problem]:
    if not value.is_finite():
        yield Problem("not_finite", field, {"field": field})
        return
    given = -int(value.as_tuple().exponent)
    if value.copy_abs() >= limit:  # abs() would compute, and overflow on an exponent of millions.
        yield Problem("number_out_of_range", field, {"field": field})
    elif given > SANE_PLACES or (given > places and value != round(value, places)):
        yield Problem("too_many_decimals", field, {"field": field, "places": str(places), "given": str(given)})


def _fits(value: Decimal, places: int, limit: Decimal) -> bool:
    """Tell whether a number is written as it would be stored."""
    if not value.is_finite():
        return False
    return -int(value.as_tuple().exponent) <= places and value.copy_abs() < limit


def _text(field: str, value: str, limit: int, *, required: bool = False) -> Iterator[Problem]:
    if len(value) > limit:
        yield Problem("text_too_long", field, {"field": field, "limit": str(limit)})
    elif required and not value:
        yield Problem("bad_uid", field, {"field": field})
