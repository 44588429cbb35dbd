"""Processing that was killed, repeated or late comes to what one undisturbed run would have come to."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest

from retail.models import DocumentCounter, Sku
from retail.services import numbering
from stock.models import (
    Balance,
    CurrentSales,
    Discrepancy,
    Movement,
    ReceiptPosting,
    SalesLine,
    StockDocument,
    UnpostedReceipt,
    UnsettledShift,
    ZReport,
    ZReportTotal,
)
from stock.services import intake, ledger, processing, reconciliation, sales
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import entries, event, line, sale
from tests.stock.conftest import NOW, supply

pytestmark = pytest.mark.django_db
TABLES = (
    Balance, CurrentSales, Discrepancy, DocumentCounter, Movement, ReceiptPosting, SalesLine, StockDocument,
    UnpostedReceipt, UnsettledShift, ZReport, ZReportTotal,
)  # fmt: skip


class Killed(BaseException):
    """Not an error that anybody catches."""


@pytest.fixture
def register(db):
    for code in ("10001", "10002"):
        SkuFactory(code=code)
    return RegisterFactory()


def tell(register, *transactions):
    intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW)


def day(shift=12):
    """A shift in five parcels, the last of them late."""
    yield sale(1, line("10001", "2.000", vat="22"), line("10002", number=2, vat="10"), shift=shift)
    yield sale(2, line("10001", vat="22"), kind="return", shift=shift)
    yield sale(3, line("10002", "4.000", vat="10"), shift=shift)
    yield event(5, "shift_close", shift=shift, counters={"sales": "990.00"})
    yield sale(4, line("10002", "3.000", vat="10"), shift=shift)


def all_there_is():
    return {table: sorted(map(str, table.objects.values_list())) for table in TABLES}


STEPS = [
    (sales.WAITING, "rows"),
    (ZReport, "save"),
    (sales.COLLECT, "rows"),
    (ZReportTotal.objects, "bulk_create"),
    (UnsettledShift.objects, "bulk_create"),
    (numbering, "next_number"),
    (ledger, "lock"),
    (sales.MOVE, "rows"),
    (sales, "_move"),
    (sales, "post"),
]


@pytest.mark.parametrize(("place", "step"), STEPS, ids=[f"{step}-{n}" for n, (_place, step) in enumerate(STEPS)])
def test_what_was_killed_left_nothing_half_done(register, monkeypatch, place, step):
    tell(register, *list(day())[:4])
    before = all_there_is()
    do = getattr(place, step)

    def do_and_die(*args, **given):
        do(*args, **given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(place, step, do_and_die)
        with pytest.raises(Killed):
            processing.run(now=NOW)
    assert all_there_is() == before

    (report,) = processing.run(now=NOW).documents
    assert (report.number, ReceiptPosting.objects.count(), UnsettledShift.objects.count()) == ("000001", 3, 0)


@pytest.mark.parametrize(
    ("place", "step"), [(reconciliation.RECONCILE, "rows"), (reconciliation, "reconcile")], ids=["rows", "reconcile"]
)
def test_a_shift_that_was_not_compared_stays_in_the_queue(register, monkeypatch, place, step):
    tell(register, *list(day())[:4])
    do = getattr(place, step)

    def do_and_die(*args, **given):
        do(*args, **given)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(place, step, do_and_die)
        with pytest.raises(Killed):
            processing.run(now=NOW)
    assert (ZReport.objects.count(), UnsettledShift.objects.count(), Discrepancy.objects.count()) == (1, 1, 0)
    assert ZReport.objects.with_agreement().get().agreement == "pending"

    assert processing.run(now=NOW).documents == []
    assert (ZReport.objects.count(), UnsettledShift.objects.count()) == (1, 0)
    assert Discrepancy.objects.exists()


def books(register):
    """What a register's shifts came to in the books, however many documents it took."""
    reports = ZReport.objects.filter(register=register)
    totals = Counter()
    for report in reports:
        totals.update({key: Decimal(value) for key, value in report.totals.items()})
    moved = Counter()
    for movement in Movement.objects.filter(warehouse=register.warehouse, document__state="posted"):
        moved[movement.sku.code] += movement.quantity
    held = Counter()
    for line_held in SalesLine.objects.filter(document__warehouse=register.warehouse):
        held[line_held.sku.code, line_held.kind, line_held.vat] += line_held.amount
    balances = Balance.objects.filter(warehouse=register.warehouse).order_by("sku")
    return totals, moved, held, list(balances.values_list("sku", "on_hand", "sold"))


def test_a_day_late_comes_to_the_same(register):
    late, at_night = RegisterFactory(), RegisterFactory()
    for till in (register, late, at_night):
        supply(till.warehouse, {Sku.objects.get(code="10001"): 10})

    for parcel in day():
        tell(register, parcel)
        processing.run(now=NOW, register=register)
        processing.run(now=NOW, register=register)
    tell(late, *day())
    processing.run(now=NOW + timedelta(days=1), register=late)
    tell(at_night, *list(day())[:4])
    processing.run(now=NOW + timedelta(hours=9), register=at_night)
    tell(at_night, *list(day())[4:])
    processing.run(now=NOW + timedelta(days=1), register=at_night)

    assert [CurrentSales.objects.filter(register=till).count() for till in (register, late, at_night)] == [3, 0, 0]
    assert [ZReport.objects.filter(register=till).count() for till in (register, late, at_night)] == [2, 1, 2]
    assert books(register) == books(late) == books(at_night)
