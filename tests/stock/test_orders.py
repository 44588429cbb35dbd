"""Customer orders: what is agreed is held, and what is given up is free again."""

from datetime import time, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from retail.choices import ItemKind
from stock.models import CustomerOrder, OrderEvent, Reservation
from stock.services import audits, documents, orders, reservations
from tests.factories.people import UserFactory
from tests.factories.registers import ReceiptFactory, RegisterFactory
from tests.factories.retail import ItemFactory, PriceFactory, SkuFactory, WarehouseFactory
from tests.stock.conftest import NOW
from tests.stock.holding import balance, held, stocked
from tests.stock.ordering import deeds, handed, hold_of, ordered

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(db):
    return RegisterFactory()


@pytest.fixture
def milk(register):
    return stocked(register, 5, name="Молоко")


@pytest.fixture
def bread(register):
    return stocked(register, 5, name="Хлеб")


def of_orders():
    return [one for one in audits.run() if "order" in one.check or "reserved" in one.check]


def test_a_drafted_order_is_numbered_and_holds_nothing(register, milk):
    order = ordered(register, {milk: 2}, agreed=False, prepaid=Decimal("50.00"))

    assert (order.number, order.status, order.state, order.kind) == ("000001", "not_agreed", "draft", "customer_order")
    assert order.organization == register.warehouse.organization
    assert held(register, milk) == 0
    assert deeds(order) == ["made"]
    assert handed(order) == {}


def test_an_agreed_order_holds_its_goods_for_ever(register, milk, bread):
    by = UserFactory()
    order = ordered(register, {milk: 2, bread: 5}, agreed=False)

    orders.agree(order=order, by=by, now=NOW)

    hold = hold_of(order)
    assert (hold.state, hold.expires_at, hold.register, hold.warehouse) == ("open", None, None, register.warehouse)
    assert [(one.line, one.sku_id, one.quantity) for one in hold.held] == [(1, milk.pk, 2), (2, bread.pk, 5)]
    assert (held(register, milk), held(register, bread)) == (2, 5)
    assert order.status == "agreed"
    assert OrderEvent.objects.get(deed="agreed").by == by
    assert handed(order) == {register.pk: True}
    assert of_orders() == []


def test_an_order_is_not_agreed_when_there_is_not_enough_and_the_refusal_names_every_such_line(register, milk, bread):
    order = ordered(register, {milk: 6, bread: 5, SkuFactory(item__name="Сыр"): 1}, agreed=False)

    with pytest.raises(reservations.Refused) as refused:
        orders.agree(order=order, by=None, now=NOW)

    assert [(line.line, line.available) for line in refused.value.lines] == [(1, 5), (3, 0)]
    assert "“Молоко”: 6 asked, 5 free." in str(refused.value)
    order.refresh_from_db()
    assert order.status == "not_agreed"
    assert not Reservation.objects.exists()
    assert held(register, bread) == 0
    assert deeds(order) == ["made"]


def test_what_an_order_holds_is_not_to_be_had_by_a_till(milk, register):
    ordered(register, {milk: 4})
    asking = RegisterFactory(external=True, warehouse=register.warehouse)

    with pytest.raises(reservations.Refused, match=r"2 asked, 1 free\. Others hold: orders – 4\."):
        reservations.place(
            register=asking,
            receipt_uid="r",
            lines=[reservations.Wanted(line=1, sku=milk.code, quantity=Decimal(2))],
        )


def test_a_service_of_an_order_is_not_held(register, milk):
    delivery = SkuFactory(item=ItemFactory(kind=ItemKind.SERVICE))

    order = ordered(register, {milk: 1, delivery: 1})

    assert [one.sku_id for one in hold_of(order).held] == [milk.pk]
    assert of_orders() == []


def test_an_order_without_lines_is_not_agreed(register):
    order = ordered(register, {}, agreed=False)

    with pytest.raises(documents.NoLines):
        orders.agree(order=order, by=None, now=NOW)


def test_an_order_is_agreed_once(register, milk):
    order = ordered(register, {milk: 2})

    with pytest.raises(orders.OrderAgreed):
        orders.agree(order=order, by=None, now=NOW)

    assert held(register, milk) == 2


def test_an_agreement_that_is_taken_back_frees_the_goods_and_may_be_made_again(register, milk):
    order = ordered(register, {milk: 2})

    orders.take_back(order=order, by=None, now=NOW, reason="  the customer\n moved ")

    assert held(register, milk) == 0
    assert (hold_of(order).state, hold_of(order).reason) == ("released", "the customer moved")
    assert handed(order) == {register.pk: False}
    orders.agree(order=order, by=None, now=NOW)
    assert held(register, milk) == 2
    assert handed(order) == {register.pk: True}
    assert deeds(order) == ["made", "agreed", "taken_back", "agreed"]


def test_a_cancelled_order_holds_nothing_and_stays_to_be_read(register, milk):
    order = ordered(register, {milk: 2})

    orders.cancel(order=order, by=None, now=NOW, reason="changed their mind")

    assert held(register, milk) == 0
    assert handed(order) == {register.pk: False}
    for verb in (orders.agree, orders.cancel):
        with pytest.raises(orders.OrderCancelled):
            verb(order=order, by=None, now=NOW)
    with pytest.raises(orders.OrderCancelled):
        orders.edit(order=order, changes={"customer": "Пётр"}, by=None, now=NOW)
    with pytest.raises(orders.OrderNotAgreed):
        orders.take_back(order=order, by=None, now=NOW)


def test_a_cancelled_order_is_taken_up_again(register, milk):
    order = orders.cancel(order=ordered(register, {milk: 2}), by=None, now=NOW)

    orders.reopen(order=order, by=None, now=NOW)

    assert order.status == "not_agreed"
    with pytest.raises(orders.OrderNotCancelled):
        orders.reopen(order=order, by=None, now=NOW)
    orders.agree(order=order, by=None, now=NOW)
    assert held(register, milk) == 2


def test_editing_an_agreed_order_holds_what_its_lines_now_say(register, milk, bread):
    order = ordered(register, {milk: 5})

    lines = [documents.Line(milk, Decimal(3)), documents.Line(bread, Decimal(1)), documents.Line(milk, Decimal(2))]
    orders.edit(order=order, changes={"customer": "Пётр"}, lines=lines, by=None, now=NOW)

    assert (held(register, milk), held(register, bread)) == (5, 1)
    assert CustomerOrder.objects.get().customer == "Пётр"
    assert deeds(order)[-1] == "changed"
    assert of_orders() == []


def test_an_edit_that_asks_for_more_than_there_is_changes_nothing(register, milk):
    order = ordered(register, {milk: 5})

    with pytest.raises(reservations.Refused, match="6 asked, 5 free"), transaction.atomic():
        orders.edit(order=order, changes={}, lines=[documents.Line(milk, Decimal(6))], by=None, now=NOW)

    assert held(register, milk) == 5
    assert order.lines.get().quantity == 5


def test_an_agreed_order_keeps_at_least_a_line(register, milk):
    order = ordered(register, {milk: 5})

    with pytest.raises(documents.NoLines), transaction.atomic():
        orders.edit(order=order, changes={}, lines=[], by=None, now=NOW)


def test_an_edit_by_somebody_who_did_not_see_the_agreement_does_not_undo_it(register, milk):
    order = ordered(register, {milk: 2}, agreed=False)
    seen_before = CustomerOrder.objects.get(pk=order.pk)
    orders.agree(order=order, by=None, now=NOW)

    orders.edit(order=seen_before, changes={"phone": "+7 900 000-00-17"}, by=None, now=NOW)

    assert CustomerOrder.objects.get().status == "agreed"
    assert held(register, milk) == 2


def test_an_order_that_holds_goods_stays_in_its_warehouse(register, milk):
    order = ordered(register, {milk: 2}, courier=None)
    elsewhere = WarehouseFactory(organization=register.warehouse.organization)

    with pytest.raises(orders.OrderHoldsGoods):
        orders.edit(order=order, changes={"warehouse": elsewhere}, by=None, now=NOW)

    orders.take_back(order=order, by=None, now=NOW)
    orders.edit(order=order, changes={"warehouse": elsewhere}, by=None, now=NOW)


def test_another_courier_hears_of_the_order_and_the_first_that_it_is_gone(register, milk):
    order = ordered(register, {milk: 2})
    second = RegisterFactory(warehouse=register.warehouse)

    orders.edit(order=order, changes={"courier": second}, by=None, now=NOW)

    assert handed(order) == {register.pk: False, second.pk: True}


def test_the_courier_sells_from_the_warehouse_of_the_order(register, milk):
    with pytest.raises(ValidationError, match="another warehouse"):
        ordered(register, {milk: 2}, courier=RegisterFactory())


def test_a_delivery_ends_after_it_begins(register, milk):
    with pytest.raises(ValidationError, match="ends after it begins"):
        ordered(register, {milk: 2}, delivery_from=time(14), delivery_to=time(14))


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"prepaid": Decimal("-0.01")}, "prepaid_not_negative"),
        ({"delivery_from": time(14), "delivery_to": time(14)}, "delivery_ends_after_it_begins"),
    ],
)
def test_the_database_refuses_what_makes_no_sense(register, milk, fields, constraint):
    order = ordered(register, {milk: 2}, agreed=False)

    with pytest.raises(IntegrityError, match=constraint):
        CustomerOrder.objects.filter(pk=order.pk).update(**fields)


def test_a_receipt_sells_one_order(register, milk):
    for _ in range(2):
        ordered(register, {milk: 1}, agreed=False)

    with pytest.raises(IntegrityError, match="sold_once_by_a_receipt"):
        CustomerOrder.objects.update(receipt=ReceiptFactory(register=register))


def test_an_order_holds_once(register, milk):
    order = ordered(register, {milk: 1})

    with pytest.raises(IntegrityError, match="one_open_per_order"):
        Reservation.objects.create(
            order=order, warehouse=order.warehouse, receipt_uid="x", placed_at=NOW, changed_at=NOW
        )


def test_a_hold_is_of_a_register_or_of_an_order(register, milk):
    order = ordered(register, {milk: 1}, agreed=False)

    with pytest.raises(IntegrityError, match="of_a_register_or_an_order"):
        Reservation.objects.create(
            order=order, register=register, warehouse=order.warehouse, receipt_uid="x", placed_at=NOW, changed_at=NOW
        )


def test_what_happened_to_an_order_is_never_edited(register, milk):
    order = ordered(register, {milk: 1})

    with pytest.raises(IntegrityError, match="never edited"):
        order.events.update(reason="another one")


def test_a_line_without_a_price_takes_the_one_in_force(register, milk):
    later = SkuFactory()
    PriceFactory(sku=later, price_type=register.warehouse.retail_price_type, valid_from=NOW + timedelta(days=1))
    price = milk.prices.get()
    lines = [documents.Line(milk, Decimal(1)), documents.Line(later, Decimal(1))]

    order = ordered(register, {}, agreed=False, lines=lines)

    assert list(order.lines.order_by("line").values_list("price", flat=True)) == [price.amount, 0]


def test_a_copy_is_a_new_order_of_the_same(register, milk):
    order = ordered(register, {milk: 2}, address="Садовая, 12")

    copy = orders.draft_again(order=order, date=NOW, by=None, now=NOW)

    assert (copy.status, copy.number, copy.address, copy.receipt) == ("not_agreed", "000002", "Садовая, 12", None)
    assert copy.uid != order.uid
    assert [(line.sku, line.quantity) for line in copy.lines.select_related("sku")] == [(milk, 2)]


def test_only_an_order_that_was_never_agreed_is_deleted(register, milk):
    order = ordered(register, {milk: 2})
    orders.take_back(order=order, by=None, now=NOW)

    with pytest.raises(orders.OrderAgreed):
        orders.discard(order=order)

    never = ordered(register, {milk: 2}, agreed=False)
    orders.discard(order=never)
    assert list(CustomerOrder.objects.all()) == [order]


def test_what_an_order_holds_is_not_released_by_hand_alone(register, milk):
    order = ordered(register, {milk: 2})

    with pytest.raises(reservations.HeldForOrder):
        reservations.release_by_hand(reservation=hold_of(order), by=UserFactory(), reason="needed")

    assert balance(register, milk).reserved == 2


def test_the_audit_names_an_order_that_does_not_hold_what_it_promises(register, milk):
    order = ordered(register, {milk: 2})
    order.lines.update(quantity=3)

    [difference] = of_orders()

    assert (difference.row, difference.stored, difference.counted) == ("order 000001, line 1", "2.000", "3.000")
