"""How a hold ends: sold, given up or forgotten, and only one of them; a sale is a sale whenever it comes."""

import json
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from registers.models import KkmTransaction
from retail.services import skus
from stock.choices import ReservationState
from stock.models import Balance, Reservation, WarehouseFeed
from stock.services import error_desk, intake, reservations
from tests.factories.people import UserFactory
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.messages import entries, line, sale
from tests.messages import lines as sold_lines
from tests.stock.holding import NOW, asking, balance, expire, held, hold_of, place, stocked

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(db):
    return asking()


@pytest.fixture
def milk(register):
    return stocked(register, 5, name="Молоко")


def tell(register, *transactions):
    return intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW)


def receipt(number, named, *sold, kind="sale", **fields):
    """A receipt of (SKU, quantity) with this uid; `fields` are those of its transaction."""
    lines = sold_lines(*((sku.code, quantity) for sku, quantity in sold))
    return sale(number, *lines, kind=kind, receipt={"uid": named}, **fields)


def left(register, sku):
    row = balance(register, sku)
    return row.sold, row.reserved


def test_a_sale_takes_over_what_was_held(register, milk):
    place(register, "r1", (milk, 2))

    tell(register, receipt(1, "r1", (milk, "2.000")))

    hold = hold_of(register, "r1")
    assert (hold.state, hold.transaction, hold.is_late) == ("committed", KkmTransaction.objects.get(), False)
    assert left(register, milk) == (2, 0)
    assert Balance.objects.with_available().get(sku=milk).available == 3
    assert balance(register, milk).sale_revision == WarehouseFeed.objects.get(warehouse=register.warehouse).revision


@pytest.mark.parametrize("sold", ["1.000", "4.000"])
def test_a_sale_of_fewer_or_more_ends_the_whole_hold(register, milk, sold):
    place(register, "r1", (milk, 2))

    tell(register, receipt(1, "r1", (milk, sold)))

    assert left(register, milk) == (Decimal(sold), 0)
    assert hold_of(register, "r1").held[0].quantity == 2


def test_a_sale_of_other_goods_ends_the_hold_all_the_same(register, milk):
    bread = stocked(register, 5)
    place(register, "r1", (milk, 2))

    tell(register, receipt(1, "r1", (bread, "1.000")))

    assert (left(register, milk), left(register, bread)) == ((0, 0), (1, 0))
    assert hold_of(register, "r1").state == "committed"


def test_a_sale_of_goods_that_nobody_knows_ends_the_hold(register, milk):
    place(register, "r1", (milk, 2))

    tell(register, sale(1, line("404"), receipt={"uid": "r1"}))

    assert left(register, milk) == (0, 0)
    sku = SkuFactory(code="10404")
    error_desk.map_code(sku=sku, sku_code="404", barcode="", by=UserFactory(), now=NOW)
    assert left(register, sku) == (1, 0)


@pytest.mark.parametrize(("kind", "sold"), [("cancelled", 0), ("return", -1)])
def test_a_receipt_that_sells_nothing_releases(register, milk, kind, sold):
    place(register, "r1", (milk, 2))

    tell(register, receipt(1, "r1", (milk, "1.000"), kind=kind))

    hold = hold_of(register, "r1")
    assert (hold.state, hold.transaction) == ("released", None)
    assert left(register, milk) == (sold, 0)


def test_another_registers_receipt_ends_no_hold(register, milk):
    other = asking(warehouse=register.warehouse)
    place(register, "r1", (milk, 2))

    tell(other, receipt(1, "r1", (milk, "1.000")))

    assert hold_of(register, "r1").state == "open"
    assert left(register, milk) == (1, 2)


def test_the_same_sale_again_ends_nothing_again(register, milk):
    place(register, "r1", (milk, 2))
    told = receipt(1, "r1", (milk, "2.000"))
    tell(register, told)
    place(register, "r2", (milk, 1))

    assert tell(register, told)[0].status == "duplicate"
    assert left(register, milk) == (2, 1)


def test_receipts_of_one_batch_end_each_its_own_and_a_sku_takes_one_revision(register, milk):
    bread = stocked(register, 5)
    place(register, "r1", (milk, 1))
    place(register, "r2", (milk, 1), (bread, 2))
    place(register, "r3", (milk, 3))
    before = WarehouseFeed.objects.get(warehouse=register.warehouse).revision

    tell(
        register,
        receipt(1, "r1", (milk, "1.000")),
        receipt(2, "r2", (milk, "1.000"), (bread, "2.000")),
        receipt(3, "r3", kind="cancelled"),
        receipt(4, "r4", (milk, "1.000")),
    )

    states = list(Reservation.objects.order_by("receipt_uid").values_list("state", flat=True))
    assert states == ["committed", "committed", "released"]
    assert (left(register, milk), left(register, bread)) == ((3, 0), (2, 0))
    assert WarehouseFeed.objects.get(warehouse=register.warehouse).revision == before + 2


def test_a_sale_on_the_error_desk_ends_its_hold_when_it_is_mended(register, milk):
    place(register, "r1", (milk, 2))
    wrong = receipt(1, "r1", (milk, "0.000"))
    tell(register, wrong)
    assert hold_of(register, "r1").state == "open"
    recorded = KkmTransaction.objects.get()
    right = json.dumps(receipt(1, "r1", (milk, "2.000"), uid=wrong["uid"]))

    error_desk.correct(transaction_id=recorded.pk, body=right, by=UserFactory(), reason="by the tape", now=NOW)

    assert (hold_of(register, "r1").state, hold_of(register, "r1").transaction) == ("committed", recorded)
    assert left(register, milk) == (2, 0)


def test_a_sale_that_comes_after_its_hold_expired_is_a_sale_and_marked_late(register, milk):
    place(register, "r1", (milk, 2))
    expire(register, "r1")
    place(asking(warehouse=register.warehouse), "other", (milk, 5))

    assert tell(register, receipt(1, "r1", (milk, "2.000")))[0].status == "accepted"

    hold = hold_of(register, "r1")
    assert (hold.state, hold.transaction, hold.is_late) == ("expired", KkmTransaction.objects.get(), True)
    assert list(Reservation.objects.late()) == [hold]
    assert left(register, milk) == (2, 5)


def test_a_sale_that_comes_after_its_hold_was_released_is_marked_late_too(register, milk):
    place(register, "r1", (milk, 2))
    reservations.release(register=register, receipt_uid="r1")

    tell(register, receipt(1, "r1", (milk, "2.000")))

    assert list(Reservation.objects.late()) == [hold_of(register, "r1")]
    assert left(register, milk) == (2, 0)


def test_a_cancelled_receipt_after_its_hold_expired_changes_nothing(register, milk):
    place(register, "r1", (milk, 2))
    expire(register, "r1")

    tell(register, receipt(1, "r1", kind="cancelled"))

    assert (hold_of(register, "r1").state, hold_of(register, "r1").is_late) == ("expired", False)


def test_what_ran_out_and_nobody_swept_is_still_sold_as_held(register, milk):
    place(register, "r1", (milk, 2))
    expire(register, "r1", swept=False)

    tell(register, receipt(1, "r1", (milk, "2.000")))

    assert hold_of(register, "r1").state == "committed"
    assert left(register, milk) == (2, 0)


@pytest.mark.parametrize("kind", ["sale", "cancelled", "return"])
def test_nothing_is_held_for_a_receipt_that_has_come(register, milk, kind):
    tell(register, receipt(1, "r1", (milk, "1.000"), kind=kind))

    with pytest.raises(reservations.ReceiptClosed):
        place(register, "r1", (milk, 1))

    assert not Reservation.objects.exists()


def test_nothing_more_is_held_for_a_receipt_that_was_sold(register, milk):
    place(register, "r1", (milk, 1))
    Reservation.objects.update(state="committed", ended_at=timezone.now())

    with pytest.raises(reservations.ReceiptClosed):
        place(register, "r1", (milk, 2))


def test_asking_again_after_expiry_holds_the_new_lines_alone(register, milk):
    bread = stocked(register, 5)
    place(register, "r1", (milk, 2), (bread, 2))
    first = hold_of(register, "r1")
    expire(register, "r1")

    place(register, "r1", (milk, 1))

    hold = hold_of(register, "r1")
    assert (hold.pk, hold.state, hold.ended_at) == (first.pk, "open", None)
    assert hold.placed_at > first.placed_at
    assert (held(register, milk), held(register, bread)) == (1, 0)


def test_a_refusal_after_expiry_leaves_it_expired(register, milk):
    place(register, "r1", (milk, 2))
    expire(register, "r1")

    with pytest.raises(reservations.Refused):
        place(register, "r1", (milk, 6))

    assert hold_of(register, "r1").state == "expired"


def test_a_released_receipt_gives_back_what_it_held_and_may_ask_again(register, milk):
    place(register, "r1", (milk, 2))

    shown = reservations.release(register=register, receipt_uid="r1")
    assert (shown.receipt, shown.state, shown.lines, shown.expires_at) == ("r1", "released", [], None)
    assert held(register, milk) == 0

    place(register, "r1", (milk, 3))
    assert held(register, milk) == 3


def test_a_line_is_given_up_by_itself(register, milk):
    bread = stocked(register, 5)
    place(register, "r1", (milk, 2), (bread, 2))

    shown = reservations.release(register=register, receipt_uid="r1", line=1)

    assert [(one.line, one.sku, one.quantity) for one in shown.lines] == [(2, bread.code, Decimal(2))]
    assert (held(register, milk), held(register, bread)) == (0, 2)
    assert reservations.release(register=register, receipt_uid="r1", line=1) == shown


def test_giving_up_what_is_not_held_is_no_error(register, milk):
    never = reservations.release(register=register, receipt_uid="r1")
    place(register, "r2", (milk, 1))
    tell(register, receipt(1, "r2", (milk, "1.000")))
    sold = reservations.release(register=register, receipt_uid="r2")
    line_of_sold = reservations.release(register=register, receipt_uid="r2", line=1)

    assert (never.state, never.lines) == ("released", [])
    assert sold == line_of_sold
    assert (sold.state, sold.lines) == ("committed", [])


def test_a_register_sees_what_it_holds(register, milk):
    granted = place(register, "r1", (milk, "2.500"))

    shown = reservations.show(register=register, receipt_uid="r1")

    assert (shown.state, shown.expires_at) == ("open", granted.expires_at)
    assert [(one.line, one.sku, one.quantity) for one in shown.lines] == [(1, milk.code, Decimal("2.500"))]
    with pytest.raises(reservations.UnknownReservation):
        reservations.show(register=asking(), receipt_uid="r1")


def test_a_person_releases_with_a_reason_and_once(register, milk):
    place(register, "r1", (milk, 2))
    person = UserFactory()

    with pytest.raises(reservations.ReasonMissing):
        reservations.release_by_hand(reservation=hold_of(register, "r1"), by=person, reason="  ")
    released = reservations.release_by_hand(
        reservation=hold_of(register, "r1"), by=person, reason=" The till\n is broken "
    )

    assert (released.state, released.ended_by, released.reason) == ("released", person, "The till is broken")
    assert held(register, milk) == 0
    with pytest.raises(reservations.ReservationEnded):
        reservations.release_by_hand(reservation=released, by=person, reason="Again")
    place(register, "r1", (milk, 1))
    assert (hold_of(register, "r1").ended_by, hold_of(register, "r1").reason) == (None, "")


def test_an_order_holds_without_end_and_is_sold(register, milk):
    order = Reservation.objects.create(warehouse=register.warehouse, receipt_uid="o1", placed_at=NOW, changed_at=NOW)

    reservations.resize(reservation=order, lines={1: (milk, Decimal(2)), 2: (milk, Decimal(3))}, now=timezone.now())
    with pytest.raises(reservations.Refused) as refused:
        reservations.resize(reservation=order, lines={1: (milk, Decimal(6))}, now=timezone.now())

    assert refused.value.lines[0].available == 5  # What it holds already is free for it.
    assert held(register, milk) == 5
    reservations.sweep()
    assert reservations.end(reservation=order, state=ReservationState.COMMITTED)
    assert not reservations.end(reservation=order, state=ReservationState.RELEASED)
    assert held(register, milk) == 0
    with pytest.raises(reservations.ReservationEnded):
        reservations.resize(reservation=order, lines={}, now=timezone.now())


def test_who_holds_a_sku_now(register, milk):
    place(register, "r1", (milk, 1), (milk, "1.5"))
    place(register, "r2", (stocked(register, 1), 1))

    [found] = reservations.holders(warehouse=register.warehouse, sku=milk)

    hold = hold_of(register, "r1")
    assert (found.reservation, found.register, found.receipt) == (hold.pk, register.pk, "r1")
    assert (found.quantity, found.placed_at, found.expires_at) == (Decimal("2.5"), hold.placed_at, hold.expires_at)
    assert reservations.holders(warehouse=WarehouseFactory(), sku=milk) == []


def test_a_sale_is_never_refused_for_a_reserve_that_was_tampered_with(register, milk):
    place(register, "r1", (milk, 2))
    Balance.objects.update(reserved=1)

    assert tell(register, receipt(1, "r1", (milk, "2.000")))[0].status == "accepted"
    assert left(register, milk) == (2, 0)


def test_withdrawn_goods_that_are_held_are_sold(register, milk):
    place(register, "r1", (milk, 2))
    skus.withdraw(sku_ids=[milk.pk])

    tell(register, receipt(1, "r1", (milk, "2.000")))

    assert left(register, milk) == (2, 0)


def test_a_hold_has_ended_unless_it_is_open(register, milk):
    place(register, "r1", (milk, 2))

    with pytest.raises(IntegrityError, match="ended_unless_open"), transaction.atomic():
        Reservation.objects.update(state="expired")


def test_a_receipt_has_one_hold(register, milk):
    place(register, "r1", (milk, 2))
    twin = hold_of(register, "r1")
    twin.pk = None

    with pytest.raises(IntegrityError, match="once_per_receipt"), transaction.atomic():
        twin.save()
