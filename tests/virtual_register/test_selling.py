import json
from decimal import Decimal

import pytest

from tests.virtual_register.fake import good
from virtual_register.errors import RegisterError
from virtual_register.receipts import parse_money, parse_quantity, split_code


def test_a_sale_says_what_the_contract_asks_for(register, fake):
    register.sell([register.scan("4600000000015", Decimal(2)), register.scan("10002", None)], paid_by="card")

    register.upload()

    opened, sale = fake.bodies
    assert (opened["number"], opened["kind"], opened["shift"]) == (1, "shift_open", 1)
    assert (sale["number"], sale["kind"], sale["shift"]) == (2, "sale", 1)
    assert sale["occurred_at"][19] in "+-"
    receipt = sale["receipt"]
    assert receipt["lines"][0] == {
        "line": 1,
        "sku": "10001",
        "barcode": "4600000000015",
        "quantity": "2.000",
        "price": "99.00",
        "discount": "0.00",
        "amount": "198.00",
        "vat": "22",
        "marks": [],
    }
    assert (receipt["total"], receipt["payments"]) == ("348.50", [{"kind": "card", "amount": "348.50"}])
    assert "of" not in receipt
    assert "counters" not in sale


def test_numbers_go_on_where_they_were(register, make, fake):
    register.sell([register.scan("10001", None)])
    register.upload()

    again = make()
    again.sell([again.scan("10001", None)])
    again.upload()

    assert [body["number"] for body in fake.bodies] == [1, 2, 3]
    assert [body["receipt"]["number"] for body in fake.bodies[1:]] == [1, 2]


def test_a_fresh_memory_goes_on_after_what_the_server_has_seen(register, make, fake):
    register.sell([register.scan("10001", None)])
    register.upload()

    fresh = make("fresh")
    fresh.load()
    fresh.sell([fresh.scan("10001", None)])
    fresh.upload()

    assert [body["number"] for body in fake.bodies] == [1, 2, 3, 4]
    assert [body["shift"] for body in fake.bodies] == [1, 1, 3, 3]


@pytest.mark.parametrize("offline", [True, False])
def test_a_fresh_memory_begins_with_the_day_where_nobody_knows_a_number(register, fake, offline):
    fake.first_number = None
    register.offline = offline

    sale = register.sell([register.scan("10001", None)])

    assert sale.number == sale.shift * 1000 - 998
    assert sale.shift > 2000


def test_a_return_names_its_sale(register, fake):
    register.sell([register.scan("10001", Decimal(2))])
    sale = register.outbox.find_sale()

    register.give_back([register.scan("10001", None, force=True)], of=sale)
    register.upload()

    assert fake.bodies[-1]["kind"] == "return"
    assert fake.bodies[-1]["receipt"]["of"] == fake.bodies[-2]["receipt"]["uid"]
    assert fake.available["10001"] == Decimal("11.000")


def test_no_more_comes_back_than_was_sold(register):
    register.sell([register.scan("10001", Decimal(2))])
    sale = register.outbox.find_sale()
    register.give_back([register.scan("10001", None)], of=sale)

    with pytest.raises(RegisterError, match=r"1\.000 of receipt 1 can come back"):
        register.give_back([register.scan("10001", Decimal(2))], of=sale)


def test_a_cancelled_receipt_moves_nothing_and_takes_no_money(register, fake):
    register.cancel([register.scan("10001", None)])

    register.upload()

    assert fake.bodies[-1]["kind"] == "cancelled"
    assert fake.bodies[-1]["receipt"]["payments"] == []
    assert register.stock.left("10001") == Decimal("12.000")


def test_a_shift_is_closed_with_what_was_counted_in_it(register, fake):
    register.open_shift()
    register.cash("cash_in", Decimal("1000.00"))
    register.sell([register.scan("10001", Decimal(2))])
    register.sell([register.scan("10002", None)], paid_by="card")
    register.give_back([register.scan("10001", None)], of=register.outbox.find_sale(receipt=1))
    register.cash("cash_out", Decimal("500.00"))

    register.close_shift()
    register.upload()

    assert fake.bodies[-1]["counters"] == {
        "sales": "348.50",
        "returns": "99.00",
        "receipts": 2,
        "return_receipts": 1,
        "cash": "99.00",
        "card": "150.50",
        "cash_in_drawer": "599.00",
    }
    assert fake.bodies[1]["amount"] == "1000.00"


def test_the_drawer_outlives_the_shift_and_its_counters_do_not(register):
    register.sell([register.scan("10001", None)])
    register.close_shift()
    register.open_shift()

    counters = register.outbox.counters()

    assert (counters.receipts, counters.sales, counters.cash_in_drawer) == (0, Decimal("0.00"), Decimal("99.00"))


def test_no_more_is_taken_out_than_lies_in_the_drawer(register):
    with pytest.raises(RegisterError, match=r"Only 0\.00 lies in the drawer"):
        register.cash("cash_out", Decimal("1.00"))


def test_a_shift_is_opened_once_and_closed_once(register):
    register.open_shift()
    with pytest.raises(RegisterError, match="Shift 1 is open already"):
        register.open_shift()
    register.close_shift()
    with pytest.raises(RegisterError, match="No shift is open"):
        register.close_shift()


def test_marked_goods_carry_a_mark_for_every_piece(register, fake):
    fake.goods.append(good("10004", marking="milk", barcodes=["4600000000046"]))
    register.load()

    register.sell([register.scan("4600000000046", Decimal(2))])
    register.upload()

    marks = fake.bodies[-1]["receipt"]["lines"][0]["marks"]
    assert len(set(marks)) == 2
    assert all(mark.startswith("010460000000004621") for mark in marks)


def test_goods_without_a_price_are_not_sold(register, fake):
    fake.goods.append(good("10004", price=None))
    register.load()

    with pytest.raises(RegisterError, match="has no price"):
        register.scan("10004", None)


def test_half_a_piece_is_not_sold(register):
    with pytest.raises(RegisterError, match="sold by the piece"):
        register.scan("10001", Decimal("0.5"))


def test_an_empty_receipt_is_not_closed(register):
    with pytest.raises(RegisterError, match="empty"):
        register.sell([])


def test_what_the_server_puts_on_its_error_desk_is_said(register, fake):
    fake.unknown_skus = {"10001"}
    register.sell([register.scan("10001", None)])

    results = register.upload()

    assert results[-1].status == "error_desk"
    assert json.dumps(results[-1].problem).count("10001")
    assert register.outbox.waiting_count() == 0


@pytest.mark.parametrize("text", ["0", "-1", "NaN", "1e400", "Infinity", "two", "0.0001", ""])
def test_a_quantity_is_a_number_above_zero_with_three_decimals(text):
    with pytest.raises(RegisterError):
        parse_quantity(text)


def test_a_quantity_may_have_a_comma():
    assert parse_quantity("0,350") == Decimal("0.350")


def test_money_has_no_parts_of_a_kopeck():
    with pytest.raises(RegisterError, match="two decimals"):
        parse_money("1.005")


@pytest.mark.parametrize("text", ["2*4600000000015", "4600000000015*2"])
def test_a_quantity_may_stand_before_the_code_or_after_it(text):
    assert split_code(text) == ("4600000000015", "2")
