"""What a shift came to, and how it stands beside the register's own counters."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from registers.choices import PaymentKind, TransactionKind
from registers.services import shifts
from tests.factories.registers import (
    KkmTransactionFactory,
    PaymentFactory,
    ReceiptFactory,
    RegisterFactory,
    ShiftFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def shift(db):
    return ShiftFactory(number=12)


def receipt(shift, total, kind=TransactionKind.SALE, **payments):
    made = ReceiptFactory(register=shift.register, shift=shift, kind=kind, total=Decimal(total))
    for payment, amount in payments.items():
        PaymentFactory(receipt=made, kind=payment, amount=Decimal(amount))


def cash(shift, kind, amount, number=None):
    KkmTransactionFactory(
        register=shift.register, shift_number=number or shift.number, kind=kind, amount=Decimal(amount)
    )


def test_a_shift_is_the_sum_of_its_receipts(shift):
    receipt(shift, 100, cash=60, card=40)
    receipt(shift, 50, cash=50)
    receipt(shift, 30, kind=TransactionKind.RETURN, cash=30)
    receipt(shift, 999, kind=TransactionKind.CANCELLED)
    receipt(ShiftFactory(register=shift.register), 7, cash=7)

    totals = shifts.totals(shift=shift)

    assert (totals.sales, totals.returns) == (150, 30)
    assert (totals.receipts, totals.return_receipts) == (2, 1)
    assert totals.payments == {PaymentKind.CASH: 80, PaymentKind.CARD: 40}


def test_cash_put_in_and_taken_out_counts_in_the_drawer(shift):
    receipt(shift, 100, cash=100)
    cash(shift, TransactionKind.CASH_IN, 500)
    cash(shift, TransactionKind.CASH_OUT, 250)
    cash(shift, TransactionKind.CASH_IN, 9999, number=13)
    cash(ShiftFactory(number=12), TransactionKind.CASH_IN, 9999)

    totals = shifts.totals(shift=shift)

    assert (totals.cash_in, totals.cash_out, totals.cash_in_drawer) == (500, 250, 350)


def test_an_empty_shift_comes_to_nothing(shift):
    totals = shifts.totals(shift=shift)

    assert (totals.sales, totals.receipts, totals.payments, totals.cash_in_drawer) == (0, 0, {}, 0)


def test_a_shift_is_summed_up_in_three_statements(shift, django_assert_num_queries):
    receipt(shift, 100, cash=100)

    with django_assert_num_queries(3):
        shifts.totals(shift=shift)


def figures(shift):
    compared = shifts.compare(shift=shift, totals=shifts.totals(shift=shift))
    return [(figure.ours, figure.theirs, figure.differs) for figure in compared]


def test_counters_stand_beside_our_totals(shift):
    receipt(shift, 100, cash=60, card=40)
    shift.counters = {
        "sales": "100.00",
        "returns": 0,
        "receipts": 2,
        "return_receipts": 0,
        "cash": "60.0",
        "card": 40.0,
        "cash_in_drawer": "61.00",
    }

    assert [differs for _ours, _theirs, differs in figures(shift)] == [False, False, True, False, False, False, True]


@pytest.mark.parametrize(
    "counters",
    [None, [], "text", {}, {"sales": None}, {"sales": "NaN"}, {"sales": "x"}, {"sales": True}, {"sales": {}}],
)
def test_a_counter_that_says_nothing_differs_from_nothing(shift, counters):
    shift.counters = counters

    assert all((theirs, differs) == (None, False) for _ours, theirs, differs in figures(shift))


def test_the_database_knows_a_shift_of_a_register_once():
    register = RegisterFactory()
    ShiftFactory(register=register, number=1)

    with pytest.raises(IntegrityError, match="number_once_per_register"), transaction.atomic():
        ShiftFactory(register=register, number=1)
