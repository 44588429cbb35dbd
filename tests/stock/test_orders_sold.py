"""A receipt made from an order: the order is sold by it, once, and what it held is sold and not held any more."""

import json

import pytest
from django.db import IntegrityError

from stock.models import CustomerOrder, Reservation
from stock.services import audits, documents, error_desk, orders, processing, reservations
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import line, sale
from tests.stock.conftest import NOW, supply
from tests.stock.desk import told
from tests.stock.holding import asking, balance, held, place, stocked
from tests.stock.holding import hold_of as hold_for
from tests.stock.ordering import deeds, handed, hold_of, ordered, sell_order
from tests.stock.selling import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(db):
    return RegisterFactory()


@pytest.fixture
def milk(register):
    return stocked(register, 5, name="Молоко")


def figures(register, sku):
    row = balance(register, sku)
    return row.sold, row.reserved


def test_a_receipt_made_from_an_order_sells_it_with_what_it_held(register, milk):
    order = ordered(register, {milk: 1})

    receipt = sell_order(register, 1, order, milk)

    order.refresh_from_db()
    assert (order.receipt, order.state, order.status, order.posted_at) == (receipt, "posted", "agreed", NOW)
    assert figures(register, milk) == (1, 0)
    hold = hold_of(order)
    assert (hold.state, hold.transaction_id, hold.is_late) == ("committed", receipt.pk, False)
    assert handed(order) == {register.pk: False}
    assert deeds(order) == ["made", "agreed", "sold"]
    row = balance(register, milk)
    assert row.revision == row.sale_revision == row.warehouse.feed.revision


def test_more_or_less_than_ordered_is_sold_as_told_and_all_that_was_held_is_free(register, milk):
    order = ordered(register, {milk: 4})
    tell(register, sale(1, line(milk.code, "2.000"), receipt={"order": order.uid}))

    assert figures(register, milk) == (2, 0)


def test_goods_that_were_held_and_not_sold_are_free_again(register, milk):
    bread = stocked(register, 5)
    order = ordered(register, {milk: 1, bread: 2})

    sell_order(register, 1, order, milk)

    assert (figures(register, milk), figures(register, bread)) == ((1, 0), (0, 0))


def test_an_order_may_be_named_by_its_number_on_the_register_that_delivers_it(register, milk):
    order = ordered(register, {milk: 1})

    sell_order(register, 1, order.number, milk)

    assert figures(register, milk) == (1, 0)


def test_another_register_names_an_order_by_its_id_alone(register, milk):
    second = RegisterFactory(warehouse=register.warehouse)
    order = ordered(register, {milk: 1})

    sell_order(second, 1, order.number, milk)
    order.refresh_from_db()
    assert (order.receipt, held(register, milk)) == (None, 1)

    receipt = sell_order(second, 2, order, milk)
    order.refresh_from_db()
    assert (order.receipt, held(register, milk)) == (receipt, 0)


def test_a_sale_of_an_order_nobody_knows_is_a_sale(register, milk):
    receipt = sell_order(register, 1, "404", milk)

    assert receipt.order_uid == "404"
    assert figures(register, milk) == (1, 0)


def test_an_order_is_sold_once(register, milk):
    order = ordered(register, {milk: 1})
    first = sell_order(register, 1, order, milk)

    sell_order(register, 2, order, milk)

    order.refresh_from_db()
    assert order.receipt == first
    assert figures(register, milk) == (2, 0)
    assert deeds(order) == ["made", "agreed", "sold"]


def test_the_same_sale_again_changes_nothing(register, milk):
    order = ordered(register, {milk: 1})
    told = sale(1, line(milk.code), receipt={"order": order.uid})
    tell(register, told)

    [again] = tell(register, told)

    assert again.status == "duplicate"
    assert figures(register, milk) == (1, 0)


def test_two_receipts_of_one_batch_sell_an_order_once(register, milk):
    order = ordered(register, {milk: 2})

    tell(register, *(sale(number, line(milk.code), receipt={"order": order.uid}) for number in (1, 2)))

    assert figures(register, milk) == (2, 0)
    assert deeds(order) == ["made", "agreed", "sold"]


def test_a_sale_of_a_cancelled_order_is_a_sale_and_marked_so(register, milk):
    order = orders.cancel(order=ordered(register, {milk: 1}), by=None, now=NOW)

    receipt = sell_order(register, 1, order, milk)

    order.refresh_from_db()
    assert (order.status, order.receipt, order.state) == ("cancelled", receipt, "posted")
    assert figures(register, milk) == (1, 0)
    assert (hold_of(order).state, hold_of(order).is_late) == ("released", True)


def test_an_order_that_nobody_agreed_may_be_sold(register, milk):
    order = ordered(register, {milk: 1}, agreed=False)

    sell_order(register, 1, order, milk)

    order.refresh_from_db()
    assert order.is_sold
    assert not Reservation.objects.exists()


def test_a_receipt_that_was_given_up_leaves_the_order_and_its_goods_as_they_were(register, milk):
    order = ordered(register, {milk: 1})

    tell(register, sale(1, line(milk.code), kind="cancelled", receipt={"order": order.uid}))

    order.refresh_from_db()
    assert (order.is_sold, held(register, milk)) == (False, 1)


def test_a_return_leaves_the_order_sold(register, milk):
    order = ordered(register, {milk: 1})
    receipt = sell_order(register, 1, order, milk)

    tell(register, sale(2, line(milk.code), kind="return", receipt={"order": order.uid, "of": receipt.uid}))

    order.refresh_from_db()
    assert order.receipt == receipt
    assert figures(register, milk) == (0, 0)


def test_a_return_does_not_sell_an_order(register, milk):
    order = ordered(register, {milk: 1})

    tell(register, sale(1, line(milk.code), kind="return", receipt={"order": order.uid}))

    order.refresh_from_db()
    assert (order.is_sold, held(register, milk)) == (False, 1)


def test_a_receipt_with_a_hold_of_its_own_frees_that_and_the_orders(milk, register):
    external = asking(warehouse=register.warehouse)
    order = ordered(external, {milk: 1})
    place(external, "r1", (milk, 2))

    sell_order(external, 1, order, milk, receipt={"uid": "r1"})

    assert figures(register, milk) == (1, 0)
    assert (hold_for(external, "r1").state, hold_of(order).state) == ("committed", "committed")


def test_what_an_order_holds_in_another_warehouse_is_free_with_the_next_sweep(register, milk):
    order = ordered(register, {milk: 1})
    elsewhere = RegisterFactory()
    stocked(elsewhere, 5, code="elsewhere")

    receipt = sell_order(elsewhere, 1, order, milk)

    order.refresh_from_db()
    assert (order.receipt, held(register, milk)) == (receipt, 1)
    assert reservations.sweep() == 1
    assert held(register, milk) == 0
    assert (hold_of(order).state, hold_of(order).transaction_id) == ("committed", receipt.pk)


def test_a_sold_order_is_kept_as_it_was(register, milk):
    order = ordered(register, {milk: 1})
    sell_order(register, 1, order, milk)
    order = CustomerOrder.objects.get()

    for verb in (orders.agree, orders.take_back, orders.cancel, orders.reopen):
        with pytest.raises(orders.OrderSold):
            verb(order=order, by=None, now=NOW)
    with pytest.raises(orders.OrderSold):
        orders.edit(order=order, changes={"customer": "Пётр"}, by=None, now=NOW)
    with pytest.raises(orders.OrderSold):
        orders.discard(order=order)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda order: CustomerOrder.objects.update(customer="Пётр"),
        lambda order: order.lines.update(quantity=9),
        lambda order: documents.mark(order, state="reversed", reversed_at=NOW),
    ],
)
def test_the_database_keeps_a_sold_order_too(register, milk, spoil):
    order = ordered(register, {milk: 1})
    sell_order(register, 1, order, milk)

    with pytest.raises(IntegrityError, match=r"kept|not_reversed"):
        spoil(order)


def test_a_sale_mended_on_the_error_desk_sells_its_order(register, milk):
    order = ordered(register, {milk: 1})
    wrong = sale(1, line(milk.code, "0.000"), receipt={"order": order.uid})
    recorded = told(register, wrong)
    order.refresh_from_db()
    assert not order.is_sold

    right = sale(1, line(milk.code), uid=wrong["uid"], receipt={"order": order.uid})
    error_desk.correct(transaction_id=recorded.pk, body=json.dumps(right), by=UserFactory(), reason="по ленте", now=NOW)

    order.refresh_from_db()
    assert order.receipt_id == recorded.pk
    assert figures(register, milk) == (1, 0)


def test_the_hold_is_free_even_if_goods_of_the_receipt_are_unknown(register, milk):
    order = ordered(register, {milk: 1})

    [outcome] = tell(register, sale(1, line("404"), receipt={"order": order.uid}))

    assert outcome.status == "error_desk"
    order.refresh_from_db()
    assert (order.is_sold, figures(register, milk)) == (True, (0, 0))


def test_the_sale_of_an_order_goes_into_documents_like_any_other(register):
    milk = SkuFactory()
    supply(register.warehouse, {milk: 5})
    sell_order(register, 1, ordered(register, {milk: 1}), milk)

    processing.run(now=NOW)

    row = balance(register, milk)
    assert (row.on_hand, row.sold, row.reserved) == (4, 0, 0)
    assert audits.run() == []
