"""May this be sold: goods are held for a receipt, or refused in words; all of what is asked, or nothing."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from registers.choices import StockControl
from retail.choices import ItemKind
from retail.models import Constants
from stock.models import Reservation, WarehouseFeed
from stock.services import reservations, wakeups
from tests.factories.registers import RegisterFactory
from tests.factories.retail import BarcodeFactory, ItemFactory, PriceFactory, SkuFactory, WarehouseFactory
from tests.stock.holding import asking, balance, expire, held, hold_of, place, stocked, wanted

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(db):
    return asking()


@pytest.fixture
def milk(register):
    return stocked(register, 5, name="Молоко")


@pytest.fixture
def bread(register):
    return stocked(register, 5, name="Хлеб")


def test_what_is_free_is_held_and_lowers_what_is_available(register, milk):
    granted = place(register, "r1", (milk, "2.000"))

    assert [(line.line, line.sku, line.quantity, line.available) for line in granted.lines] == [
        (1, milk.code, Decimal("2.000"), Decimal("3.000"))
    ]
    assert held(register, milk) == 2
    hold = hold_of(register, "r1")
    assert (hold.state, hold.warehouse, hold.transaction) == ("open", register.warehouse, None)
    assert [(one.line, one.sku_id, one.quantity) for one in hold.held] == [(1, milk.pk, Decimal("2.000"))]
    assert granted.expires_at == hold.expires_at


def test_registers_hear_what_is_held_as_they_hear_a_sale(register, milk):
    place(register, "r1", (milk, 2))

    row = balance(register, milk)
    assert row.revision == row.sale_revision == WarehouseFeed.objects.get(warehouse=register.warehouse).revision == 2


def test_more_than_is_free_is_refused_and_changes_nothing(register, milk):
    with pytest.raises(reservations.Refused) as refused:
        place(register, "r1", (milk, "5.001"))

    [line] = refused.value.lines
    assert (refused.value.code, line.code, line.available) == ("not_enough", "not_enough", Decimal("5.000"))
    assert str(refused.value) == "“Молоко”: 5.001 asked, 5 free."
    assert held(register, milk) == 0
    assert not Reservation.objects.exists()
    assert WarehouseFeed.objects.get(warehouse=register.warehouse).revision == 1


def test_a_refusal_says_how_much_others_hold_and_who(register, milk):
    third, seventh = (asking(warehouse=register.warehouse, number=number) for number in (3007, 3003))
    place(third, "a", (milk, 1))
    place(seventh, "b", (milk, "1.5"))
    order = Reservation.objects.create(
        warehouse=register.warehouse, receipt_uid="o1", placed_at=timezone.now(), changed_at=timezone.now()
    )
    reservations.resize(reservation=order, lines={1: (milk, Decimal("0.5"))}, now=timezone.now())
    place(register, "r1", (milk, 1))

    with pytest.raises(reservations.Refused) as refused:
        place(register, "r1", (milk, 3))

    [line] = refused.value.lines
    assert (line.available, line.own) == (Decimal("1.000"), Decimal("1.000"))
    assert [(one.register, one.quantity) for one in line.holders] == [
        (3003, Decimal("1.500")), (3007, Decimal("1.000")), (None, Decimal("0.500"))
    ]  # fmt: skip
    assert str(refused.value) == (
        "“Молоко”: 3 asked, 1 free. This receipt holds 1. "
        "Others hold: register 3003 – 1.5, register 3007 – 1, orders – 0.5."
    )


def test_a_refusal_names_only_so_many_holders(register, milk):
    for number in range(6):
        place(asking(warehouse=register.warehouse, number=3000 + number), "r", (milk, "0.5"))

    with pytest.raises(reservations.Refused) as refused:
        place(register, "r1", (milk, 3))

    assert len(refused.value.lines[0].holders) == 6
    assert str(refused.value).endswith("register 3004 – 0.5, ….")


def test_less_than_nothing_is_told_as_nothing_free(register):
    oversold = stocked(register, -2, name="Сыр")

    with pytest.raises(reservations.Refused, match="1 asked, 0 free") as refused:
        place(register, "r1", (oversold, 1))

    assert refused.value.lines[0].available == Decimal("-2.000")


def test_the_same_call_again_changes_nothing_but_the_time(register, milk):
    first = place(register, "r1", (milk, 2))

    again = place(register, "r1", (milk, 2))

    assert [line.available for line in again.lines] == [Decimal("3.000")]
    assert again.expires_at > first.expires_at
    assert held(register, milk) == 2
    assert WarehouseFeed.objects.get(warehouse=register.warehouse).revision == 2


@pytest.mark.parametrize(("quantity", "reserved"), [("5", "5"), ("1.250", "1.250"), ("0", "0")])
def test_a_line_is_resized_to_what_is_asked(register, milk, quantity, reserved):
    place(register, "r1", (milk, 2))

    place(register, "r1", (milk, quantity))

    assert held(register, milk) == Decimal(reserved)


def test_a_line_takes_other_goods_instead(register, milk, bread):
    place(register, "r1", (milk, 2))

    place(register, "r1", (bread, 1))

    assert (held(register, milk), held(register, bread)) == (0, 1)


def test_lines_of_one_sku_count_together(register, milk):
    place(register, "r1", (milk, 3), (milk, 2))

    with pytest.raises(reservations.Refused) as refused:
        place(register, "r1", (milk, 3), (milk, "2.001"))

    assert [line.line for line in refused.value.lines] == [1, 2]
    assert refused.value.lines[0].own == 5
    assert held(register, milk) == 5


def test_goods_move_from_line_to_line_without_being_free(register, milk):
    place(register, "r1", (milk, 5))

    place(register, "r1", (milk, 1), (milk, 4))

    assert held(register, milk) == 5


def test_all_lines_are_held_or_none(register, milk, bread):
    with pytest.raises(reservations.Refused) as refused:
        place(register, "r1", (milk, 2), (bread, 6))

    assert [line.line for line in refused.value.lines] == [2]
    assert (held(register, milk), held(register, bread)) == (0, 0)


def test_lines_that_are_not_named_stay_unless_it_is_the_whole_receipt(register, milk, bread):
    place(register, "r1", (milk, 2), (bread, 2))

    place(register, "r1", (milk, 3))
    assert (held(register, milk), held(register, bread)) == (3, 2)

    place(register, "r1", (milk, 1), whole=True)
    assert (held(register, milk), held(register, bread)) == (1, 0)

    place(register, "r1", whole=True)
    assert held(register, milk) == 0


def test_a_barcode_names_goods_where_no_code_does(register, milk, bread):
    barcode = BarcodeFactory(sku=milk).value
    asked = [
        reservations.Wanted(1, Decimal(1), barcode=barcode),
        reservations.Wanted(2, Decimal(2), sku=bread.code, barcode=barcode),
        reservations.Wanted(3, Decimal(1), sku="404", barcode=barcode),
    ]

    granted = reservations.place(register=register, receipt_uid="r1", lines=asked)

    assert [line.sku for line in granted.lines] == [milk.code, bread.code, milk.code]
    assert (held(register, milk), held(register, bread)) == (2, 2)


def test_unknown_goods_are_refused_by_what_was_scanned(register):
    asked = [reservations.Wanted(7, Decimal(1), sku="404"), reservations.Wanted(8, Decimal(1), barcode="4600000000015")]

    with pytest.raises(reservations.Refused) as refused:
        reservations.place(register=register, receipt_uid="r1", lines=asked)

    assert refused.value.code == "unknown_sku"
    assert [line.detail for line in refused.value.lines] == [
        "Nothing is known under “404”.", "Nothing is known under “4600000000015”."
    ]  # fmt: skip


def withdraw_sku(sku):
    sku.withdrawn = True
    sku.save()


def withdraw_item(sku):
    sku.item.withdrawn = True
    sku.item.save()


def set_price(sku, **fields):
    price_type = sku.prices.get().price_type
    PriceFactory(sku=sku, price_type=price_type, **{"valid_from": timezone.now(), "amount": 0, **fields})


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(withdraw_sku, "withdrawn"), (withdraw_item, "withdrawn"), (set_price, "not_for_sale")],
)
def test_what_is_not_sold_here_any_more_is_refused_but_may_be_kept(register, milk, spoil, code):
    place(register, "r1", (milk, 2))
    spoil(milk)

    place(register, "r1", (milk, 2))
    place(register, "r1", (milk, 1))
    with pytest.raises(reservations.Refused) as refused:
        place(register, "r1", (milk, 2))

    assert refused.value.code == code
    assert "Молоко" in str(refused.value)
    assert held(register, milk) == 1
    with pytest.raises(reservations.Refused):
        place(register, "r2", (milk, 1))
    place(register, "r1", (milk, 0))
    assert held(register, milk) == 0


def test_a_price_of_another_place_or_another_day_is_none(register):
    elsewhere = stocked(register, 5)
    elsewhere.prices.all().delete()
    PriceFactory(sku=elsewhere)
    PriceFactory(
        sku=elsewhere, price_type=register.warehouse.retail_price_type, valid_from=timezone.now() + timedelta(hours=1)
    )

    with pytest.raises(reservations.Refused) as refused:
        place(register, "r1", (elsewhere, 1))

    assert refused.value.code == "not_for_sale"


def test_a_service_is_granted_and_nothing_is_held(register, milk):
    delivery = SkuFactory(item=ItemFactory(kind=ItemKind.SERVICE))
    PriceFactory(sku=delivery, price_type=register.warehouse.retail_price_type)

    granted = place(register, "r1", (milk, 1), (delivery, 3))

    assert [(line.quantity, line.available) for line in granted.lines] == [(1, 4), (3, None)]
    assert [one.sku_id for one in hold_of(register, "r1").held] == [milk.pk]


@pytest.mark.parametrize("mode", [mode for mode in StockControl if mode != StockControl.EXTERNAL])
def test_only_registers_with_external_stock_control_are_answered(mode):
    register = RegisterFactory(stock_control=mode)
    milk = stocked(register, 5)

    with pytest.raises(reservations.NotAsked):
        place(register, "r1", (milk, 1))

    assert held(register, milk) == 0


def test_a_hold_lives_as_long_as_the_constants_say_or_the_register(register, milk):
    Constants.objects.update(reservation_minutes=20)
    usual = place(register, "r1", (milk, 1)).expires_at - timezone.now()
    register.reservation_minutes = 3
    register.save()
    own = place(register, "r2", (milk, 1)).expires_at - timezone.now()

    assert timedelta(minutes=19) < usual <= timedelta(minutes=20)
    assert timedelta(minutes=2) < own <= timedelta(minutes=3)


def test_warehouses_do_not_share(register, milk):
    elsewhere = asking()
    PriceFactory(sku=milk, price_type=elsewhere.warehouse.retail_price_type)

    with pytest.raises(reservations.Refused):
        place(elsewhere, "r1", (milk, 1))

    assert place(register, "r1", (milk, 5)).lines[0].available == 0


def test_registers_may_give_their_receipts_the_same_uid(register, milk):
    other = asking(warehouse=register.warehouse)

    place(register, "r1", (milk, 2))
    place(other, "r1", (milk, 3))

    assert held(register, milk) == 5


def test_a_receipt_stays_in_the_warehouse_where_it_began(register, milk):
    place(register, "r1", (milk, 2))
    began = register.warehouse
    register.warehouse = WarehouseFactory(retail_price_type=began.retail_price_type)
    register.save()

    place(register, "r1", (milk, 3))

    assert hold_of(register, "r1").warehouse == began
    assert held(RegisterFactory(warehouse=began), milk) == 3


def test_a_refusal_keeps_what_is_held_and_gives_it_time(register, milk):
    place(register, "r1", (milk, 2))
    expire(register, "r1", swept=False)

    with pytest.raises(reservations.Refused):
        place(register, "r1", (milk, 6))

    hold = hold_of(register, "r1")
    assert hold.state == "open"
    assert hold.expires_at > timezone.now()
    assert held(register, milk) == 2


def test_asking_is_one_statement(register, milk, bread, django_assert_num_queries):
    with django_assert_num_queries(1):
        place(register, "r1", (milk, 1), (bread, 1), (milk, 1))
    with django_assert_num_queries(1):
        place(register, "r1", (milk, 2))
    with django_assert_num_queries(1), pytest.raises(reservations.Refused):
        place(register, "r1", (milk, 9))


def test_who_waits_is_woken_when_goods_are_held_and_not_when_they_are_not(
    register, milk, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr(wakeups, "announce", told.extend)

    with django_capture_on_commit_callbacks(execute=True):
        place(register, "r1", (milk, 1))
    with django_capture_on_commit_callbacks(execute=True):
        place(register, "r1", (milk, 1))
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(reservations.Refused):
        place(register, "r1", (milk, 9))

    assert told == [register.warehouse_id]


@pytest.mark.parametrize(
    ("uid", "asked", "attr"),
    [
        ("", [], "receipt"),
        ("r" * 65, [], "receipt"),
        ("r\x00", [], "receipt"),
        ("r\ud800", [], "receipt"),
        ("r1", [("1", "1"), ("1", "1")], "lines"),
        ("r1", [("0", "1")], "line"),
        ("r1", [(str(2**31), "1")], "line"),
        ("r1", [("1", "-0.001")], "quantity"),
        ("r1", [("1", "0.0001")], "quantity"),
        ("r1", [("1", "1000000000")], "quantity"),
        ("r1", [("1", "NaN")], "quantity"),
        ("r1", [("1", "1E-999999")], "quantity"),
        ("r1", [("1", "1E+999999")], "quantity"),
    ],
)
def test_nonsense_is_refused_before_anybody_is_asked(register, uid, asked, attr, django_assert_num_queries):
    lines = [reservations.Wanted(int(line), Decimal(quantity), sku="10001") for line, quantity in asked]

    with django_assert_num_queries(0), pytest.raises(reservations.Nonsense) as refused:
        reservations.place(register=register, receipt_uid=uid, lines=lines)

    assert refused.value.attr == attr


@pytest.mark.parametrize(
    ("codes", "attr"), [({}, "sku"), ({"sku": "1" * 65}, "sku"), ({"sku": "1", "barcode": "\x00"}, "barcode")]
)
def test_codes_that_make_no_sense_are_refused(register, codes, attr):
    with pytest.raises(reservations.Nonsense) as refused:
        reservations.place(register=register, receipt_uid="r1", lines=[reservations.Wanted(1, Decimal(1), **codes)])

    assert refused.value.attr == attr


def test_a_receipt_is_not_endless(register):
    lines = [reservations.Wanted(line, Decimal(1), sku="10001") for line in range(1, 5002)]

    with pytest.raises(reservations.Nonsense):
        reservations.place(register=register, receipt_uid="r1", lines=lines)


def test_the_largest_receipt_is_held_whole(register, milk):
    lines = wanted(*[(milk, "0.001")] * 5000)

    granted = reservations.place(register=register, receipt_uid="r1", lines=lines)

    assert len(granted.lines) == 5000
    assert held(register, milk) == 5


def test_a_register_that_was_deleted_since_it_signed_in_is_told_no(register, milk):
    gone = asking(warehouse=register.warehouse)
    gone.delete()
    gone.pk = 0

    with pytest.raises(reservations.NotAsked):
        place(gone, "r1", (milk, 1))
