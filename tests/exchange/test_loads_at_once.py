"""Loads posted at the same moment: real threads on PostgreSQL, and tests that these tests see a lost lock."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, OperationalError, connection

from exchange.models import RegisterLoad
from exchange.services import loads
from registers.models import Register
from stock.models import WarehouseFeed
from tests.factories.exchange import RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory, RegisterStatusFactory

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
A_MOMENT = 0.3


def sequences(register):
    return list(register.loads.order_by("sequence").values_list("sequence", flat=True))


def at_once(*calls):
    """Run every call in a thread of its own, all let go at the same moment; return what each returned or raised."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        try:
            barrier.wait()
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture
def slow_writer(monkeypatch):
    """Let every posting sleep between writing its lines and its commit."""
    stamp = loads._stamp

    def stamp_and_sleep(load, *, is_full):
        stamp(load, is_full=is_full)
        time.sleep(A_MOMENT)

    monkeypatch.setattr(loads, "_stamp", stamp_and_sleep)


def post_all_at_once(posted):
    by = UserFactory()
    return at_once(*[lambda load=load: loads.post(load=load, by=by, now=NOW) for load in posted])


def test_two_loads_posted_at_once_number_themselves_one_after_another(slow_writer):
    registers = RegisterFactory.create_batch(3)
    posted = [RegisterLoadFactory(registers=registers), RegisterLoadFactory(registers=registers[::-1])]

    answers = post_all_at_once(posted)

    assert answers == posted
    assert [sequences(register) for register in registers] == [[1, 2]] * 3


def test_that_test_would_see_a_lost_lock(slow_writer, monkeypatch):
    registers = RegisterFactory.create_batch(3)
    posted = [RegisterLoadFactory(registers=registers), RegisterLoadFactory(registers=registers[::-1])]
    monkeypatch.setattr(loads, "_lock_registers", lambda load: [register.pk for register in registers])

    answers = post_all_at_once(posted)

    assert sum(isinstance(answer, IntegrityError) for answer in answers) == 1


def test_many_loads_of_crossed_registers_at_once_do_not_deadlock():
    registers = RegisterFactory.create_batch(6)
    for register in registers:
        RegisterStatusFactory(register=register, last_seen=NOW - timedelta(minutes=1))
    posted = [RegisterLoadFactory(registers=registers[place:] + registers[:place]) for place in range(6)]

    answers = post_all_at_once(posted)

    assert sorted(answer.pk for answer in answers) == [load.pk for load in posted]
    assert [sequences(register) for register in registers] == [[1, 2, 3, 4, 5, 6]] * 6


def test_that_test_would_see_locks_taken_in_any_order(monkeypatch):
    registers = RegisterFactory.create_batch(2)
    posted = [RegisterLoadFactory(registers=registers), RegisterLoadFactory(registers=registers[::-1])]

    def lock_in_the_order_of_lines(load):
        locked = []
        for line in load.lines.order_by("pk"):
            locked.append(Register.objects.select_for_update().get(pk=line.register_id).pk)
            time.sleep(A_MOMENT)
        return locked

    monkeypatch.setattr(loads, "_lock_registers", lock_in_the_order_of_lines)

    answers = post_all_at_once(posted)

    assert sum(isinstance(answer, OperationalError) for answer in answers) == 1


def test_one_load_posted_by_many_at_once_is_posted_once(slow_writer):
    load = RegisterLoadFactory(registers=[RegisterFactory()])

    answers = post_all_at_once([RegisterLoad.objects.get(pk=load.pk) for _person in range(4)])

    assert sum(isinstance(answer, loads.LoadAlreadyPosted) for answer in answers) == 3
    assert load.lines.get().sequence == 1
    assert WarehouseFeed.objects.get().revision == 0
