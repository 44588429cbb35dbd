"""What a shift came to: by the receipts we hold, and by the register's own counters."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registers.choices import PaymentKind, TransactionKind
from registers.models import KkmTransaction, Payment, Shift

ZERO = Decimal("0.00")


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
        """What the shift itself added to the drawer; a float left from earlier shifts is the register's to know."""
        return self.payments.get(PaymentKind.CASH, ZERO) + self.cash_in - self.cash_out


@dataclass(frozen=True)
class Figure:
    """One figure of a shift: by our receipts and as the register counted it (None where it said nothing readable)."""

    name: str | Promise
    ours: Decimal | int
    theirs: Decimal | None

    @property
    def differs(self) -> bool:
        return self.theirs is not None and self.theirs != self.ours


def totals(*, shift: Shift) -> Totals:
    """Sum a shift up in three statements, however many receipts it has."""
    receipts = shift.receipts.order_by().values_list("kind").annotate(amount=Sum("total"), count=Count("pk"))
    by_kind = {kind: (amount, count) for kind, amount, count in receipts}
    sales, sale_count = by_kind.get(TransactionKind.SALE, (ZERO, 0))
    returns, return_count = by_kind.get(TransactionKind.RETURN, (ZERO, 0))
    cash = dict(
        KkmTransaction.objects.filter(
            register=shift.register_id,
            shift_number=shift.number,
            kind__in=[TransactionKind.CASH_IN, TransactionKind.CASH_OUT],
        )
        .order_by()
        .values("kind")
        .annotate(sum=Coalesce(Sum("amount"), ZERO))
        .values_list("kind", "sum")
    )
    return Totals(
        sales=sales,
        returns=returns,
        receipts=sale_count,
        return_receipts=return_count,
        payments=_payments(shift),
        cash_in=cash.get(TransactionKind.CASH_IN, ZERO),
        cash_out=cash.get(TransactionKind.CASH_OUT, ZERO),
    )


def compare(*, shift: Shift, totals: Totals) -> list[Figure]:
    """Set our totals beside the counters the register reported when it closed the shift."""
    counters = shift.counters if isinstance(shift.counters, dict) else {}
    return [Figure(name, ours, _decimal(counters.get(key))) for key, name, ours in _figures(totals)]


def _figures(totals: Totals) -> Iterator[tuple[str, Promise, Decimal | int]]:
    yield "sales", _("Sales"), totals.sales
    yield "returns", _("Returns"), totals.returns
    yield "receipts", _("Sale receipts"), totals.receipts
    yield "return_receipts", _("Return receipts"), totals.return_receipts
    yield "cash", _("Received in cash"), totals.payments.get(PaymentKind.CASH, ZERO)
    yield "card", _("Received by payment card"), totals.payments.get(PaymentKind.CARD, ZERO)
    yield "cash_in_drawer", _("Cash in the drawer"), totals.cash_in_drawer


def _payments(shift: Shift) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    rows = (
        Payment.objects.filter(receipt__shift=shift, receipt__kind__in=[TransactionKind.SALE, TransactionKind.RETURN])
        .order_by()
        .values_list("receipt__kind", "kind")
        .annotate(sum=Sum("amount"))
    )
    for receipt_kind, kind, amount in rows:
        sums[kind] = sums.get(kind, ZERO) + (amount if receipt_kind == TransactionKind.SALE else -amount)
    return sums


def _decimal(value: Any) -> Decimal | None:
    """Read a counter as the register wrote it: a number, or a string holding one."""
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        return None
    try:
        read = Decimal(str(value))
    except InvalidOperation:
        return None
    return read if read.is_finite() else None
