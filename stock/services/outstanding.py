"""What waits for processing: receipts that no document holds yet, closed shifts that have no Z-report yet."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

from registers.models import KkmTransaction, Register
from stock.models import UnpostedReceipt, UnsettledShift


@dataclass(frozen=True)
class Waiting:
    """So many receipts, the oldest of which was taken in at `since` (None where none waits), and closed shifts."""

    receipts: int
    since: datetime | None
    shifts: int


def summary() -> Waiting:
    """Tell what waits in all, in three statements. Receipts are told in the order in which they came."""
    found = UnpostedReceipt.objects.aggregate(count=Count("receipt"), oldest=Min("receipt"))
    return Waiting(found["count"], _taken_in([found["oldest"]]).get(found["oldest"]), UnsettledShift.objects.count())


def by_register() -> list[tuple[Register, Waiting]]:
    """Tell what waits from each register, in four statements; who has nothing that waits is left out."""
    unposted = UnpostedReceipt.objects.order_by().values_list("shift__register")
    grouped = unposted.annotate(Count("receipt"), Min("receipt"))
    receipts = {register: (count, oldest) for register, count, oldest in grouped}
    closed = UnsettledShift.objects.order_by().values_list("shift__register").annotate(count=Count("shift"))
    shifts = dict(closed.values_list("shift__register", "count"))
    moments = _taken_in([oldest for _count, oldest in receipts.values()])
    registers = Register.objects.filter(pk__in=receipts.keys() | shifts.keys()).select_related("shop", "warehouse")
    found = []
    for register in registers.order_by("number"):
        count, oldest = receipts.get(register.pk, (0, None))
        found.append((register, Waiting(count, moments.get(oldest), shifts.get(register.pk, 0))))
    return found


def _taken_in(receipts: list[int | None]) -> dict[int | None, datetime]:
    known = [pk for pk in receipts if pk is not None]
    return dict(KkmTransaction.objects.filter(pk__in=known).values_list("pk", "received_at")) if known else {}
