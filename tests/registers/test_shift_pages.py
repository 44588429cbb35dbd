"""A shift's page: our totals beside the register's counters, and its receipts."""

import pytest

from tests.factories.registers import (
    KkmTransactionFactory,
    ReceiptFactory,
    ShiftFactory,
)
from tests.registers.pages import list_page, page, queries_of, text_of

pytestmark = pytest.mark.django_db


def test_the_page_sets_our_totals_beside_the_registers_counters(signed_in):
    shift = ShiftFactory(
        closed=True,
        counters={"sales": "198.00", "receipts": 2},
        totals={"sale.receipts": "1", "sale.total": "198.00", "sale.paid.cash": "198.00"},
    )

    response = signed_in.get(page(shift))

    shown = text_of(response)
    assert "Sales 198.00 198.00" in shown
    assert "Sale receipts 1 2" in shown
    assert response.content.decode().count('class="rg-differs"') == 1


def test_an_open_shift_has_no_counters_yet(signed_in):
    shown = text_of(signed_in.get(page(ShiftFactory())))

    assert "The register tells its own counters when it closes the shift." in shown


def test_the_page_takes_the_same_number_of_queries_for_any_number_of_receipts(signed_in):
    short, long = ShiftFactory(), ShiftFactory()
    ReceiptFactory.create_batch(1, register=short.register, shift=short)
    ReceiptFactory.create_batch(30, register=long.register, shift=long)

    assert queries_of(signed_in, page(long)) == queries_of(signed_in, page(short))


def test_the_page_leads_to_its_receipts_and_transactions(signed_in):
    receipt = ReceiptFactory(transaction__shift_number=7, shift__number=7)
    KkmTransactionFactory(register=receipt.register, shift_number=8)
    context = signed_in.get(page(receipt.shift)).context

    receipts = signed_in.get(context["receipts_url"]).context["cl"].result_list
    transactions = signed_in.get(context["transactions_url"]).context["cl"].result_list

    assert (list(receipts), list(transactions)) == ([receipt], [receipt.transaction])


def test_one_is_found_by_its_number(signed_in):
    shift = ShiftFactory(number=12)
    ShiftFactory(number=120)

    assert list(signed_in.get(list_page("shift", q="12")).context["cl"].result_list) == [shift]
