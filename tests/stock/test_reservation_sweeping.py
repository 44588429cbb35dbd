"""Forgotten holds: a task lets them go, and else whoever would be refused for them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from stock import tasks
from stock.models import Reservation, WarehouseFeed
from stock.services import reservations, wakeups
from tests.factories.registers import ReceiptFactory
from tests.factories.retail import PriceFactory
from tests.factories.stock import BalanceFactory
from tests.stock.holding import NOW, amiss, asking, expire, held, hold_of, place, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(db):
    return asking()


@pytest.fixture
def milk(register):
    return stocked(register, 5, name="Молоко")


def states():
    return dict(Reservation.objects.values_list("receipt_uid", "state"))


def test_a_sweep_lets_go_of_what_ran_out_and_of_nothing_else(register, milk, monkeypatch):
    told = []
    monkeypatch.setattr(wakeups, "announce", told.extend)
    place(register, "r1", (milk, 1))
    place(register, "r2", (milk, 2))
    Reservation.objects.create(warehouse=register.warehouse, receipt_uid="order", placed_at=NOW, changed_at=NOW)
    expire(register, "r1", swept=False)
    told.clear()

    assert reservations.sweep() == 1

    assert states() == {"r1": "expired", "r2": "open", "order": "open"}
    assert held(register, milk) == 2
    assert told == [register.warehouse_id]
    assert hold_of(register, "r1").ended_at is not None
    assert reservations.sweep() == 0


def test_a_sweep_goes_through_all_warehouses_a_few_hundred_holds_at_a_time(register, milk, monkeypatch):
    monkeypatch.setattr(reservations, "SWEPT_AT_ONCE", 2)
    elsewhere = asking()
    PriceFactory(sku=milk, price_type=elsewhere.warehouse.retail_price_type)
    BalanceFactory(warehouse=elsewhere.warehouse, sku=milk, on_hand=5)
    for number in range(5):
        place(register, f"r{number}", (milk, 1))
    place(elsewhere, "e1", (milk, 1))
    Reservation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert reservations.sweep() == 6

    assert set(states().values()) == {"expired"}
    assert (held(register, milk), held(elsewhere, milk)) == (0, 0)


def test_before_a_refusal_forgotten_holds_of_the_goods_asked_are_let_go(register, milk):
    bread = stocked(register, 5)
    place(register, "forgotten", (milk, 4), (bread, 1))
    place(register, "of other goods", (bread, 1))
    place(register, "fresh", (milk, 1))
    expire(register, "forgotten", swept=False)
    expire(register, "of other goods", swept=False)

    granted = place(asking(warehouse=register.warehouse), "r1", (milk, 3))

    assert granted.lines[0].available == 1
    assert states() == {"forgotten": "expired", "of other goods": "open", "fresh": "open", "r1": "open"}
    assert (held(register, milk), held(register, bread)) == (4, 1)
    assert amiss() == []


def test_while_there_is_enough_nobody_is_swept(register, milk):
    place(register, "forgotten", (milk, 2))
    expire(register, "forgotten", swept=False)

    place(register, "r1", (milk, 3))

    assert states() == {"forgotten": "open", "r1": "open"}


def test_what_sweeping_freed_is_told_even_if_it_was_not_enough(
    register, milk, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr(wakeups, "announce", told.extend)
    place(register, "forgotten", (milk, 2))
    expire(register, "forgotten", swept=False)
    before = WarehouseFeed.objects.get(warehouse=register.warehouse).revision

    with django_capture_on_commit_callbacks(execute=True), pytest.raises(reservations.Refused) as refused:
        place(register, "r1", (milk, 6))

    assert refused.value.lines[0].available == 5
    assert told == [register.warehouse_id]
    assert WarehouseFeed.objects.get(warehouse=register.warehouse).revision == before + 1


def test_nobody_sweeps_the_hold_he_asks_for(register, milk):
    place(register, "r1", (milk, 3))
    expire(register, "r1", swept=False)

    with pytest.raises(reservations.Refused) as refused:
        place(register, "r1", (milk, 6))
    place(register, "r1", (milk, 5))

    assert (refused.value.lines[0].available, refused.value.lines[0].own) == (2, 3)
    assert held(register, milk) == 5
    assert amiss() == []


@pytest.mark.parametrize(("kind", "state"), [("sale", "committed"), ("cancelled", "released"), ("return", "released")])
def test_a_sweep_ends_holds_whose_receipt_has_come_and_missed_them(register, milk, kind, state):
    """It came at the very moment of their placing, or after the register was moved to another warehouse."""
    place(register, "r1", (milk, 2))
    come = ReceiptFactory(register=register, uid="r1", kind=kind)

    assert reservations.sweep() == 1

    hold = hold_of(register, "r1")
    assert (hold.state, hold.transaction) == (state, come.transaction if kind == "sale" else None)
    assert held(register, milk) == 0


def test_sweeping_runs_every_minute_and_asks_the_same_whatever_there_is(register, milk, django_assert_num_queries):
    row = PeriodicTask.objects.get(task=tasks.reservations_sweep.name)
    place(register, "r1", (milk, Decimal("0.5")))
    expire(register, "r1", swept=False)

    with django_assert_num_queries(3):
        tasks.reservations_sweep.delay()

    assert (row.interval.every, row.interval.period) == (1, "minutes")
    assert states() == {"r1": "expired"}
