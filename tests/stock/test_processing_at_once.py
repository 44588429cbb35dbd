"""Processing at once with itself, with tills and with accountants: real threads, and the test of each test."""

from decimal import Decimal
from threading import Event

import pytest
from django.db import transaction

from registers.models import Shift
from stock.models import (
    Balance,
    CurrentSales,
    Movement,
    ReceiptPosting,
    StockDocument,
    UnpostedReceipt,
    WarehouseFeed,
    ZReport,
)
from stock.services import documents, intake, ledger, processing, sales
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import entries, event, line, sale
from tests.stock.conftest import NOW, invoice, supply
from tests.stock.test_posting_at_once import PATIENCE, wait_until_somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


class Gate:
    """Where a thread stops before its commit: `come` says it is there, and it waits for `go`."""

    def __init__(self) -> None:
        self.come, self.go = Event(), Event()

    def stop(self) -> None:
        self.come.set()
        assert self.go.wait(PATIENCE)


@pytest.fixture
def gate():
    gate = Gate()
    yield gate
    gate.go.set()


@pytest.fixture
def register():
    SkuFactory(code="10001")
    return RegisterFactory()


@pytest.fixture
def first_stops(monkeypatch, gate):
    """Let the first run that posts something stop before its commit."""
    post = sales.post

    def post_and_stop(*, shift, now):
        made = post(shift=shift, now=now)
        if made and not gate.come.is_set():
            gate.stop()
        return made

    monkeypatch.setattr(sales, "post", post_and_stop)


@pytest.fixture
def shift_unlocked(monkeypatch):
    monkeypatch.setattr(processing, "_lock", lambda pk: Shift.objects.select_related("register").get(pk=pk))


@pytest.fixture
def warehouse_unlocked(monkeypatch):
    monkeypatch.setattr(ledger, "lock", lambda *, warehouse_id: WarehouseFeed.objects.get(pk=warehouse_id))


def tell(register, *transactions):
    intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW)


def run():
    return processing.run(now=NOW)


def two_runs(in_thread, gate):
    first = in_thread(run)
    assert gate.come.wait(PATIENCE)
    second = in_thread(run)
    wait_until_somebody_waits_for_a_lock()
    gate.go.set()
    return first.result(PATIENCE), second.result(PATIENCE)


@pytest.mark.parametrize("closes", [False, True])
def test_two_runs_at_once_make_one_set_of_documents(register, closes, first_stops, gate, in_thread):
    tell(register, sale(1, line("10001")), *([event(2, "shift_close")] if closes else []))

    first, second = two_runs(in_thread, gate)

    assert (len(first.documents), second.documents, first.failed + second.failed) == (1, [], [])
    assert StockDocument.objects.count() == ReceiptPosting.objects.count() == Movement.objects.count() == 1
    assert not Balance.objects.exclude(sold=0, on_hand=-1).exists()


@pytest.mark.parametrize("closes", [False, True])
def test_without_the_shifts_lock_one_of_them_would_fail(register, closes, first_stops, gate, in_thread, shift_unlocked):
    tell(register, sale(1, line("10001")), *([event(2, "shift_close")] if closes else []))

    first, second = two_runs(in_thread, gate)

    assert first.failed + second.failed == [Shift.objects.get().pk]


def a_sale_on_its_way(register, gate):
    with transaction.atomic():
        tell(register, sale(2, line("10001")))
        gate.stop()


def report_while_a_sale_is_on_its_way(register, gate, in_thread):
    tell(register, sale(1, line("10001")), event(3, "shift_close"))
    selling = in_thread(a_sale_on_its_way, register=register, gate=gate)
    assert gate.come.wait(PATIENCE)
    running = in_thread(run)
    wait_until_somebody_waits_for_a_lock()
    gate.go.set()
    selling.result(PATIENCE)
    running.result(PATIENCE)
    return ZReport.objects.get()


def test_a_sale_on_its_way_is_waited_for(register, gate, in_thread):
    report = report_while_a_sale_is_on_its_way(register, gate, in_thread)

    assert (report.sales, report.receipt_postings.count()) == (198, 2)


def test_without_the_shifts_lock_it_would_be_left_out(register, gate, in_thread, shift_unlocked):
    report = report_while_a_sale_is_on_its_way(register, gate, in_thread)

    assert (report.sales, report.receipt_postings.count()) == (99, 1)


def test_a_sale_during_a_run_waits_for_the_next(register, first_stops, gate, in_thread):
    tell(register, sale(1, line("10001")))
    running = in_thread(run)
    assert gate.come.wait(PATIENCE)
    selling = in_thread(lambda: tell(register, sale(2, line("10001"))))
    wait_until_somebody_waits_for_a_lock()
    gate.go.set()
    running.result(PATIENCE)
    selling.result(PATIENCE)

    assert UnpostedReceipt.objects.count() == 1
    run()
    assert list(CurrentSales.objects.order_by("sequence").values_list("sequence", flat=True)) == [1, 2]


def an_invoice_is_posted_meanwhile(register, gate, in_thread, monkeypatch):
    sku = SkuFactory()
    supply(register.warehouse, {sku: 10})
    tell(register, sale(1, line(sku.code)))
    move = ledger.move

    def move_and_stop(**given):
        move(**given)
        gate.stop()

    monkeypatch.setattr(ledger, "move", move_and_stop)
    posting = in_thread(documents.post, document=invoice(register.warehouse, {sku: 4}), by=None, now=NOW)
    assert gate.come.wait(PATIENCE)
    running = in_thread(run)
    wait_until_somebody_waits_for_a_lock()
    gate.go.set()
    posting.result(PATIENCE)
    running.result(PATIENCE)
    balance = Balance.objects.get(sku=sku)
    assert (balance.on_hand, balance.sold) == (5, 0)
    return Movement.objects.get(document__kind="current_sales").on_hand_after


def test_an_invoice_posted_meanwhile_is_reckoned_with(register, gate, in_thread, monkeypatch):
    assert an_invoice_is_posted_meanwhile(register, gate, in_thread, monkeypatch) == Decimal(5)


def test_without_the_warehouses_lock_the_books_would_forget_it(
    register, gate, in_thread, monkeypatch, warehouse_unlocked
):
    assert an_invoice_is_posted_meanwhile(register, gate, in_thread, monkeypatch) == Decimal(9)
