"""Lines of goods that nobody knew when they came: finding what they mean now, and saying it for many at once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import BigIntegerField, Count, Min, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from registers.choices import DeedKind, TransactionState
from registers.models import ReceiptLine, Shift
from retail.models import Barcode, Sku
from retail.services import catalogue
from retail.services.statements import beside
from stock.services import wakeups
from stock.services.error_desk import deeds
from stock.services.error_desk.refusals import BarcodeRefused, NothingKnown

MEND_LINES = beside(__file__, "mend_lines.sql")
AT_ONCE = 500  # receipts under one lock of a warehouse


@dataclass(frozen=True)
class UnknownCode:
    """A code or barcode that lines on the error desk wait for; `oldest` is when the first of them came."""

    sku_code: str
    barcode: str
    lines: int
    transactions: int
    registers: int
    quantity: Decimal
    amount: Decimal
    oldest: datetime


@dataclass(frozen=True)
class Mended:
    """How many lines got their SKU; transactions that are whole now, and that still wait for something else."""

    lines: int = 0
    mended: int = 0
    partly: int = 0

    def __add__(self, other: "Mended") -> "Mended":
        return Mended(self.lines + other.lines, self.mended + other.mended, self.partly + other.partly)


class _Found(NamedTuple):
    """A line, where it stands, and the SKU it means."""

    warehouse_id: int
    receipt_id: int
    line_id: int
    sku_id: int


def mend_known(*, transactions: Sequence[int], by: User, now: datetime) -> Mended:
    """Give their SKUs to lines of these transactions whose code or barcode the catalogue knows by now."""
    by_code = Sku.objects.filter(code=OuterRef("sku_code")).values("pk")
    by_barcode = Barcode.objects.filter(value=OuterRef("barcode")).values("sku")
    meant = Coalesce(Subquery(by_code[:1]), Subquery(by_barcode[:1]), output_field=BigIntegerField())
    known = _waiting().filter(receipt__in=transactions).annotate(meant=meant).exclude(meant=None)
    found = known.values_list("receipt__warehouse", "receipt", "pk", "meant")
    return _mend(map(_Found._make, found), kind=DeedKind.RESUBMIT, by=by, now=now)


def map_code(
    *,
    sku: Sku,
    sku_code: str,
    barcode: str,
    by: User,
    now: datetime,
    transactions: Iterable[int] | None = None,
    add_barcode: bool = False,
) -> Mended:
    """Say which SKU an unknown code (with its barcode) means, for every line that waits for it or for those given.

    `add_barcode` gives the barcode to the SKU too, so that the next sale finds it. Goods move as if they had been known
    when they came; a document has them by themselves (`stock.MendedLine`).
    Raises `NothingKnown` when no line waits for the code any more, `BarcodeRefused`.
    """
    waiting = _waiting().filter(sku_code=sku_code, barcode=barcode)
    if transactions is not None:
        waiting = waiting.filter(receipt__in=list(transactions))
    found = [_Found(*row, sku.pk) for row in waiting.values_list("receipt__warehouse", "receipt", "pk")]
    if not found:
        raise NothingKnown
    if add_barcode:
        _add_barcode(sku, barcode)
    return _mend(found, kind=DeedKind.MAP, by=by, now=now)


def unknown_codes(*, transactions: Iterable[int] | None = None) -> Iterator[UnknownCode]:
    """Yield the codes that lines on the error desk wait for, those with the most lines first."""
    waiting = _waiting()
    if transactions is not None:
        waiting = waiting.filter(receipt__in=list(transactions))
    grouped = (
        waiting.order_by()
        .values("sku_code", "barcode")
        .annotate(
            lines=Count("pk"),
            transactions=Count("receipt", distinct=True),
            registers=Count("receipt__register", distinct=True),
            quantity=Sum("quantity"),
            amount=Sum("amount"),
            oldest=Min("receipt__transaction__received_at"),
        )
        .order_by("-lines", "sku_code", "barcode")
    )
    return (UnknownCode(**row) for row in grouped.iterator())


def _waiting() -> QuerySet[ReceiptLine]:
    return ReceiptLine.objects.filter(sku=None, receipt__transaction__state=TransactionState.ERROR_DESK)


def _mend(found: Iterable[_Found], *, kind: DeedKind, by: User, now: datetime) -> Mended:
    """Mend lines warehouse by warehouse, some hundreds of receipts in each database transaction."""
    done = Mended()
    for _warehouse_id, of_warehouse in groupby(sorted(found), key=attrgetter("warehouse_id")):
        receipts = [list(lines) for _receipt, lines in groupby(of_warehouse, key=attrgetter("receipt_id"))]
        for begin in range(0, len(receipts), AT_ONCE):
            batch = [line for lines in receipts[begin : begin + AT_ONCE] for line in lines]
            done += _mend_batch(batch, kind=kind, by=by, now=now)
    return done


@transaction.atomic(durable=True)
def _mend_batch(found: Sequence[_Found], *, kind: DeedKind, by: User, now: datetime) -> Mended:
    """Mend lines of one warehouse. Locks their transactions, their shifts, and in the statement the feed."""
    warehouse_id = found[0].warehouse_id
    claimed = {one.pk for one in deeds.claim({line.receipt_id for line in found})}
    shifts = Shift.objects.filter(receipts__in=claimed).values("pk")
    list(Shift.objects.filter(pk__in=shifts).order_by("pk").select_for_update(no_key=True).values_list("pk"))
    mine = [line for line in found if line.receipt_id in claimed]
    [(lines, mended, partly, moved)] = MEND_LINES.rows(
        warehouse=warehouse_id,
        lines=[line.line_id for line in mine],
        skus=[line.sku_id for line in mine],
        kind=kind,
        by=by.pk,
        now=now,
    )
    if moved:
        transaction.on_commit(partial(wakeups.announce, [warehouse_id]))
    return Mended(lines, mended, partly)


@transaction.atomic
def _add_barcode(sku: Sku, value: str) -> None:
    catalogue.lock()
    barcode = Barcode(value=value, sku=sku)
    try:
        barcode.full_clean()
    except ValidationError as error:
        raise BarcodeRefused(" ".join(error.messages), attr="add_barcode") from error
    barcode.save()
