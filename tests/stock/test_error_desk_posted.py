"""What is mended on the error desk reaches the books: processing posts it once, into the document where it belongs."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stock.models import (
    Balance,
    CurrentSales,
    MendedLine,
    Movement,
    SalesLine,
    UnpostedReceipt,
    UnsettledShift,
    ZReport,
)
from stock.services import audits, error_desk, processing
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import event, line, lines, sale
from tests.stock.desk import LATER, take_in, told

pytestmark = pytest.mark.django_db

EVENING = datetime(2026, 11, 20, 20, tzinfo=UTC)


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def milk():
    return SkuFactory(code="10001")


@pytest.fixture
def by():
    return UserFactory()


def posted():
    """What the documents hold, by SKU; sold less returned."""
    return {one.sku.code: one.quantity for one in SalesLine.objects.select_related("sku")}


def books(sku):
    balance = Balance.objects.get(sku=sku)
    return balance.on_hand, balance.sold


def test_a_mended_line_is_posted_with_the_shift_it_was_sold_in(register, milk, by):
    take_in(register, sale(1, *lines(("10001", "1.000"), ("404", "3.000"))))
    bread = SkuFactory(code="bread")

    error_desk.map_code(sku=bread, sku_code="404", barcode="", by=by, now=LATER)
    processing.run(now=EVENING)

    assert posted() == {"10001": 1, "bread": 3}
    assert books(bread) == (-3, 0)
    assert MendedLine.objects.get().document_id == CurrentSales.objects.get().pk


def test_a_line_mended_after_its_receipt_was_posted_comes_by_itself(register, milk, by):
    take_in(register, sale(1, *lines(("10001", "1.000"), ("404", "3.000"))))
    processing.run(now=LATER)
    bread = SkuFactory(code="bread")

    error_desk.map_code(sku=bread, sku_code="404", barcode="", by=by, now=LATER)
    assert books(bread) == (0, 3)
    processing.run(now=EVENING)
    processing.run(now=EVENING)

    assert (books(milk), books(bread)) == ((-1, 0), (-3, 0))
    assert CurrentSales.objects.count() == 2
    assert Movement.objects.filter(sku=bread).count() == 1


def test_a_line_mended_after_the_z_report_is_a_correction_of_it(register, milk, by):
    take_in(register, sale(1, *lines(("10001", "1.000"), ("404", "3.000"))), event(2, "shift_close", counters={}))
    processing.run(now=LATER)
    bread = SkuFactory(code="bread")

    error_desk.map_code(sku=bread, sku_code="404", barcode="", by=by, now=LATER)
    processing.run(now=EVENING)

    own, correction = ZReport.objects.order_by("pk")
    assert correction.corrects_id == own.pk
    assert books(bread) == (-3, 0)
    assert not UnsettledShift.objects.exists()


def test_a_corrected_sale_of_a_closed_shift_is_a_correction_with_its_money(register, milk, by):
    wrong = sale(1, line("10001", "0.000"))
    recorded = told(register, wrong)
    take_in(register, sale(2, line("10001")), event(3, "shift_close", counters={}))
    processing.run(now=LATER)
    right = sale(1, line("10001", "2.000"), uid=wrong["uid"])

    error_desk.correct(transaction_id=recorded.pk, body=json.dumps(right), by=by, reason="лента", now=LATER)
    processing.run(now=EVENING)

    own, correction = ZReport.objects.order_by("pk")
    assert (own.sales, correction.sales) == (Decimal("99.00"), Decimal("198.00"))
    assert correction.corrects_id == own.pk
    assert books(milk) == (-3, 0)
    assert not UnpostedReceipt.objects.exists()


def test_the_audit_finds_nothing_before_or_after_the_mended_is_posted(register, milk, by):
    wrong = sale(1, line("10001", "0.000"))
    recorded = told(register, wrong)
    take_in(register, sale(2, *lines(("10001", "1.000"), ("404", "3.000"))), event(3, "shift_close", counters={}))
    processing.run(now=LATER)
    right = sale(1, line("10001", "2.000"), uid=wrong["uid"])
    error_desk.correct(transaction_id=recorded.pk, body=json.dumps(right), by=by, reason="лента", now=LATER)
    error_desk.map_code(sku=SkuFactory(), sku_code="404", barcode="", by=by, now=LATER)

    assert audits.run() == []
    processing.run(now=EVENING)
    assert audits.run() == []
