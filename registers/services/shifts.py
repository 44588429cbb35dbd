"""What a shift came to: by what we took in, and by the register's own counters.

Our side is `Shift.totals`, kept by the intake; nothing is summed up when it is asked for.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registers.choices import PaymentKind
from registers.models import Shift

ZERO = Decimal("0.00")
DRAWER = "cash_in_drawer"
ABSURD = Decimal(10) ** 12  # No figure of a shift; one of millions of digits could not even be added up.


@dataclass(frozen=True)
class Totals:
    """Sums of a shift's receipts and of cash put in and taken out. Money in roubles; cancelled receipts count nothing.

    `payments` is money received less money given back, by kind of payment.
    """

    sales: Decimal
    returns: Decimal
    receipts: int
    return_receipts: int
    payments: dict[str, Decimal]
    cash_in: Decimal
    cash_out: Decimal

    @property
    def cash_in_drawer(self) -> Decimal:
        """What the shift itself added to the drawer."""
        return self.payments.get(PaymentKind.CASH, ZERO) + self.cash_in - self.cash_out


@dataclass(frozen=True)
class Figure:
    """One figure of a shift: by our receipts and as the register counted it (None where it said nothing readable)."""

    key: str
    name: str | Promise
    ours: Decimal | int
    theirs: Decimal | None

    @property
    def differs(self) -> bool:
        return self.theirs is not None and self.theirs != self.ours


def totals(*, shift: Shift) -> Totals:
    """Return what a shift comes to so far. Asks the database nothing."""
    told = {key: Decimal(value) for key, value in shift.totals.items()}
    return Totals(
        sales=told.get("sale.total", ZERO),
        returns=told.get("return.total", ZERO),
        receipts=int(told.get("sale.receipts", 0)),
        return_receipts=int(told.get("return.receipts", 0)),
        payments=_payments(told),
        cash_in=told.get("cash_in.total", ZERO),
        cash_out=told.get("cash_out.total", ZERO),
    )


def compare(*, shift: Shift, totals: Totals) -> list[Figure]:
    """Set our totals beside the counters the register reported when it closed the shift.

    Some registers count in the drawer what the shift found there. A drawer that differs is therefore looked at once
    more with what the register counted in it at the end of the shift before, which costs a query.
    """
    theirs = _counters(shift)
    figures = [Figure(key, name, ours, theirs.get(key)) for key, name, ours in _figures(totals)]
    *others, drawer = figures
    if drawer.differs:
        with_float = Figure(drawer.key, drawer.name, drawer.ours + _left_before(shift), drawer.theirs)
        if not with_float.differs:
            return [*others, with_float]
    return figures


def _figures(totals: Totals) -> Iterator[tuple[str, Promise, Decimal | int]]:
    yield "sales", _("Sales"), totals.sales
    yield "returns", _("Returns"), totals.returns
    yield "receipts", _("Sale receipts"), totals.receipts
    yield "return_receipts", _("Return receipts"), totals.return_receipts
    yield "cash", _("Received in cash"), totals.payments.get(PaymentKind.CASH, ZERO)
    yield "card", _("Received by payment card"), totals.payments.get(PaymentKind.CARD, ZERO)
    yield DRAWER, _("Cash in the drawer"), totals.cash_in_drawer


def _payments(told: Mapping[str, Decimal]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for sign, prefix in ((1, "sale.paid."), (-1, "return.paid.")):
        for key, amount in told.items():
            if key.startswith(prefix):
                kind = key.removeprefix(prefix)
                sums[kind] = sums.get(kind, ZERO) + sign * amount
    return sums


def _left_before(shift: Shift) -> Decimal:
    """Return what the register counted in its drawer at the end of the shift before this one."""
    earlier = Shift.objects.filter(register=shift.register_id, first_at__lt=shift.first_at)
    before = earlier.order_by("-first_at").first()
    return (before and _counters(before).get(DRAWER)) or ZERO


def _counters(shift: Shift) -> dict[str, Decimal | None]:
    counters = shift.counters if isinstance(shift.counters, dict) else {}
    return {key: _decimal(value) for key, value in counters.items()}


def _decimal(value: Any) -> Decimal | None:
    """Read a counter as the register wrote it: a number, or a string holding one."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() and read.copy_abs() < ABSURD else None
