from decimal import Decimal

import pytest

from tests.virtual_register.fake import good
from virtual_register.errors import RegisterError


def test_goods_are_loaded_page_by_page_to_the_end(register, fake):
    pages = [query.get("cursor") for method, path, query in fake.calls if path == "goods"]

    assert pages == [None, "g.e1.2"]
    assert register.goods.count() == 3
    assert register.goods.find("10002")[0].price == Decimal("150.50")


def test_the_next_load_asks_only_for_what_changed(register, fake):
    fake.goods.append(good("10004", barcodes=["4600000000046"]))

    loaded = register.load()

    assert loaded.goods == 1
    assert register.goods.find("4600000000046")[:2] == (register.goods.get("10004"), "4600000000046")


def test_a_withdrawn_good_is_no_longer_sold_but_still_known(register, fake):
    fake.goods.append({"sku": "10001", "withdrawn": True})
    register.load()

    with pytest.raises(RegisterError, match=r"Good 10001 \(10001\) is no longer sold"):
        register.scan("4600000000015", None)
    assert register.goods.count() == 2


def test_a_full_load_forgets_what_it_does_not_mention(register, fake):
    del fake.goods[1]
    fake.epoch = "e2"

    register.load()

    assert register.goods.count() == 2
    with pytest.raises(RegisterError, match="Nobody here knows 4600000000022"):
        register.goods.find("4600000000022")


def test_an_interrupted_full_load_goes_on_where_it_stopped(make, fake):
    fake.goods += [good("10004"), good("10005")]
    first = make(patience=0)
    first.goods.begin()
    first.goods.apply(_page(first))
    fake.calls.clear()

    make().load()

    assert [query.get("cursor") for _method, path, query in fake.calls if path == "goods"] == ["g.e1.2", "g.e1.4"]
    assert first.goods.count() == 5


def _page(register):
    from virtual_register import wire

    return wire.read_goods(register.server.get("goods").content)


def test_a_barcode_that_moved_finds_its_new_good(register, fake):
    fake.goods.append(good("10002", barcodes=["4600000000015"]))
    register.load()

    assert register.goods.find("4600000000015")[0].sku == "10002"


def test_scales_put_the_weight_into_the_barcode(register):
    item = register.scan("2000007004504", None)

    assert (item.good.sku, item.barcode, item.quantity) == ("10003", "2000007004504", Decimal("0.450"))
    assert item.amount == Decimal("90.00")


def test_a_weighed_barcode_with_a_wrong_check_digit_means_nothing(register):
    with pytest.raises(RegisterError, match="Nobody here knows 2000007004505"):
        register.scan("2000007004505", None)


def test_an_empty_register_says_what_to_do(make):
    with pytest.raises(RegisterError, match="no goods yet: load them first"):
        make().scan("4600000000015", None)


def test_search_does_not_mind_case(register, fake):
    fake.goods.append(good("10004", name="Молоко «Луговое»"))
    register.load()

    assert [found.sku for found in register.goods.search("МОЛОКО")] == ["10004"]
