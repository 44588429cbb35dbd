"""Where a number comes from: what makes a balance adds up to it, exactly, and what does not is said."""

from datetime import timedelta
from decimal import Decimal

import pytest

from registers.choices import TransactionKind
from stock.choices import DocumentKind
from stock.models import Balance, MendedLine, UnpostedReceipt
from stock.services import documents, explanations
from stock.services.explanations import Group
from tests.factories.registers import ReceiptFactory, ReceiptLineFactory, RegisterFactory
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.factories.stock import BalanceFactory
from tests.stock.conftest import NOW, invoice, supply

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def waiting_line(balance, quantity, kind=TransactionKind.SALE, *, mended=False):
    """A line of a receipt that no document holds; a mended one belongs to a receipt that was posted without it."""
    register = RegisterFactory(warehouse=balance.warehouse)
    receipt = ReceiptFactory(register=register, kind=kind)
    line = ReceiptLineFactory(receipt=receipt, sku=balance.sku, quantity=Decimal(quantity))
    if mended:
        MendedLine.objects.create(line=line, mended_at=NOW)
    else:
        UnpostedReceipt.objects.create(shift=receipt.shift, receipt=receipt, warehouse=receipt.warehouse)
    return line


def test_on_hand_is_explained_by_kinds_of_documents():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 10})
    supply(warehouse, {bread: 5})
    sold = documents.post(document=invoice(warehouse, {bread: 3}), by=None, now=NOW)
    documents.reverse(document=sold, by=None, now=NOW)

    found = explanations.explain(balance=Balance.objects.get())

    assert (found.on_hand, found.opening.net, found.on_hand_unexplained) == (15, 0, 0)
    assert found.moved == (
        Group(DocumentKind.GOODS_RECEIPT, 2, Decimal(15), Decimal(0)),
        Group(DocumentKind.WHOLESALE_INVOICE, 2, Decimal(3), Decimal(-3)),
    )


def test_movements_before_a_day_are_the_opening():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 10})
    documents.post(document=invoice(warehouse, {bread: 3}), by=None, now=NOW + DAY)
    balance = Balance.objects.get()

    found = explanations.explain(balance=balance, since=NOW + DAY)

    assert (found.opening.net, found.opening.count, found.on_hand_unexplained) == (10, 1, 0)
    assert [group.net for group in found.moved] == [-3]
    assert [movement.quantity for movement in explanations.movements(balance=balance, since=NOW + DAY)] == [-3]


def test_movements_are_listed_the_latest_first_and_by_kind():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 10})
    documents.post(document=invoice(warehouse, {bread: 3}), by=None, now=NOW)
    balance = Balance.objects.get()

    every = explanations.movements(balance=balance)
    receipts = explanations.movements(balance=balance, kind=DocumentKind.GOODS_RECEIPT)

    assert [movement.quantity for movement in every] == [-3, 10]
    assert [movement.quantity for movement in receipts] == [10]


def test_sold_is_explained_by_receipts_that_no_document_holds():
    balance = BalanceFactory(sold=Decimal("6.5"))
    sale = waiting_line(balance, 5)
    taken_back = waiting_line(balance, 1, TransactionKind.RETURN)
    mended = waiting_line(balance, "2.5", mended=True)
    ReceiptLineFactory(receipt=ReceiptFactory(warehouse=balance.warehouse), sku=balance.sku)  # Posted long ago.
    waiting_line(BalanceFactory(warehouse=balance.warehouse), 7)
    waiting_line(BalanceFactory(sku=balance.sku), 7)

    found = explanations.explain(balance=balance)

    assert {group.kind: (group.count, group.net) for group in found.waiting} == {
        "sale": (1, 5), "return": (1, -1), "mended": (1, Decimal("2.5")),
    }  # fmt: skip
    assert found.sold_unexplained == 0
    assert list(explanations.waiting_lines(balance=balance)) == [mended, taken_back, sale]


def test_a_mended_line_of_a_receipt_that_waits_counts_once():
    balance = BalanceFactory(sold=2)
    line = waiting_line(balance, 2)
    MendedLine.objects.create(line=line, mended_at=NOW)

    found = explanations.explain(balance=balance)

    assert [(group.kind, group.net) for group in found.waiting] == [("mended", 2)]
    assert list(explanations.waiting_lines(balance=balance)) == [line]


def test_what_nothing_explains_is_said():
    balance = BalanceFactory(on_hand=10, sold=4, reserved=1)

    found = explanations.explain(balance=balance)

    assert (found.on_hand_unexplained, found.sold_unexplained, found.available) == (10, 4, 5)


def test_it_takes_one_statement_whatever_stands_behind_it(django_assert_num_queries):
    balance = BalanceFactory(sold=5)
    for _ in range(5):
        waiting_line(balance, 1)
        supply(balance.warehouse, {balance.sku: 1})

    with django_assert_num_queries(1):
        explanations.explain(balance=balance)


def test_sums_of_receipts_are_told_whole_and_by_rate_or_payment():
    sale = ReceiptFactory(total=Decimal("300.00"))
    returned = ReceiptFactory(total=Decimal("100.00"), kind=TransactionKind.RETURN)
    for receipt, vat, price in ((sale, "22", 200), (sale, "10", 100), (returned, "10", 100)):
        ReceiptLineFactory(receipt=receipt, vat=vat, quantity=1, price=Decimal(price))
    receipts = type(sale).objects.all()

    whole = explanations.sum_up(receipts=receipts)
    at_ten = explanations.sum_up(receipts=receipts, vat="10")
    in_cash = explanations.sum_up(receipts=receipts, paid="cash")

    assert (whole.sale_count, whole.sales, whole.return_count, whole.returns, whole.part) == (1, 300, 1, 100, None)
    assert at_ten.part == (100, 100)
    assert in_cash.part == (0, 0)
