"""A receipt's page: lines, payments, the body as it came, and what came of it."""

from decimal import Decimal

import pytest

from registers.choices import TransactionKind
from tests.factories.registers import (
    PaymentFactory,
    ReceiptFactory,
    ReceiptLineFactory,
)
from tests.factories.retail import WarehouseFactory
from tests.registers.pages import list_page, page, queries_of, text_of

pytestmark = pytest.mark.django_db


def test_the_page_shows_lines_payments_and_the_body(signed_in):
    receipt = ReceiptFactory(transaction__raw=b'{"cashier": "Petrova"}', fiscal_sign="1234567890")
    line = ReceiptLineFactory(receipt=receipt, quantity=Decimal("0.335"), marks=["0104600000000015"])
    PaymentFactory(receipt=receipt, kind="sbp", amount=Decimal("198.00"))

    shown = text_of(signed_in.get(page(receipt)))

    assert line.sku.name in shown
    assert "0.335" in shown
    assert "0104600000000015" in shown
    assert "Fast Payments System 198.00" in shown
    assert '"cashier": "Petrova"' in shown
    assert "1234567890" in shown


def test_the_page_takes_the_same_number_of_queries_for_any_number_of_lines(signed_in):
    short, long = ReceiptFactory(), ReceiptFactory()
    ReceiptLineFactory.create_batch(2, receipt=short)
    ReceiptLineFactory.create_batch(45, receipt=long)
    ReceiptLineFactory.create_batch(3, receipt=long, sku=None)

    assert queries_of(signed_in, page(long)) == queries_of(signed_in, page(short))


def test_a_receipt_of_thousands_of_lines_is_shown_in_pages(signed_in):
    receipt = ReceiptFactory()
    ReceiptLineFactory.create_batch(60, receipt=receipt)

    response = signed_in.get(page(receipt))

    assert response.content.decode().count("field-sku_code") <= 51


def test_lines_nobody_knows_are_counted(signed_in):
    receipt = ReceiptFactory(transaction__on_desk=True)
    ReceiptLineFactory.create_batch(2, receipt=receipt, sku=None)

    shown = text_of(signed_in.get(page(receipt)))

    assert "2 lines wait: their SKUs are not known." in shown
    assert "SKU not known" in shown


def test_a_return_and_its_sale_lead_to_each_other(signed_in):
    sale = ReceiptFactory(uid="sale-1")
    back = ReceiptFactory(kind=TransactionKind.RETURN, of_uid="sale-1")

    assert f'href="{page(sale)}"' in signed_in.get(page(back)).content.decode()
    assert f'href="{page(back)}"' in signed_in.get(page(sale)).content.decode()


def test_a_return_of_a_sale_that_has_not_come_says_so(signed_in):
    back = ReceiptFactory(kind=TransactionKind.RETURN, of_uid="sale-1")

    assert "Takes back receipt sale-1, which has not come." in text_of(signed_in.get(page(back)))


def test_a_cancelled_receipt_says_that_it_moved_nothing(signed_in):
    receipt = ReceiptFactory(kind=TransactionKind.CANCELLED)

    assert "Given up: it moved nothing." in text_of(signed_in.get(page(receipt)))


def test_the_warehouse_shown_is_the_one_it_was_sold_from(signed_in):
    receipt = ReceiptFactory()
    sold_from = receipt.warehouse
    receipt.register.warehouse = WarehouseFactory()
    receipt.register.save()

    assert f"sold from warehouse {sold_from.name}." in text_of(signed_in.get(page(receipt)))


def test_the_page_leads_to_the_balances_it_moved(signed_in):
    url = signed_in.get(page(ReceiptFactory())).context["balances_url"]

    assert signed_in.get(url).status_code == 200


@pytest.mark.parametrize(("wanted", "found"), [("15", True), ("receipt-guid", True), ("1", False), ("9" * 30, False)])
def test_one_is_found_by_its_number_or_its_id(signed_in, wanted, found):
    receipt = ReceiptFactory(number=15, uid="receipt-guid")

    response = signed_in.get(list_page("receipt", q=wanted))

    assert list(response.context["cl"].result_list) == ([receipt] if found else [])
