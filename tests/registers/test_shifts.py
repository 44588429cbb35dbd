"""What a shift came to, and how it stands beside the register's own counters."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from registers.choices import PaymentKind
from registers.services import shifts
from tests.factories.registers import RegisterFactory, ShiftFactory

pytestmark = pytest.mark.django_db
TOTALS = {
    "sale.receipts": "2",
    "sale.lines": "7",
    "sale.total": "150.00",
    "sale.vat.22": "150.00",
    "sale.paid.cash": "110.00",
    "sale.paid.card": "40.00",
    "return.receipts": "1",
    "return.total": "30.00",
    "return.paid.cash": "30.00",
    "cancelled.receipts": "1",
    "cash_in.total": "500.00",
    "cash_out.total": "250.00",
}


@pytest.fixture
def shift(db):
    return ShiftFactory(number=12, totals=TOTALS)


def test_a_shift_is_what_was_counted_as_it_was_taken_in(shift, django_assert_num_queries):
    with django_assert_num_queries(0):
        totals = shifts.totals(shift=shift)

    assert (totals.sales, totals.returns) == (150, 30)
    assert (totals.receipts, totals.return_receipts) == (2, 1)
    assert totals.payments == {PaymentKind.CASH: 80, PaymentKind.CARD: 40}


def test_cash_put_in_and_taken_out_counts_in_the_drawer(shift):
    totals = shifts.totals(shift=shift)

    assert (totals.cash_in, totals.cash_out, totals.cash_in_drawer) == (500, 250, 330)


def test_an_empty_shift_comes_to_nothing(db):
    totals = shifts.totals(shift=ShiftFactory())

    assert (totals.sales, totals.receipts, totals.payments, totals.cash_in_drawer) == (0, 0, {}, 0)


def figures(shift):
    compared = shifts.compare(shift=shift, totals=shifts.totals(shift=shift))
    return [(figure.ours, figure.theirs, figure.differs) for figure in compared]


def test_counters_stand_beside_our_totals(shift):
    shift.counters = {
        "sales": "150.00",
        "returns": 30,
        "receipts": 3,
        "return_receipts": 1,
        "cash": "80.0",
        "card": 40.0,
        "cash_in_drawer": "331.00",
    }

    assert [differs for _ours, _theirs, differs in figures(shift)] == [False, False, True, False, False, False, True]


@pytest.mark.parametrize(
    ("drawer", "ours", "differs"), [("330.00", 330, False), ("1330", 1330, False), ("1", 330, True)]
)
def test_a_drawer_may_hold_what_the_shift_found_in_it(shift, drawer, ours, differs):
    first, before = shift.first_at - timedelta(days=2), shift.first_at - timedelta(days=1)
    ShiftFactory(register=shift.register, number=10, first_at=first, counters={"cash_in_drawer": "7.00"})
    ShiftFactory(register=shift.register, number=11, first_at=before, counters={"cash_in_drawer": "1000.00"})
    ShiftFactory(number=11, first_at=before, counters={"cash_in_drawer": "5.00"})
    shift.counters = {"cash_in_drawer": drawer}

    assert figures(shift)[-1] == (ours, Decimal(drawer), differs)


def test_a_first_shift_found_nothing_in_the_drawer(shift):
    shift.counters = {"cash_in_drawer": "1.00"}

    assert figures(shift)[-1] == (330, 1, True)


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
