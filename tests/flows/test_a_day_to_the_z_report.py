"""A day of two tills, told from the opening of their shifts to the night's audit."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.utils import timezone

from registers.models import Receipt, Shift
from stock.choices import Agreement
from stock.models import Balance, CurrentSales, Discrepancy, Movement, ReceiptPosting, UnpostedReceipt, ZReport
from stock.services import audits, documents, processing, reconciliation
from stock.services.documents import Line
from tests.exchange.conftest import Till
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import CounterpartyFactory, PriceFactory, SkuFactory, WarehouseFactory
from tests.flows.test_a_morning import four_numbers, heard, join
from tests.messages import event, line, sale

pytestmark = pytest.mark.django_db


class Day:
    """A till's day: every transaction has the next number, a minute after the one before."""

    def __init__(self, till: Till, opens) -> None:
        self.till, self.at, self.number, self.receipts = till, opens, 0, 0

    def happens(self, kind, *sold, **fields):
        """Return what the till writes down; it is told when somebody hands it to `tell`."""
        self.number += 1
        self.at += timedelta(minutes=1)
        when = {"occurred_at": self.at.isoformat(), "shift": 31}
        if not sold:
            return event(self.number, kind, **when, **fields)
        self.receipts += 1
        return sale(self.number, *sold, kind=kind, receipt={"number": self.receipts, **fields}, **when)

    def tell(self, *transactions):
        _status, answer = self.till.tell(*transactions)
        return [result["status"] for result in answer["results"]]


def by_card(amount):
    return {"payments": [{"kind": "card", "amount": amount}]}


def agreement(report):
    return ZReport.objects.with_agreement().get(pk=report.pk).agreement


def test_a_day_to_the_z_report():
    now = timezone.now()
    opens = now - timedelta(hours=10)
    warehouse, accountant = WarehouseFactory(), UserFactory(accountant=True)
    milk, bread = SkuFactory(code="10001"), SkuFactory(code="10002")
    for sku in (milk, bread):
        PriceFactory(sku=sku, price_type=warehouse.retail_price_type, amount=Decimal("99.00"))
    documents.post(
        document=documents.draft_goods_receipt(
            warehouse=warehouse,
            supplier=CounterpartyFactory(),
            date=opens,
            lines=[Line(milk, Decimal(100), Decimal("70.00")), Line(bread, Decimal(50), Decimal("30.00"))],
        ),
        by=accountant,
        now=opens,
    )
    first, second = (Day(join(RegisterFactory(warehouse=warehouse), accountant), opens) for _till in range(2))

    # Both tills open, put change into the drawer and sell; a receipt is given up half way.
    for day in (first, second):
        day.tell(day.happens("shift_open"), day.happens("cash_in", amount="1000.00"))
    first.tell(
        first.happens("sale", line("10001", "2.000", vat="10")),
        first.happens("cancelled", line("10002", "9.000", vat="10")),
        first.happens("sale", line("10001", vat="10"), line("10002", number=2, vat="22"), **by_card("198.00")),
    )
    second.tell(second.happens("sale", line("10002", "5.000", vat="22")))
    assert four_numbers(warehouse, milk) == (100, 3, 0, 97)
    _news, cursor = heard(first.till, first.till.load("stock")[1])

    # Every few minutes the books catch up: current sales of each till, and no till hears of it.
    made = processing.run(now=opens + timedelta(hours=1))
    assert [(type(document), document.sequence, document.register) for document in made.documents] == [
        (CurrentSales, 1, first.till.register),
        (CurrentSales, 1, second.till.register),
    ]
    assert four_numbers(warehouse, milk) == (97, 0, 0, 97)
    assert four_numbers(warehouse, bread) == (44, 0, 0, 44)
    assert heard(first.till, cursor) == ({}, cursor)
    assert processing.run(now=opens + timedelta(hours=1)).documents == []

    # One receipt of the first till does not get through. A customer brings milk back; money goes to the bank.
    lost = first.happens("sale", line("10002", "3.000", vat="22"))
    first.tell(first.happens("return", line("10001", vat="10"), of=str(Receipt.objects.first().uid)))
    first.tell(first.happens("cash_out", amount="900.00"))
    assert four_numbers(warehouse, milk) == (97, -1, 0, 98)

    # The first till closes. It has counted what never reached us, and 10 roubles that nobody sold.
    first.tell(
        first.happens(
            "shift_close",
            counters={
                "sales": "703.00",
                "returns": "99.00",
                "receipts": 3,
                "return_receipts": 1,
                "cash": "396.00",
                "card": "198.00",
                "cash_in_drawer": "496.00",
            },
        )
    )
    (report,) = processing.run(now=now).documents
    report.refresh_from_db()
    assert (report.register, report.sales, report.returns) == (first.till.register, 396, 99)
    assert (report.receipts, report.return_receipts, report.cancelled_receipts) == (2, 1, 1)
    assert (report.cash_in, report.cash_out) == (1000, 900)
    assert sorted(report.breakdown.filter(kind="sale").values_list("by", "key", "amount", "tax")) == [
        ("payment", "card", Decimal(198), None),
        ("payment", "cash", Decimal(198), None),
        ("vat", "10", Decimal(297), Decimal("27.00")),
        ("vat", "22", Decimal(99), Decimal("17.85")),
    ]
    assert four_numbers(warehouse, milk) == (98, 0, 0, 98)

    # It does not agree, and says where: money, and the numbers that are missing.
    found = {
        (difference.what, difference.key): difference for difference in Discrepancy.objects.filter(report=report).open()
    }
    assert agreement(report) == Agreement.DIFFERS
    assert found["counter", "sales"].difference == -307
    assert found["transaction_gap", ""].details["gaps"] == [[6, 6]]
    assert found["receipt_gap", ""].details["gaps"] == [[4, 4]]

    # In the night the lost receipt comes after all: into a correction of its own shift, not into tomorrow's.
    tomorrow = now + timedelta(hours=12)
    assert first.tell(lost) == ["accepted"]
    assert four_numbers(warehouse, bread) == (44, 3, 0, 41)
    (correction,) = processing.run(now=tomorrow).documents
    correction.refresh_from_db()
    assert (correction.corrects, correction.shift, correction.sales) == (report, report.shift, 297)
    assert four_numbers(warehouse, bread) == (41, 0, 0, 41)
    assert first.tell(lost) == ["duplicate"]
    assert processing.run(now=tomorrow).documents == []

    # What was missing is there; ten roubles are not, and the accountant takes them as they are.
    (left,) = Discrepancy.objects.open()
    assert (left.key, left.difference, left.accepted_at) == ("sales", -10, None)
    reconciliation.accept(discrepancy=left, by=accountant, reason="Кассир пробил и отменил без чека", now=tomorrow)
    assert agreement(report) == Agreement.ACCEPTED

    # The second till closes too, and agrees to the last kopeck.
    second.tell(second.happens("shift_close", counters={"sales": "495.00", "receipts": 1, "cash_in_drawer": "1495.00"}))
    (other,) = processing.run(now=tomorrow).documents
    assert agreement(other) == Agreement.AGREES

    # Every receipt is in one document, the books moved by what was sold, and the audit finds nothing.
    assert not UnpostedReceipt.objects.exists()
    assert ReceiptPosting.objects.count() == Receipt.objects.exclude(kind="cancelled").count() == 5
    moved = Movement.objects.exclude(document__kind="goods_receipt")
    assert sum(movement.quantity for movement in moved) == -(2 + 1 + 1 + 5 - 1 + 3)
    assert not Balance.objects.exclude(sold=0).exists()
    assert Shift.objects.filter(unsettled__isnull=False).count() == 0
    assert audits.run() == []
    call_command("audit")
