"""`GET orders`: a register hears of the orders that it delivers, of each change once, and of no others."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from exchange.services import loads
from retail.models import Catalogue, Constants
from stock.models import OrderHandout
from stock.services import documents, orders
from tests.exchange.conftest import Till
from tests.factories.exchange import RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.messages import line, sale
from tests.stock.conftest import NOW
from tests.stock.holding import stocked
from tests.stock.ordering import deeds, ordered

pytestmark = pytest.mark.django_db


@pytest.fixture
def milk(till):
    return stocked(till.register, 50, name="Молоко", code="10001")


def uids(rows):
    return [(row["uid"], row["withdrawn"]) for row in rows]


def test_an_agreed_order_is_told_to_its_courier(till, milk):
    order = ordered(
        till.register,
        {milk: 2},
        phone="+7 900 000-00-17",
        address="Садовая, 12",
        delivery_date=date(2026, 11, 21),
        delivery_from=time(10),
        prepaid=Decimal("100.00"),
        comment="домофон 4",
    )

    [told], _cursor = till.load("orders")

    assert told == {
        "uid": order.uid,
        "number": "000001",
        "date": "2026-11-20T12:00:00Z",
        "customer": "Анна Иванова",
        "phone": "+7 900 000-00-17",
        "address": "Садовая, 12",
        "delivery_date": "2026-11-21",
        "delivery_from": "10:00",
        "delivery_to": None,
        "prepaid": "100.00",
        "total": "198.00",
        "comment": "домофон 4",
        "lines": [
            {
                "line": 1,
                "sku": "10001",
                "name": "Молоко",
                "quantity": "2.000",
                "price": "99.00",
                "vat": milk.item.vat_rate.code,
                "amount": "198.00",
            }
        ],
        "withdrawn": False,
    }


def test_nobody_else_is_told(till, second_till, milk):
    ordered(till.register, {milk: 1})
    ordered(till.register, {milk: 1}, courier=None)
    ordered(till.register, {milk: 1}, agreed=False)

    assert len(till.load("orders")[0]) == 1
    assert second_till.load("orders")[0] == []


def test_after_the_cursor_only_what_changed_is_told(till, milk):
    first = ordered(till.register, {milk: 1})
    _rows, cursor = till.load("orders")
    second = ordered(till.register, {milk: 1})

    rows, cursor = till.load("orders", cursor)
    assert uids(rows) == [(second.uid, False)]
    assert till.load("orders", cursor) == ([], cursor)

    orders.edit(order=first, changes={"address": "Лесная, 3"}, by=None, now=NOW)
    [row], _cursor = till.load("orders", cursor)
    assert (row["uid"], row["address"]) == (first.uid, "Лесная, 3")


@pytest.mark.parametrize("verb", ["take_back", "cancel", "another_courier", "sale"])
def test_an_order_that_leaves_is_told_once_as_withdrawn(till, second_till, milk, verb):
    order = ordered(till.register, {milk: 1})
    _rows, cursor = till.load("orders")

    match verb:
        case "take_back" | "cancel":
            getattr(orders, verb)(order=order, by=None, now=NOW)
        case "another_courier":
            orders.edit(order=order, changes={"courier": second_till.register}, by=None, now=NOW)
        case "sale":
            till.tell(sale(1, line(milk.code), receipt={"order": order.uid}))

    rows, cursor = till.load("orders", cursor)
    assert rows == [{"uid": order.uid, "withdrawn": True}]
    assert till.load("orders", cursor)[0] == []
    assert till.load("orders")[0] == []
    assert uids(second_till.load("orders")[0]) == ([(order.uid, False)] if verb == "another_courier" else [])


def test_an_order_that_comes_back_is_told_again(till, milk):
    order = ordered(till.register, {milk: 1})
    _rows, cursor = till.load("orders")
    orders.take_back(order=order, by=None, now=NOW)
    orders.agree(order=order, by=None, now=NOW)

    assert uids(till.load("orders", cursor)[0]) == [(order.uid, False)]


def test_packets_hold_no_more_than_the_constants_say(till, milk):
    Constants.objects.update(packet_size=2)
    wanted = [ordered(till.register, {milk: 1}) for _ in range(5)]

    status, packet = till.get("orders")
    assert (status, len(packet["orders"]), packet["more"]) == (200, 2, True)

    rows, _cursor = till.load("orders")
    assert [row["uid"] for row in rows] == [order.uid for order in wanted]


def test_what_leaves_while_everything_is_being_loaded_is_told_too(till, milk):
    Constants.objects.update(packet_size=1)
    first = ordered(till.register, {milk: 1})
    ordered(till.register, {milk: 1})
    _status, packet = till.get("orders")
    assert uids(packet["orders"]) == [(first.uid, False)]

    orders.cancel(order=first, by=None, now=NOW)

    rows, _cursor = till.load("orders", packet["cursor"])
    assert (first.uid, True) in uids(rows)


@pytest.mark.parametrize("cause", ["epoch", "ahead", "another register", "another feed", "full load", "nonsense"])
def test_a_cursor_that_is_worth_nothing_is_refused(till, second_till, milk, cause):
    ordered(till.register, {milk: 1})
    _rows, cursor = till.load("orders")

    match cause:
        case "epoch":
            Catalogue.objects.update(epoch="another")
        case "ahead":
            cursor = cursor.rpartition(".")[0] + ".99"
        case "another register":
            till = second_till
        case "another feed":
            _rows, cursor = till.load("goods")
        case "full load":
            loads.post(load=RegisterLoadFactory(registers=[till.register]), by=None, now=timezone.now())
        case "nonsense":
            cursor = "o.1"

    status, refusal = till.get(f"orders?cursor={cursor}")
    assert (status, refusal["errors"][0]["code"]) == (410, "reload_required")


def test_the_first_taking_of_an_order_is_noted_in_its_life(till, milk):
    order = ordered(till.register, {milk: 1})

    till.load("orders")
    till.load("orders")

    assert deeds(order) == ["made", "agreed", "told"]
    event = order.events.get(deed="told")
    assert (event.register, event.by) == (till.register, None)
    orders.edit(order=order, changes={"phone": "1"}, by=None, now=NOW)
    assert OrderHandout.objects.get().told_at is None
    till.load("orders")
    assert deeds(order)[-2:] == ["changed", "told"]


def test_the_number_of_statements_does_not_grow_with_orders_or_lines(till, milk):
    bread, cheese = (stocked(till.register, 50) for _ in range(2))
    ordered(till.register, {milk: 1})
    till.load("orders")

    with CaptureQueriesContext(connection) as few:
        till.get("orders")
    for _ in range(5):
        ordered(till.register, {milk: 1, bread: 1, cheese: 1})
    till.load("orders")
    with CaptureQueriesContext(connection) as many:
        assert len(till.get("orders")[1]["orders"]) == 6

    assert len(few) == len(many) == 2  # Whose token it is, and the orders.


def test_a_register_sells_an_order_as_it_was_told(till, milk):
    order = ordered(till.register, {milk: 2})
    [told], _cursor = till.load("orders")
    lines = [{key: one[key] for key in ("line", "sku", "quantity", "price", "vat", "amount")} for one in told["lines"]]

    _status, answer = till.tell(sale(1, *lines, receipt={"order": told["uid"]}))

    assert answer["results"][0]["status"] == "accepted"
    order.refresh_from_db()
    assert order.is_sold
    _status, packet = till.get(f"stock/{milk.code}")
    assert packet["available"] == "48.000"


def test_an_edit_of_lines_is_told_whole(till, milk):
    order = ordered(till.register, {milk: 2})
    _rows, cursor = till.load("orders")

    orders.edit(
        order=order,
        changes={},
        lines=[documents.Line(milk, Decimal(3), Decimal(90))],
        by=UserFactory(),
        now=timezone.now() + timedelta(minutes=1),
    )

    [row], _cursor = till.load("orders", cursor)
    assert [(one["quantity"], one["amount"]) for one in row["lines"]] == [("3.000", "270.00")]


def test_a_register_without_orders_hears_of_none(db):
    till = Till(RegisterFactory())

    status, packet = till.get("orders")

    assert (status, packet["orders"], packet["more"]) == (200, [], False)
    assert till.get(f"orders?cursor={packet['cursor']}")[0] == 200
