"""A return and its sale find each other by an id or by a number, whichever of them came first."""

from datetime import timedelta

import pytest

from registers.choices import TransactionKind
from registers.services import returns
from tests.factories.registers import NOON, ReceiptFactory, RegisterFactory, ShiftFactory
from tests.registers.pages import text_of
from tests.retail.admin import page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def till():
    return RegisterFactory()


def receipt(till, *, days=0, **fields):
    at = NOON - timedelta(days=30) + timedelta(days=days)
    shift = ShiftFactory(register=till, first_at=at - timedelta(hours=3))
    return ReceiptFactory(register=till, shift=shift, transaction__occurred_at=at, **fields)


def back(till, **fields):
    return receipt(till, kind=TransactionKind.RETURN, **fields)


def test_by_an_id_on_any_register(till):
    sale = receipt(till, uid="sale-1")
    taken = back(RegisterFactory(), of_uid="sale-1", days=1)

    assert (list(returns.sales_of(taken)), list(returns.returns_of(sale))) == ([sale], [taken])


def test_by_a_number_the_latest_sale_of_the_register_before_the_return_is_meant(till):
    older, newer = receipt(till, number=12, days=0), receipt(till, number=12, days=5)
    receipt(RegisterFactory(), number=12, days=6)
    receipt(till, number=12, days=9, kind=TransactionKind.CANCELLED)
    early, late = back(till, of_uid="#12", days=1), back(till, of_uid="#12", days=10)
    receipt(till, number=12, days=20)

    assert [list(returns.sales_of(one)) for one in (early, late)] == [[older], [newer]]
    assert [list(returns.returns_of(one)) for one in (older, newer)] == [[early], [late]]


def test_a_sale_that_has_not_come_is_found_once_it_has(till):
    taken = back(till, of_uid="#12", days=10)
    assert not returns.sales_of(taken)

    sale = receipt(till, number=12, days=1)

    assert list(returns.sales_of(taken)) == [sale]
    assert not returns.sales_of(sale)
    assert not returns.sales_of(back(till, of_uid="#\u0662", days=10))


def test_pages_lead_from_one_to_the_other_and_name_what_has_not_come(till):
    client = signed_in()
    taken = back(till, of_uid="#12", number=77, days=10)
    assert "Takes back receipt № 12, which has not come." in text_of(
        client.get(page("registers_receipt_change", taken.pk))
    )

    sale = receipt(till, number=12, days=1)

    assert "Takes back: № 12 on register" in text_of(client.get(page("registers_receipt_change", taken.pk)))
    assert "№ 77 on register" in text_of(client.get(page("registers_receipt_change", sale.pk)))
