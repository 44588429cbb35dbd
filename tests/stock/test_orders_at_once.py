"""Customer orders at once, with real threads on PostgreSQL: a sale meets an agreement, an edit, another sale."""

import time
from threading import Event

import pytest
from django.db import connection, transaction

from stock.models import CustomerOrder, OrderEvent
from stock.services import orders, reservations
from tests.factories.registers import RegisterFactory
from tests.messages import line, sale
from tests.stock.conftest import NOW
from tests.stock.holding import balance, stocked
from tests.stock.ordering import hold_of, ordered
from tests.stock.selling import tell

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 10


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def milk(register):
    return stocked(register, 5)


def quick_to_see_deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '50ms'")


def sell(register, order, sku, number=1):
    quick_to_see_deadlocks()
    return tell(register, sale(number, line(sku.code), receipt={"order": order.uid}))


def wait_until_blocked():
    """Wait until somebody waits for a lock."""
    with connection.cursor() as cursor:
        for _ in range(PATIENCE * 100):
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)
    raise AssertionError("Nobody waits.")


def and_wait(verb, done, go, **arguments):
    """Do it, and commit when told to."""
    quick_to_see_deadlocks()
    with transaction.atomic():
        verb(**arguments)
        done.set()
        assert go.wait(PATIENCE)


@pytest.mark.parametrize("verb", [orders.agree, orders.cancel, orders.draft_again])
def test_a_sale_waits_for_what_people_do_and_leaves_nothing_held(register, milk, in_thread, verb):
    order = ordered(register, {milk: 1}, agreed=verb is not orders.agree)
    done, go = Event(), Event()
    arguments = {"date": NOW} if verb is orders.draft_again else {}
    doing = in_thread(and_wait, verb=verb, done=done, go=go, order=order, by=None, now=NOW, **arguments)
    assert done.wait(PATIENCE)

    selling = in_thread(sell, register=register, order=order, sku=milk)
    go.set()

    doing.result(PATIENCE)
    assert [one.status for one in selling.result(PATIENCE)] == ["accepted"]
    order = CustomerOrder.objects.get(pk=order.pk)
    assert order.is_sold
    assert (balance(register, milk).sold, balance(register, milk).reserved) == (1, 0)
    assert hold_of(order).state == ("released" if verb is orders.cancel else "committed")


def test_a_sale_and_the_courier_s_question_do_not_wait_for_each_other_in_a_ring(register, milk, in_thread, monkeypatch):
    order = ordered(register, {milk: 1})
    claimed, go = Event(), Event()
    write = OrderEvent.objects.bulk_create

    def write_when_told(events):
        claimed.set()
        assert go.wait(PATIENCE)
        return write(events)

    monkeypatch.setattr(OrderEvent.objects, "bulk_create", write_when_told)
    asking = in_thread(orders.tell, register=register, revisions=[order.handouts.get().revision], now=NOW)
    assert claimed.wait(PATIENCE)

    selling = in_thread(sell, register=register, order=order, sku=milk)
    wait_until_blocked()
    go.set()

    asking.result(PATIENCE)
    assert [one.status for one in selling.result(PATIENCE)] == ["accepted"]
    assert set(order.events.values_list("deed", flat=True)) == {"made", "agreed", "told", "sold"}


def test_of_an_agreement_and_a_sale_at_once_the_one_that_is_second_sees_the_first(register, milk, in_thread):
    order = ordered(register, {milk: 1}, agreed=False)

    selling = in_thread(sell, register=register, order=order, sku=milk)
    agreeing = in_thread(orders.agree, order=order, by=None, now=NOW)

    assert [one.status for one in selling.result(PATIENCE)] == ["accepted"]
    refusal = agreeing.exception(PATIENCE)
    assert refusal is None or isinstance(refusal, orders.OrderSold)
    assert balance(register, milk).reserved == 0
    assert CustomerOrder.objects.get().status == ("agreed" if refusal is None else "not_agreed")


def test_many_registers_at_once_sell_an_order_once(register, milk, in_thread):
    order = ordered(register, {milk: 1})
    others = [register, *RegisterFactory.create_batch(7, warehouse=register.warehouse)]

    sales = [in_thread(sell, register=one, order=order, sku=milk) for one in others]

    assert [one.status for done in sales for one in done.result(PATIENCE)] == ["accepted"] * 8
    assert order.events.filter(deed="sold").count() == 1
    assert (balance(register, milk).sold, balance(register, milk).reserved) == (8, 0)


def test_orders_for_the_last_of_an_item_are_agreed_one_by_one(register, milk, in_thread):
    wanted = [ordered(register, {milk: 2}, agreed=False) for _ in range(6)]

    agreed = [in_thread(orders.agree, order=order, by=None, now=NOW) for order in wanted]

    refusals = [done.exception(PATIENCE) for done in agreed]
    assert sum(refusal is None for refusal in refusals) == 2
    assert {type(refusal) for refusal in refusals if refusal} == {reservations.Refused}
    assert balance(register, milk).reserved == 4
