"""Cashiers at once: real threads on PostgreSQL, one winner every time, and tests that would notice a missing lock.

`PRILAVOK_ROUNDS` sets how often a race is run: 100 unless it says otherwise, a thousand and more on a quiet machine.
"""

import os
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from stock.models import Balance, Reservation, WarehouseFeed
from stock.services import intake, ledger, reservations
from tests.messages import entries, line, sale
from tests.stock.holding import NOW, amiss, asking, balance, expire, held, hold_of, place, stocked

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = int(os.environ.get("PRILAVOK_ROUNDS", "100"))


class Crew:
    """Threads with connections of their own, which stay while a test lets them do one thing after another at once."""

    def __init__(self, size):
        self.barrier = threading.Barrier(size)
        self.pool = ThreadPoolExecutor(size)

    def at_once(self, *calls):
        """Let every call go at the same moment; return what each returned or raised."""

        def run(call):
            self.barrier.wait()
            try:
                return call()
            except Exception as error:
                return error

        return list(self.pool.map(run, calls))

    def leave(self):
        list(self.pool.map(lambda _: (self.barrier.wait(), connection.close()), range(self.barrier.parties)))
        self.pool.shutdown()


@contextmanager
def crew(size):
    made = Crew(size)
    try:
        yield made
    finally:
        made.leave()


def tell(register, *transactions):
    return intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW)


def granted(answers):
    """How many were granted. Whoever was not was refused in words."""
    refused = [answer for answer in answers if isinstance(answer, Exception)]
    assert all(isinstance(error, reservations.Refused) for error in refused), refused
    return len(answers) - len(refused)


def test_one_unit_and_sixty_four_cashiers():
    first = asking()
    milk = stocked(first, 1)
    registers = [first, *(asking(warehouse=first.warehouse) for _ in range(63))]

    with crew(64) as cashiers:
        answers = cashiers.at_once(*(lambda r=r: place(r, "r", (milk, 1)) for r in registers))

    assert granted(answers) == 1
    assert held(first, milk) == 1
    assert Reservation.objects.count() == 1
    assert {answer.lines[0].available for answer in answers if isinstance(answer, reservations.Refused)} == {0}


def test_carts_in_crossed_order_neither_deadlock_nor_hold_a_half():
    first = asking()
    second = asking(warehouse=first.warehouse)
    a, b = stocked(first, 3), stocked(first, 3)

    with crew(2) as cashiers:
        for number in range(ROUNDS):
            answers = cashiers.at_once(
                lambda n=number: place(first, f"r{n}", (a, 2), (b, 2)),
                lambda n=number: place(second, f"r{n}", (b, 2), (a, 2)),
            )
            assert granted(answers) == 1, answers
            assert (held(first, a), held(first, b)) == (2, 2)
            for register in (first, second):
                reservations.release(register=register, receipt_uid=f"r{number}")

    assert amiss() == []


def test_a_register_that_asks_twice_at_once_holds_once():
    register = asking()
    milk = stocked(register, 5)

    with crew(8) as cashiers:
        answers = cashiers.at_once(*(lambda: place(register, "r1", (milk, 3)) for _ in range(8)))

    assert granted(answers) == 8
    assert held(register, milk) == 3


def race(cashiers, register, milk, number):
    """Let a sale, a release and the expiry of one hold go at once, in a random order of breath."""
    uid = f"r{number}"
    place(register, uid, (milk, 2))
    expire(register, uid, swept=False)
    runners = [
        lambda: tell(register, sale(number, line(milk.code, "2.000"), receipt={"uid": uid}))[0].status,
        lambda: reservations.release(register=register, receipt_uid=uid),
        reservations.sweep,
    ]

    def breathe(call):
        time.sleep(random.random() * 0.002)
        return call()

    return cashiers.at_once(*(lambda call=call: breathe(call) for call in runners))


def test_sale_release_and_expiry_have_one_winner():
    register = asking()
    milk = stocked(register, 1_000_000)
    winners = []

    with crew(3) as cashiers:
        for number in range(1, ROUNDS + 1):
            status, *_rest = race(cashiers, register, milk, number)

            hold = hold_of(register, f"r{number}")
            row = balance(register, milk)
            assert status == "accepted"
            assert (row.sold, row.reserved) == (2 * number, 0), hold.state
            assert hold.transaction is not None
            winners.append(hold.state)

    assert set(winners) <= {"committed", "released", "expired"}
    assert amiss() == []


def test_placing_once_more_and_letting_go_have_one_winner():
    """A cashier adds a line at the moment when the hold expires: it is held by the old hold, or by one made anew."""
    register = asking()
    milk, bread = stocked(register, 10), stocked(register, 10)

    with crew(2) as cashiers:
        for number in range(ROUNDS):
            uid = f"r{number}"
            place(register, uid, (milk, 2))
            expire(register, uid, swept=False)
            asked = [reservations.Wanted(2, Decimal(1), sku=bread.code)]
            cashiers.at_once(
                reservations.sweep, lambda u=uid, a=asked: reservations.place(register=register, receipt_uid=u, lines=a)
            )

            hold = hold_of(register, uid)
            assert hold.state == "open"
            assert (held(register, milk), held(register, bread)) == (2 if "1" in hold.lines else 0, 1)
            reservations.release(register=register, receipt_uid=uid)

    assert amiss() == []


def resize_against_a_rival(rounds):
    """One cashier shifts his quantity up and down while a rival asks for more than is left; return what he got."""
    first = asking()
    second = asking(warehouse=first.warehouse)
    milk = stocked(first, 4)
    place(first, "r1", (milk, 2))

    def rival(number):
        answers = []
        for turn in range(5):
            try:
                place(second, f"r{number}.{turn}", (milk, 3))
                answers.append("granted")
            except reservations.Refused:
                answers.append("refused")
        return answers

    stolen = []
    with crew(2) as cashiers:
        for number in range(rounds):
            _resized, got = cashiers.at_once(
                lambda: [place(first, "r1", (milk, quantity)) for quantity in (4, 2, 3, 2)], lambda n=number: rival(n)
            )
            stolen += got if isinstance(got, list) else [repr(got)]
    return stolen


def test_there_is_no_moment_when_a_resized_quantity_is_free():
    assert set(resize_against_a_rival(ROUNDS)) == {"refused"}
    assert amiss() == []


def test_giving_up_and_asking_anew_would_be_noticed(monkeypatch):
    """The test of the test: a resize that lets go before it holds."""
    in_one_step = reservations.place

    def in_two_steps(*, register, receipt_uid, **asked):
        reservations.release(register=register, receipt_uid=receipt_uid)
        time.sleep(0.002)
        return in_one_step(register=register, receipt_uid=receipt_uid, **asked)

    monkeypatch.setattr(reservations, "place", in_two_steps)

    assert set(resize_against_a_rival(5)) != {"refused"}


def test_a_cashier_waits_for_no_hold_that_somebody_is_at():
    """Sweeping on demand passes by a forgotten hold whose register is just asking for it."""
    first = asking()
    milk = stocked(first, 5)
    place(first, "forgotten", (milk, 4))
    expire(first, "forgotten", swept=False)
    locked, done = threading.Event(), threading.Event()

    def sit_on_it():
        with transaction.atomic():
            Reservation.objects.select_for_update().get()
            locked.set()
            assert done.wait(5)

    def ask():
        assert locked.wait(5)
        try:
            return place(asking(warehouse=first.warehouse), "r1", (milk, 2))
        finally:
            done.set()

    with crew(2) as cashiers:
        _none, answer = cashiers.at_once(sit_on_it, ask)

    assert isinstance(answer, reservations.Refused)
    assert hold_of(first, "forgotten").state == "open"


@contextmanager
def impatient(milliseconds):
    """Let stock control wait for a lock no longer than this."""
    with connection.cursor() as query:
        query.execute("SELECT proconfig FROM pg_proc WHERE proname = 'stock_reserve'")
        [(settings,)] = query.fetchall()
        assert "lock_timeout=1s" in settings
        query.execute(f"ALTER FUNCTION stock_reserve SET lock_timeout = '{milliseconds}ms'")
        try:
            yield
        finally:
            query.execute("ALTER FUNCTION stock_reserve SET lock_timeout = '1s'")


def test_a_warehouse_that_cannot_be_had_in_time_is_said_and_not_waited_for():
    register = asking()
    milk = stocked(register, 5)
    locked, done = threading.Event(), threading.Event()

    def sit_on_it():
        with transaction.atomic():
            ledger.lock(warehouse_id=register.warehouse_id)
            locked.set()
            assert done.wait(10)

    def ask():
        assert locked.wait(5)
        began = time.monotonic()
        try:
            place(register, "r1", (milk, 2))
        finally:
            took.append(time.monotonic() - began)
            done.set()

    took = []
    with impatient(100), crew(2) as cashiers:
        _none, answer = cashiers.at_once(sit_on_it, ask)

    assert isinstance(answer, reservations.StockControlUnavailable)
    assert 0.2 <= took[0] < 1  # It was asked twice.
    assert not Reservation.objects.exists()


def wait_for_somebody_to_wait():
    """Return when another connection stands in the queue for a lock."""
    for _ in range(500):
        with connection.cursor() as query:
            query.execute("SELECT pg_stat_clear_snapshot()")  # Else a transaction sees what it saw first.
            query.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            [(waiting,)] = query.fetchall()
        if waiting:
            return
        time.sleep(0.01)
    raise AssertionError("Nobody waits")


def hold_past_a_sale_in_progress(register, milk):
    """A sale of all there is has not committed yet when a cashier asks; return what he was answered."""
    sold = threading.Event()
    rival = asking(warehouse=register.warehouse)

    def sell():
        with transaction.atomic():
            tell(register, sale(1, line(milk.code, "5.000")))
            sold.set()
            wait_for_somebody_to_wait()

    def ask():
        assert sold.wait(5)
        return place(rival, "r1", (milk, 1))

    with crew(2) as cashiers:
        _none, answer = cashiers.at_once(sell, ask)
    return answer


def test_a_cashier_sees_what_was_sold_while_he_waited():
    register = asking()
    milk = stocked(register, 5)

    assert isinstance(hold_past_a_sale_in_progress(register, milk), reservations.Refused)
    assert Balance.objects.with_available().get().available == 0


LOCKED = """        UPDATE stock_warehousefeed f
        SET revision = f.revision + v_count
        WHERE f.warehouse_id = p_warehouse
        RETURNING f.revision - v_count INTO STRICT v_base;
"""
UNLOCKED = """        SELECT f.revision + 1000 INTO STRICT v_base
        FROM stock_warehousefeed f WHERE f.warehouse_id = p_warehouse;
"""


@contextmanager
def rewritten(function, words, other_words):
    """Let a function of the database be another one for a while."""
    with connection.cursor() as query:
        query.execute("SELECT pg_get_functiondef(%s::regproc)", [function])
        [(as_it_is,)] = query.fetchall()
        assert words in as_it_is
        query.execute(as_it_is.replace(words, other_words))
        try:
            yield
        finally:
            query.execute(as_it_is)


def test_without_the_lock_of_the_warehouse_the_same_goods_are_sold_twice():
    """The test of the test."""
    register = asking()
    milk = stocked(register, 5)

    with rewritten("stock_hold", LOCKED, UNLOCKED):
        answer = hold_past_a_sale_in_progress(register, milk)

    assert isinstance(answer, reservations.Granted)
    assert Balance.objects.with_available().get().available == -1


def end_what_was_sold():
    """Give a receipt up that has been sold, beside another that holds the same goods."""
    register = asking()
    milk = stocked(register, 5)
    place(register, "r1", (milk, 2))
    place(register, "r2", (milk, 2))
    tell(register, sale(1, line(milk.code, "2.000"), receipt={"uid": "r1"}))
    reservations.release(register=register, receipt_uid="r1")
    return held(register, milk)


def test_what_was_sold_is_not_let_go_again():
    assert end_what_was_sold() == 2


def test_without_its_condition_a_hold_would_end_twice():
    """The test of the test."""
    with rewritten("stock_end_hold", " AND r.state = 'open'", ""):
        assert end_what_was_sold() == 0

    assert amiss() != []


def test_sales_holds_and_sweeps_at_once_leave_the_books_true():
    first = asking()
    skus = [stocked(first, 20) for _ in range(4)]
    registers = [first, *(asking(warehouse=first.warehouse) for _ in range(5))]
    before = WarehouseFeed.objects.get(warehouse=first.warehouse).revision

    def work(register, seed):
        dice = random.Random(seed)
        for number in range(1, 9):
            uid, cart = f"r{number}", dice.sample(skus, 2)
            try:
                place(register, uid, *((sku, dice.randint(1, 6)) for sku in cart))
            except reservations.Refused:
                continue
            what = dice.choice(["sell", "cancel", "release", "forget"])
            if what in ("sell", "cancel"):
                kind = "sale" if what == "sell" else "cancelled"
                tell(register, sale(number, line(cart[0].code, "1.000"), kind=kind, receipt={"uid": uid}))
            elif what == "release":
                reservations.release(register=register, receipt_uid=uid)
            else:
                Reservation.objects.filter(register=register, receipt_uid=uid).update(
                    expires_at=timezone.now() - timedelta(seconds=1)
                )
                reservations.sweep()
        return "done"

    with crew(len(registers)) as cashiers:
        answers = cashiers.at_once(*(lambda r=r, n=n: work(r, n) for n, r in enumerate(registers)))

    assert answers == ["done"] * len(registers)
    reservations.sweep()
    assert amiss() == []
    revisions = list(Balance.objects.values_list("revision", flat=True))
    assert len(set(revisions)) == len(revisions)
    assert max(revisions) <= WarehouseFeed.objects.get(warehouse=first.warehouse).revision
    assert max(revisions) > before
