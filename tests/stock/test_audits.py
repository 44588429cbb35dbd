"""The audit of the books: silent while services write them, and naming whatever else has been written."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from registers.models import Receipt, ReceiptLine, Shift
from retail.choices import ItemKind
from stock import tasks
from stock.models import Balance, MendedLine
from stock.services import audits, documents, intake, processing
from tests.factories.registers import RegisterFactory
from tests.factories.retail import ItemFactory, SkuFactory, WarehouseFactory
from tests.factories.stock import BalanceFactory, MovementFactory
from tests.messages import entries, event, line, sale
from tests.stock.conftest import NOW, invoice, supply

pytestmark = pytest.mark.django_db


def tell(register, *transactions):
    intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW)


@pytest.fixture
def register(db):
    """A register of a chain where everything happened: documents, a settled shift, a late receipt, an open shift."""
    bread = SkuFactory(code="10001")
    SkuFactory(code="10002", item=ItemFactory(kind=ItemKind.SERVICE))
    register = RegisterFactory(number=7, warehouse=WarehouseFactory(name="Склад"))
    supply(register.warehouse, {bread: 30})
    sold = documents.post(document=invoice(register.warehouse, {bread: 3}), by=None, now=NOW)
    documents.reverse(document=sold, by=None, now=NOW)
    tell(
        register,
        sale(1, line("10001", "5.000", vat="22"), line("404", number=2), shift=1),
        sale(2, line("10001", vat="22"), line("10002", number=2), kind="return", shift=1),
        sale(3, line("10001"), kind="cancelled", shift=1),
        event(4, "cash_in", amount="100.00", shift=1),
    )
    processing.run(now=NOW)
    tell(register, event(6, "shift_close", shift=1), sale(7, line("10001", "2.000"), shift=2))
    mend(ReceiptLine.objects.get(sku=None))
    processing.run(now=NOW)
    tell(register, sale(5, line("10001"), shift=1), event(8, "cash_out", amount="9.00", shift=1))
    processing.run(now=NOW)
    tell(register, sale(9, line("10001", "4.000"), line("404", number=2), shift=2))
    mend(ReceiptLine.objects.get(sku=None))
    return register


def mend(receipt_line):
    """What the error desk does, without its other effects."""
    receipt_line.sku = SkuFactory()
    receipt_line.save()
    MendedLine.objects.create(line=receipt_line, mended_at=NOW)
    BalanceFactory(warehouse=receipt_line.receipt.warehouse, sku=receipt_line.sku, on_hand=0, sold=1)


def corrupt(*statements, guarded_by=()):
    """Write past every service, and past the triggers of these tables."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in guarded_by:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        for table in guarded_by:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def found(**period):
    return [difference[1:] for difference in audits.run(**period)]


def test_books_kept_by_the_services_agree(register):
    assert audits.run() == []


def test_what_differs_is_told_in_words(register):
    corrupt("UPDATE stock_balance SET on_hand = on_hand + 1 WHERE sold = 4")

    [difference] = audits.run()

    assert difference.check == "balances on hand are the sum of movements"
    assert str(difference) == "warehouse Склад, SKU 10001: on hand is 24.000, and 23.000 was counted"


def test_a_movement_without_its_balance_is_named():
    lost = MovementFactory(quantity=4)

    assert found() == [(f"warehouse {lost.warehouse.name}, SKU {lost.sku.code}", "on hand", "0", "4.000")]


def test_nothing_is_corrected(register):
    corrupt("UPDATE stock_balance SET sold = 77 WHERE sold = 4")

    audits.run()

    assert Balance.objects.filter(sold=77).exists()


BALANCE = "warehouse Склад, SKU 10001"
FIRST, SECOND = "register 7, shift 1", "register 7, shift 2"
DIFFERENT = {
    "sold": (
        ["UPDATE stock_balance SET sold = 5 WHERE sold = 4"],
        [(BALANCE, "sold", "5.000", "4.000")],
    ),
    "a queued receipt that went": (
        ["DELETE FROM stock_unpostedreceipt"],
        [
            (BALANCE, "sold", "4.000", "0"),
            (f"{SECOND}, receipt 9", "place", "nowhere", "in the queue or in a document of its shift and warehouse"),
        ],
    ),
    "a revision ahead of the feed": (
        ["UPDATE stock_balance SET revision = 999 WHERE sold = 4"],
        [(BALANCE, "revision", "999", "no more than 7")],
    ),
    "a sale revision ahead of the feed": (
        ["UPDATE stock_balance SET sale_revision = 998 WHERE sold = 4"],
        [(BALANCE, "revision", "998", "no more than 7")],
    ),
    "a total of an open shift": (
        ["""UPDATE registers_shift SET totals = totals || '{"sale.vat.": "1.00"}' WHERE number = 2"""],
        [(SECOND, "sale.vat.", "1.00", "693.00")],
    ),
    "a total that was lost": (
        ["UPDATE registers_shift SET totals = totals - 'sale.receipts' WHERE number = 2"],
        [(SECOND, "sale.receipts", "0", "2")],
    ),
    "a payment": (
        ["UPDATE registers_payment SET amount = 1 WHERE receipt_id = (SELECT max(receipt_id) FROM registers_payment)"],
        [(SECOND, "sale.paid.cash", "693.00", "199.00")],
    ),
    "cash": (
        ["UPDATE registers_kkmtransaction SET amount = 10 WHERE kind = 'cash_out'"],
        [(FIRST, "cash_out.total", "9.00", "10.00")],
    ),
    "a receipt queued and posted": (
        [
            "INSERT INTO stock_unpostedreceipt (shift_id, receipt_id, warehouse_id) SELECT shift_id, transaction_id,"
            " warehouse_id FROM registers_receipt WHERE number = 7"
        ],
        [
            (BALANCE, "sold", "4.000", "6.000"),
            (
                f"{SECOND}, receipt 7",
                "place",
                "in the queue and in a document",
                "in the queue or in a document of its shift and warehouse",
            ),
        ],
    ),
    "a cancelled receipt in the queue": (
        [
            "INSERT INTO stock_unpostedreceipt (shift_id, receipt_id, warehouse_id) SELECT shift_id, 0, warehouse_id"
            " FROM registers_receipt WHERE number = 7"
        ],
        [("receipt 0", "place", "in the queue", "no sale and no return")],
    ),
}


@pytest.mark.parametrize(("statements", "expected"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_corrupted_row_is_named(register, statements, expected):
    corrupt(*statements, guarded_by=["registers_shift", "registers_kkmtransaction", "registers_payment"])

    assert found() == expected


def test_a_receipt_in_a_document_of_another_shift_is_named(register):
    corrupt(
        "UPDATE stock_receiptposting SET document_id = (SELECT min(stockdocument_ptr_id) FROM stock_zreport)"
        f" WHERE receipt_id = {Receipt.objects.get(number=7).pk}",
        guarded_by=["stock_receiptposting"],
    )

    assert [row[:3] for row in found() if row[1] == "place"] == [
        (f"{SECOND}, receipt 7", "place", "in a document of another shift")
    ]


@pytest.mark.parametrize(
    ("column", "place"),
    [("shift_id", "in the queue of another shift"), ("warehouse_id", "in the queue of another warehouse")],
)
def test_a_receipt_in_a_queue_that_is_not_its_own_is_named(register, column, place):
    other = {"shift_id": Shift.objects.get(number=1).pk, "warehouse_id": WarehouseFactory().pk}[column]
    corrupt(f"UPDATE stock_unpostedreceipt SET {column} = {other}")

    assert (f"{SECOND}, receipt 9", "place", place) in [row[:3] for row in found()]


def test_a_receipt_in_a_document_of_another_warehouse_is_named(register):
    corrupt(
        f"UPDATE stock_stockdocument SET warehouse_id = {WarehouseFactory().pk} WHERE kind = 'current_sales'",
        guarded_by=["stock_stockdocument"],
    )

    assert {row[2] for row in found() if row[1] == "place"} == {"in a document of another warehouse"}


def test_a_closed_shift_that_nobody_would_settle_is_named(register):
    tell(register, event(10, "shift_close", shift=2))
    corrupt("DELETE FROM stock_unsettledshift")

    assert found() == [(SECOND, "Z-report", "none", "one, or a place in the queue")]


def test_a_z_report_that_is_not_its_shift_is_named(register):
    corrupt(
        """UPDATE stock_zreport SET totals = totals || '{"cash_in.total": "101.00"}' WHERE corrects_id IS NULL""",
        guarded_by=["stock_zreport"],
    )

    assert found() == [(FIRST, "Z-reports, cash_in.total", "101.00", "100.00")]


def test_a_z_report_that_is_laid_out_otherwise_is_named(register):
    corrupt(
        "UPDATE stock_zreporttotal SET amount = 1 WHERE kind = 'sale' AND by = 'vat' AND key = '22'",
        guarded_by=["stock_zreporttotal"],
    )

    [(row, *rest)] = found()
    assert (row[:16], rest) == ("Z-report 000001 ", ["sale.vat.22", "495.00", "1.00"])


def test_a_document_that_is_not_its_receipts_is_named(register):
    corrupt(
        "UPDATE stock_salesline SET amount = amount + 1, quantity = quantity + 1"
        " WHERE kind = 'return' AND sku_id = (SELECT id FROM retail_sku WHERE code = '10002')",
        guarded_by=["stock_salesline"],
    )

    assert [(row.split(",")[-1], *rest) for row, *rest in found()] == [
        (" SKU 10002", "return, VAT , amount", "100.00", "99.00"),
        (" SKU 10002", "return, VAT , quantity", "2.000", "1.000"),
    ]


def test_a_document_that_did_not_move_what_it_holds_is_named(register):
    corrupt(
        "UPDATE stock_movement SET quantity = -3 WHERE quantity = -2",
        "UPDATE stock_balance SET on_hand = on_hand - 1 WHERE sold = 4",
        guarded_by=["stock_movement"],
    )

    [(row, *rest)] = found()
    assert (row[:14], row[-9:], rest) == ("current_sales ", "SKU 10001", ["moved", "-3.000", "-2.000"])


def test_history_may_be_left_out(register):
    corrupt("UPDATE registers_shift SET totals = '{}' WHERE number = 1")

    assert found(since=NOW + timedelta(days=1)) == []
    assert found(since=NOW - timedelta(days=1)) != []


def test_what_waits_to_be_settled_is_not_wrong(register):
    tell(register, event(11, "cash_in", amount="7.00", shift=1))

    assert audits.run() == []


def test_each_check_is_one_statement(register, django_assert_num_queries):
    with django_assert_num_queries(len(audits.CHECKS)):
        audits.run()


def test_the_books_are_audited_every_night(register, monkeypatch):
    asked = []
    monkeypatch.setattr(audits, "run", lambda **given: asked.append(given))

    row = PeriodicTask.objects.get(task=tasks.books_audit.name)
    tasks.books_audit.delay()

    assert (row.interval.every, row.interval.period, len(asked)) == (1, "days", 1)
    assert timezone.now() - asked[0]["since"] > timedelta(days=99)


def test_the_command_says_that_all_agrees(register, capsys):
    call_command("audit")

    assert capsys.readouterr().out.count("agrees ") == len(audits.CHECKS)


def test_the_command_names_what_differs_and_fails(register, capsys):
    corrupt("UPDATE stock_balance SET sold = 5 WHERE sold = 4")

    with pytest.raises(CommandError, match="differ: 1"):
        call_command("audit", days=3650)

    said = capsys.readouterr().out
    assert "DIFFERS  balances sold are the sum of lines in no document" in said
    assert f"{BALANCE}: sold is 5.000, and 4.000 was counted" in said
