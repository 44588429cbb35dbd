"""May this be sold: goods are held for a receipt, or refused in words, and let go once."""

from decimal import Decimal

import pytest

from stock.services import reservations
from tests.stock.holding import asking, held, hold_of, place, stocked

pytestmark = pytest.mark.django_db


def test_what_is_free_is_held_and_lowers_what_is_available():
    register = asking()
    milk = stocked(register, 5)

    granted = place(register, "r1", (milk, "2.000"))

    assert [line.available for line in granted.lines] == [Decimal("3.000")]
    assert held(register, milk) == 2
    hold = hold_of(register, "r1")
    assert hold.state == "open"
    assert [(one.line, one.sku_id, one.quantity) for one in hold.held] == [(1, milk.pk, Decimal("2.000"))]


def test_more_than_is_free_is_refused_and_changes_nothing():
    register = asking()
    milk = stocked(register, 5)
    place(asking(warehouse=register.warehouse, number=77), "other", (milk, 3))

    with pytest.raises(reservations.Refused) as refused:
        place(register, "r1", (milk, 3))

    [line] = refused.value.lines
    assert (refused.value.code, line.available) == ("not_enough", Decimal("2.000"))
    assert "3 asked, 2 free" in str(refused.value)
    assert "register 77 – 3" in str(refused.value)
    assert held(register, milk) == 3
    assert reservations.release(register=register, receipt_uid="r1").lines == []


def test_a_released_receipt_gives_back_what_it_held():
    register = asking()
    milk = stocked(register, 5)
    place(register, "r1", (milk, 2))

    shown = reservations.release(register=register, receipt_uid="r1")

    assert (shown.state, shown.lines) == ("released", [])
    assert held(register, milk) == 0
