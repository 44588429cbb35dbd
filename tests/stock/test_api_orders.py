"""Customer orders and reservations in the back-office API."""

import pytest

from config.roles import Role
from stock.models import CustomerOrder
from stock.services import orders
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.retail.programs import Program, refusal
from tests.stock.conftest import NOW
from tests.stock.holding import asking, expire, held, place, stocked
from tests.stock.ordering import ordered, sell_order

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(db):
    return RegisterFactory()


@pytest.fixture
def milk(register):
    return stocked(register, 5, name="Молоко", code="10001")


@pytest.fixture
def program():
    return Program(UserFactory(role=Role.OPERATOR))


def body(register, *lines, **fields):
    return {
        "warehouse": register.warehouse_id,
        "customer": "Анна Иванова",
        "courier": register.pk,
        "delivery_date": "2026-11-21",
        "delivery_from": "10:00",
        "lines": [{"sku": sku.code, "quantity": quantity} for sku, quantity in lines],
        **fields,
    }


def test_an_order_is_drafted_agreed_and_cancelled(program, register, milk):
    status, order = program.post("customer-orders", body(register, (milk, "2")))
    assert status == 201, order
    assert (order["number"], order["status"], order["state"], order["total"]) == (
        "000001", "not_agreed", "draft", str(milk.prices.get().amount * 2)
    )  # fmt: skip

    _status, agreed = program.post(f"customer-orders/{order['id']}/agree")
    assert (agreed["status"], held(register, milk)) == ("agreed", 2)

    status, cancelled = program.post(f"customer-orders/{order['id']}/cancel", {"reason": "передумали"})
    assert (status, cancelled["status"], held(register, milk)) == (200, "cancelled", 0)
    assert [(event["deed"], event["by"], event["reason"]) for event in cancelled["events"]] == [
        ("made", program.user.username, ""),
        ("agreed", program.user.username, ""),
        ("cancelled", program.user.username, "передумали"),
    ]
    assert program.post(f"customer-orders/{order['id']}/reopen")[1]["status"] == "not_agreed"


def test_agreeing_without_enough_is_refused_and_says_what_is_free(program, register, milk):
    order = ordered(register, {milk: 6}, agreed=False)

    status, answer = program.post(f"customer-orders/{order.pk}/agree")

    assert (status, answer["errors"][0]["code"], answer["refused"][0]["available"]) == (409, "not_enough", "5.000")
    assert held(register, milk) == 0


def test_an_agreed_order_is_edited_or_the_edit_refused(program, register, milk):
    order = ordered(register, {milk: 2})

    status, _answer = program.call("patch", f"customer-orders/{order.pk}", {"lines": [{"sku": "10001", "quantity": 5}]})
    assert (status, held(register, milk)) == (200, 5)

    answer = program.call("patch", f"customer-orders/{order.pk}", {"lines": [{"sku": "10001", "quantity": 6}]})
    assert (refusal(answer)[:2], held(register, milk)) == ((409, "not_enough"), 5)


@pytest.mark.parametrize(
    ("prepare", "verb", "code"),
    [
        ("agree", "agree", "order_agreed"),
        ("draft", "take-back", "order_not_agreed"),
        ("cancel", "cancel", "order_cancelled"),
        ("cancel", "agree", "order_cancelled"),
        ("draft", "reopen", "order_not_cancelled"),
        ("sell", "agree", "order_sold"),
        ("sell", "cancel", "order_sold"),
    ],
)
def test_a_verb_that_makes_no_sense_is_refused(program, register, milk, prepare, verb, code):
    order = ordered(register, {milk: 1}, agreed=prepare != "draft")
    if prepare == "cancel":
        orders.cancel(order=order, by=None, now=NOW)
    if prepare == "sell":
        sell_order(register, 1, order, milk)

    assert refusal(program.post(f"customer-orders/{order.pk}/{verb}", {}))[:2] == (409, code)


def test_one_that_was_agreed_is_not_deleted_and_one_that_was_not_is(program, register, milk):
    agreed, never = ordered(register, {milk: 1}), ordered(register, {milk: 1}, agreed=False)

    assert refusal(program.call("delete", f"customer-orders/{agreed.pk}"))[:2] == (409, "order_agreed")
    assert program.call("delete", f"customer-orders/{never.pk}")[0] == 204
    assert list(CustomerOrder.objects.all()) == [agreed]


def test_an_order_is_copied_and_taken_back_once_however_often_it_is_asked(program, register, milk):
    order = ordered(register, {milk: 1})

    first = program.post(f"customer-orders/{order.pk}/take-back", {"reason": ""}, key="k")
    assert program.post(f"customer-orders/{order.pk}/take-back", {"reason": ""}, key="k") == first
    assert program.post(f"customer-orders/{order.pk}/copy")[1]["number"] == "000002"


def test_an_order_that_is_sold_names_its_receipt(program, register, milk):
    order = ordered(register, {milk: 1})
    receipt = sell_order(register, 1, order, milk)
    ordered(register, {milk: 1})

    [row] = program.rows("customer-orders?sold=true")

    assert (row["id"], row["receipt"], row["state"]) == (order.pk, receipt.pk, "posted")
    assert len(program.rows(f"customer-orders?status=agreed&sold=false&courier={register.pk}")) == 1


def test_there_is_no_posting_of_orders(program, register, milk):
    order = ordered(register, {milk: 1}, agreed=False)

    assert program.post(f"customer-orders/{order.pk}/post")[0] == 404


def test_who_may_only_look_agrees_nothing(register, milk):
    program = Program(UserFactory(role=Role.ACCOUNTANT))
    order = ordered(register, {milk: 1}, agreed=False)

    assert program.get(f"customer-orders/{order.pk}")[0] == 200
    assert refusal(program.post(f"customer-orders/{order.pk}/agree"))[:2] == (403, "permission_denied")


def test_reservations_say_who_holds_what(program, register, milk):
    external = asking(warehouse=register.warehouse)
    place(external, "r1", (milk, "1.5"))
    place(external, "r2", (milk, 1))
    expire(external, "r2")
    order = ordered(register, {milk: 1})

    [receipt] = program.rows("reservations?state=open&of_order=false")
    assert (receipt["register"], receipt["receipt_uid"], receipt["late"]) == (external.pk, "r1", False)
    assert receipt["lines"] == [{"line": 1, "sku": milk.pk, "quantity": "1.500"}]
    [of_order] = program.rows(f"reservations?order={order.pk}")
    assert (of_order["register"], of_order["expires_at"]) == (None, None)
    assert len(program.rows("reservations?state=expired&late=false")) == 1
    assert program.rows("reservations?late=true") == []
