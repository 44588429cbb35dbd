"""What registers sold becomes documents: once each, in their own shift, and no register hears of it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django_celery_beat.models import PeriodicTask

from registers.models import Receipt, ReceiptLine, Shift
from retail.choices import DocumentState, ItemKind
from retail.models import Sku
from stock import tasks
from stock.models import (
    Balance,
    CurrentSales,
    MendedLine,
    Movement,
    ReceiptPosting,
    SalesLine,
    StockDocument,
    UnpostedReceipt,
    UnsettledShift,
    WarehouseFeed,
    ZReport,
    ZReportTotal,
)
from stock.services import intake, processing, sales
from tests.factories.registers import RegisterFactory
from tests.factories.retail import ItemFactory, SkuFactory, WarehouseFactory
from tests.messages import entries, event, line, sale
from tests.stock.conftest import NOW, supply

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=3)


@pytest.fixture
def goods(db):
    return SkuFactory(code="10001")


@pytest.fixture
def register(goods):
    SkuFactory(code="10002")
    SkuFactory(code="10003", item=ItemFactory(kind=ItemKind.SERVICE))
    return RegisterFactory()


def tell(register, *transactions, now=NOW):
    return intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=now)


def run(now=LATER, **of):
    return processing.run(now=now, **of).documents


def numbers(sku):
    balance = Balance.objects.get(sku=sku)
    return balance.on_hand, balance.sold


def held(document):
    return [
        (held.sku.code, held.kind, held.vat, held.quantity, held.amount)
        for held in SalesLine.objects.filter(document=document).order_by("sku__code", "-kind", "vat")
    ]


def test_sales_of_an_open_shift_become_current_sales(register, goods):
    supply(register.warehouse, {goods: 10})
    tell(register, sale(1, line("10001", "2.000"), line("10002", number=2)), sale(2, line("10001", "3.000")))

    (document,) = run()

    assert document == CurrentSales.objects.get()
    assert (document.state, document.number, document.sequence) == (DocumentState.POSTED, "000001", 1)
    assert (document.register, document.shift, document.warehouse) == (
        register,
        Shift.objects.get(),
        register.warehouse,
    )
    assert (document.date, document.posted_at, document.posted_by) == (LATER, LATER, None)
    assert held(document) == [
        ("10001", "sale", "", Decimal(5), Decimal("495.00")),
        ("10002", "sale", "", Decimal(1), Decimal("99.00")),
    ]


def test_posting_moves_the_books_and_what_was_sold_together(register, goods):
    supply(register.warehouse, {goods: 10})
    tell(register, sale(1, line("10001", "2.000")), sale(2, line("10001", "0.500"), kind="return"))
    assert numbers(goods) == (10, Decimal("1.5"))

    (document,) = run()

    assert numbers(goods) == (Decimal("8.5"), 0)
    movement = Movement.objects.get(document=document)
    assert (movement.sku, movement.quantity, movement.on_hand_after) == (goods, Decimal("-1.5"), Decimal("8.5"))
    assert (movement.reversing, movement.made_at) == (False, LATER)


def test_registers_hear_nothing_of_a_posting(register, goods, django_capture_on_commit_callbacks):
    tell(register, sale(1, line("10001", "2.000")), event(2, "shift_close"))
    rows = Balance.objects.with_available().values_list("available", "revision", "sale_revision")
    before = list(rows), list(WarehouseFeed.objects.values_list("revision", "epoch"))

    with django_capture_on_commit_callbacks() as after_commit:
        run()

    assert (list(rows), list(WarehouseFeed.objects.values_list("revision", "epoch"))) == before
    assert after_commit == []


def test_every_run_makes_a_document_of_what_is_new(register, goods):
    tell(register, sale(1, line("10001")))
    run()
    assert run() == []

    tell(register, sale(2, line("10001", "3.000")))
    (second,) = run()

    assert (second.sequence, second.number) == (2, "000002")
    assert held(second) == [("10001", "sale", "", Decimal(3), Decimal("297.00"))]


def test_a_receipt_knows_its_document(register):
    tell(register, sale(1, line("10001")), sale(2, line("10001"), kind="cancelled"))

    (document,) = run()

    assert not UnpostedReceipt.objects.exists()
    posting = ReceiptPosting.objects.get()
    assert (posting.document_id, posting.receipt) == (document.pk, Receipt.objects.get(kind="sale"))


def test_services_are_sold_and_do_not_move(register):
    tell(register, sale(1, line("10003")))

    (document,) = run()

    assert held(document) == [("10003", "sale", "", Decimal(1), Decimal("99.00"))]
    assert not Movement.objects.exists()
    assert not Balance.objects.exists()


def test_what_came_back_as_it_went_moves_nothing(register):
    tell(register, sale(1, line("10001"), shift=1), sale(2, line("10001"), kind="return", shift=1))

    (document,) = run()

    assert [kind for _code, kind, *_rest in held(document)] == ["sale", "return"]
    assert not Movement.objects.exists()


def test_goods_without_a_balance_get_one(register, goods):
    """What one batch sold in one shift and took back in another never changed what was sold."""
    tell(register, sale(1, line("10001"), shift=1), sale(2, line("10001"), kind="return", shift=2))
    assert not Balance.objects.exists()

    run()

    assert numbers(goods) == (0, 0)
    assert sorted(Movement.objects.values_list("quantity", flat=True)) == [-1, 1]


def test_lines_are_kept_apart_by_vat_and_kind_of_receipt(register):
    tell(
        register,
        sale(1, line("10001", vat="22", discount="1.00"), line("10001", number=2, vat="10")),
        sale(2, line("10001", vat="22", discount="0.50"), line("10001", number=2, vat="22")),
        sale(3, line("10001", vat="22"), kind="return"),
    )

    (document,) = run()

    assert held(document) == [
        ("10001", "sale", "10", Decimal(1), Decimal("99.00")),
        ("10001", "sale", "22", Decimal(3), Decimal("297.00")),
        ("10001", "return", "22", Decimal(1), Decimal("99.00")),
    ]
    assert SalesLine.objects.get(kind="sale", vat="22").discount == Decimal("1.50")


def closing(number=9, **fields):
    return event(number, "shift_close", occurred_at="2026-11-20T21:00:00+03:00", **fields)


def test_a_closed_shift_becomes_a_z_report(register, goods):
    tell(register, sale(1, line("10001", vat="22")))
    run()
    tell(
        register,
        sale(2, line("10001", "2.000", vat="22"), receipt={"payments": [{"kind": "card", "amount": "198.00"}]}),
        sale(3, line("10002", vat="10"), kind="return"),
        sale(4, line("10002"), kind="cancelled"),
        event(5, "cash_in", amount="500.00"),
        event(6, "cash_out", amount="50.00"),
        closing(7),
    )

    (report,) = run()

    assert report == ZReport.objects.get()
    shift = Shift.objects.get()
    assert (report.number, report.date, report.corrects, report.shift) == ("000001", shift.closed_at, None, shift)
    assert held(report) == [
        ("10001", "sale", "22", Decimal(2), Decimal("198.00")),
        ("10002", "return", "10", Decimal(1), Decimal("99.00")),
    ]
    report.refresh_from_db()
    assert (report.sales, report.receipts, report.returns, report.return_receipts) == (297, 2, 99, 1)
    assert (report.cancelled_receipts, report.cash_in, report.cash_out) == (1, 500, 50)
    totals = ZReportTotal.objects.order_by("-kind", "-by", "key").values_list("kind", "by", "key", "amount", "tax")
    assert list(totals) == [
        ("sale", "vat", "22", Decimal("297.00"), Decimal("53.56")),
        ("sale", "payment", "card", Decimal("198.00"), None),
        ("sale", "payment", "cash", Decimal("99.00"), None),
        ("return", "vat", "10", Decimal("99.00"), Decimal("9.00")),
        ("return", "payment", "cash", Decimal("99.00"), None),
    ]
    assert numbers(goods) == (-3, 0)


def test_vat_that_nobody_knows_is_not_reckoned(register):
    tell(register, sale(1, line("10001", vat="none"), line("10001", vat="?", number=2)), closing())

    run()

    assert set(ZReportTotal.objects.filter(by="vat").values_list("key", "tax")) == {("none", None), ("?", None)}


def test_a_shift_in_which_nothing_was_sold_has_its_z_report_too(register):
    tell(register, closing())

    (report,) = run()

    assert (report.warehouse, report.sales, held(report)) == (register.warehouse, 0, [])
    assert not UnsettledShift.objects.exists()


def test_a_shift_has_one_z_report(register):
    tell(register, sale(1, line("10001")), closing())
    run()

    assert run() == []
    tell(register, closing(10))
    assert run() == []


def test_what_comes_after_the_z_report_is_a_correction_of_it(register, goods):
    tell(register, sale(1, line("10001", vat="22")), closing())
    (report,) = run()
    tell(register, sale(2, line("10001", "2.000", vat="22")), event(3, "cash_out", amount="5.00"))

    (correction,) = run(now=NOW + timedelta(days=1))

    correction.refresh_from_db()
    assert (correction.corrects, correction.shift, correction.number) == (report, report.shift, "000002")
    assert correction.date == NOW + timedelta(days=1)
    assert (correction.sales, correction.receipts, correction.cash_out) == (198, 1, 5)
    assert held(correction) == [("10001", "sale", "22", Decimal(2), Decimal("198.00"))]
    assert list(correction.breakdown.values_list("by", "amount").order_by("by")) == [
        ("payment", Decimal(198)),
        ("vat", Decimal(198)),
    ]
    assert numbers(goods) == (-3, 0)


def test_each_late_arrival_is_a_correction_of_the_shifts_own_report(register):
    tell(register, sale(1, line("10001")), closing())
    (report,) = run()

    for number in (2, 3):
        tell(register, sale(number, line("10001")))
        (correction,) = run()
        assert correction.corrects == report
        assert correction.totals["sale.total"] == "99.00"


def test_money_alone_may_come_late(register):
    tell(register, sale(1, line("10001")), closing())
    run()
    tell(register, event(2, "cash_in", amount="7.00"))

    (correction,) = run()

    correction.refresh_from_db()
    assert (correction.cash_in, correction.sales, held(correction)) == (7, 0, [])


def test_what_another_shift_sells_stays_out(register):
    tell(register, sale(1, line("10001"), shift=1), closing(shift=1))
    run()
    tell(register, sale(2, line("10001"), shift=2), sale(3, line("10001", "5.000"), shift=1))

    documents = run()

    assert sorted((type(document).__name__, document.shift.number) for document in documents) == [
        ("CurrentSales", 2),
        ("ZReport", 1),
    ]


def test_the_next_shift_under_the_same_number_has_a_report_of_its_own(register):
    tell(register, sale(1, line("10001")), closing())
    run()
    next_year = NOW + timedelta(days=366)
    tell(
        register,
        event(1, "shift_open", occurred_at="2027-11-20T09:00:00+03:00"),
        sale(2, line("10001"), occurred_at="2027-11-20T10:00:00+03:00"),
        event(3, "shift_close", occurred_at="2027-11-20T21:00:00+03:00"),
        now=next_year,
    )

    (report,) = run(now=next_year)

    assert (report.corrects, report.shift.era) == (None, 1)


def test_a_register_that_moved_in_mid_shift_sells_from_each_warehouse_its_own(register, goods):
    first, second = register.warehouse, WarehouseFactory()
    tell(register, sale(1, line("10001")))
    register.warehouse = second
    register.save()
    tell(register, sale(2, line("10001", "2.000")), closing())

    documents = run()

    made = {document.warehouse: document for document in documents}
    assert isinstance(made[first], CurrentSales)
    assert isinstance(made[second], ZReport)
    assert (made[first].organization, made[first].date) == (first.organization, made[second].date)
    assert [int(number) for number in Balance.objects.order_by("warehouse").values_list("on_hand", flat=True)] == [
        -1,
        -2,
    ]
    assert not Balance.objects.exclude(sold=0).exists()
    made[second].refresh_from_db()
    assert made[second].sales == 297


def test_a_register_that_moves_after_its_shift_leaves_its_report_where_it_sold(register):
    sold_from = register.warehouse
    tell(register, sale(1, line("10001")), closing())
    register.warehouse = WarehouseFactory()
    register.save()

    (report,) = run()

    assert report.warehouse == sold_from


def mend(receipt_line, sku):
    """What the error desk does, without its other effects."""
    receipt_line.sku = sku
    receipt_line.save()
    MendedLine.objects.create(line=receipt_line, mended_at=NOW)
    Balance.objects.filter(sku=sku).update(sold=1)


def test_goods_that_nobody_knows_stay_out_of_documents(register):
    tell(register, sale(1, line("10001"), line("404", number=2)))

    (document,) = run()

    assert [code for code, *_rest in held(document)] == ["10001"]


def test_a_line_mended_before_posting_is_in_the_document_once(register, goods):
    tell(register, sale(1, line("10002"), line("404", number=2)))
    mend(ReceiptLine.objects.get(sku=None), goods)

    (document,) = run()

    assert [(code, quantity) for code, _kind, _vat, quantity, _amount in held(document)] == [
        ("10001", 1),
        ("10002", 1),
    ]
    assert MendedLine.objects.get().document_id == document.pk
    assert run() == []


def test_a_line_mended_after_posting_comes_by_itself(register, goods):
    tell(register, sale(1, line("10002"), line("404", number=2)))
    run()
    mend(ReceiptLine.objects.get(sku=None), goods)

    (document,) = run()

    assert (type(document), [code for code, *_rest in held(document)]) == (CurrentSales, ["10001"])


def test_a_line_mended_after_the_z_report_is_a_correction_without_money_of_its_own(register, goods):
    tell(register, sale(1, line("10002"), line("404", number=2)), closing())
    (report,) = run()
    mend(ReceiptLine.objects.get(sku=None), goods)

    (correction,) = run()

    assert (correction.corrects, correction.totals) == (report, {})
    assert [code for code, *_rest in held(correction)] == ["10001"]
    assert run() == []


def test_a_mended_line_of_a_cancelled_receipt_waits_for_nothing(register, goods):
    tell(register, sale(1, line("404"), kind="cancelled"))
    mend(ReceiptLine.objects.get(), goods)

    assert run() == []


def test_a_run_may_be_of_one_register(register):
    other = RegisterFactory(warehouse=register.warehouse)
    tell(register, sale(1, line("10001")))
    tell(other, sale(1, line("10001")))

    summary = processing.run(now=LATER, register=other)

    assert (summary.shifts, [document.register for document in summary.documents]) == (1, [other])


def test_numbers_are_a_series_for_each_kind_organization_and_year(register):
    other = RegisterFactory()
    for till in (register, other):
        tell(till, sale(1, line("10001"), shift=1), sale(2, line("10001"), shift=2), closing(3, shift=2))

    run()

    series = StockDocument.objects.order_by("kind", "organization").values_list("kind", "number")
    assert list(series) == [("current_sales", "000001")] * 2 + [("z_report", "000001")] * 2


def test_a_shift_that_the_database_refuses_does_not_stop_the_others(register, monkeypatch):
    tell(register, sale(1, line("10001"), shift=1), sale(2, line("10001"), shift=2))
    post = sales.post

    def refuse_the_first(*, shift, now):
        if shift.number == 1:
            raise DatabaseError("no")
        return post(shift=shift, now=now)

    monkeypatch.setattr(sales, "post", refuse_the_first)

    summary = processing.run(now=LATER)

    assert [document.shift.number for document in summary.documents] == [2]
    assert summary.failed == [Shift.objects.get(number=1).pk]
    assert UnpostedReceipt.objects.get().shift.number == 1


def test_an_empty_run_is_one_statement(register, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert run() == []


@pytest.mark.parametrize("closes", [False, True])
def test_statements_do_not_grow_with_receipts_or_lines(register, closes, django_assert_max_num_queries):
    def statements(first, receipts, quantity, shift):
        tell(register, *(sale(first + n, *many(quantity), shift=shift) for n in range(receipts)))
        if closes:
            tell(register, closing(first + 99, shift=shift))
        with django_assert_max_num_queries(100) as captured:
            assert len(run()) == 1
        return len(captured)

    assert statements(1, 1, 1, shift=1) == statements(200, 20, 8, shift=2)


def many(quantity):
    for n in range(1, quantity + 1):
        code = f"2{n:04d}"
        if not Sku.objects.filter(code=code).exists():
            SkuFactory(code=code)
        yield line(code, number=n)


def test_the_command_tells_what_it_posted(register, capsys):
    tell(register, sale(1, line("10001")), closing())

    call_command("process_transactions", register=register.number)

    said = capsys.readouterr().out
    assert f"Z-report 000001: {register}, № 12, {register.warehouse}" in said
    assert "Documents posted: 1; shifts: 1;" in said


def test_the_command_fails_when_a_shift_did(register, monkeypatch):
    monkeypatch.setattr(processing, "run", lambda **_: processing.Summary([], 1, [7], 0.1))

    with pytest.raises(CommandError, match="7"):
        call_command("process_transactions")


def test_the_command_knows_its_registers(db):
    with pytest.raises(CommandError, match="no register 404"):
        call_command("process_transactions", register=404)


def test_transactions_are_processed_every_few_minutes(register):
    row = PeriodicTask.objects.get(task=tasks.transactions_process.name)
    tell(register, sale(1, line("10001")))

    tasks.transactions_process.delay()

    assert (row.interval.every, row.interval.period, row.enabled) == (5, "minutes", True)
    assert CurrentSales.objects.exists()
