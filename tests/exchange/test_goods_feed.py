"""What registers hear about goods: what their rule lets through, each change once, and once what has left."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from retail.models import Catalogue, Constants
from retail.services import prices
from tests.factories.retail import (
    BarcodeFactory,
    CharacteristicFactory,
    ItemFactory,
    ItemGroupFactory,
    PriceFactory,
    PriceTypeFactory,
    SkuFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def offer(till):
    """Make a SKU sold at the till's prices."""

    def make(amount="99.00", **fields):
        sku = SkuFactory(**fields)
        PriceFactory(sku=sku, price_type=till.register.warehouse.retail_price_type, amount=Decimal(amount))
        return sku

    return make


def codes(rows):
    return [row["sku"] for row in rows]


def test_goods_are_told_as_the_register_sells_them(till, offer):
    item = ItemFactory(name="Футболка", full_name="Футболка хлопок", article="F-1", group=ItemGroupFactory())
    sku = offer("499.90", code="10001", item=item, characteristic=CharacteristicFactory(item=item, name="XL"))
    BarcodeFactory(sku=sku, value="4600000000015")

    [told], _cursor = till.load("goods")

    assert told == {
        "sku": "10001",
        "name": "Футболка хлопок",
        "characteristic": "XL",
        "article": "F-1",
        "group": item.group_id,
        "unit": item.unit.short_name,
        "weighed": False,
        "vat": item.vat_rate.code,
        "price": "499.90",
        "barcodes": ["4600000000015"],
        "marking": "",
        "plu": None,
        "withdrawn": False,
    }


def test_nothing_is_told_that_the_register_may_not_sell(till, offer):
    offer(code="sold")
    offer("0.00", code="free")
    offer(code="gone", withdrawn=True)
    SkuFactory(code="unpriced")
    PriceFactory(sku=SkuFactory(code="elsewhere"), price_type=PriceTypeFactory())

    assert codes(till.load("goods")[0]) == ["sold"]


@pytest.mark.parametrize("by", ["sku", "item", "price"])
def test_what_leaves_the_rule_is_told_once_as_withdrawn(till, offer, by):
    sku = offer(code="10001")
    _rows, cursor = till.load("goods")

    if by == "price":
        PriceFactory(sku=sku, price_type=till.register.warehouse.retail_price_type, amount=0, valid_from=timezone.now())
    else:
        parent = sku if by == "sku" else sku.item
        parent.withdrawn = True
        parent.save()

    rows, cursor = till.load("goods", cursor)
    assert rows == [{"sku": "10001", "withdrawn": True}]
    assert till.load("goods", cursor)[0] == []


def test_a_withdrawn_sku_is_not_told_again_when_it_is_renamed(till, offer):
    sku = offer(withdrawn=True)
    _rows, cursor = till.load("goods")

    sku.item.name = "Другое имя"
    sku.item.save()

    assert till.load("goods", cursor)[0] == []


def test_a_change_is_told_and_the_rest_is_not(till, offer):
    offer(code="10001")
    changed = offer(code="10002")
    _rows, cursor = till.load("goods")

    PriceFactory(sku=changed, price_type=till.register.warehouse.retail_price_type, amount=5, valid_from=timezone.now())

    [told], _cursor = till.load("goods", cursor)
    assert (told["sku"], told["price"]) == ("10002", "5.00")


def test_a_price_set_ahead_is_told_when_its_moment_comes(till, offer):
    sku = offer("99.00", code="10001")
    now = timezone.now()
    prices.announce(now=now)
    moment = now + timedelta(milliseconds=50)
    PriceFactory(
        sku=sku, price_type=till.register.warehouse.retail_price_type, amount=Decimal("89.00"), valid_from=moment
    )
    _rows, cursor = till.load("goods")

    assert prices.announce(now=moment + timedelta(seconds=1)) == 1

    [told], _cursor = till.load("goods", cursor)
    assert told["sku"] == "10001"


def test_groups_come_with_the_goods(till, offer):
    group = ItemGroupFactory(name="Молоко")
    offer(item=ItemFactory(group=group))

    _status, packet = till.get("goods")

    assert {"id": group.pk, "parent": None, "name": "Молоко"} in packet["groups"]


def test_pages_cover_everything_once(till, offer):
    Constants.objects.update(packet_size=3)
    for place in range(8):
        offer(code=f"S{place}")
        SkuFactory()

    rows, _cursor = till.load("goods")

    assert sorted(codes(rows)) == [f"S{place}" for place in range(8)]


def test_what_is_withdrawn_while_a_full_load_is_read_is_told(till, offer):
    Constants.objects.update(packet_size=2)
    first = offer(code="first")
    for place in range(4):
        offer(code=f"S{place}")
    _status, packet = till.get("goods")
    assert "first" in codes(packet["goods"])

    first.withdrawn = True
    first.save()

    rows, _cursor = till.load("goods", packet["cursor"])
    assert {"sku": "first", "withdrawn": True} in rows


@pytest.mark.parametrize("change", ["epoch", "price type", "stock cursor"])
def test_a_cursor_of_another_catalogue_means_reload(till, offer, change):
    offer()
    _rows, cursor = till.load("goods")
    if change == "epoch":
        Catalogue.objects.update(epoch="another")
    elif change == "price type":
        till.register.warehouse.retail_price_type = PriceTypeFactory()
        till.register.warehouse.save()
    else:
        _rows, cursor = till.load("stock")

    status, content = till.get(f"goods?cursor={cursor}")

    assert (status, content["errors"][0]["code"]) == (410, "reload_required")


def test_a_page_costs_the_same_number_of_statements_whatever_its_length(till, offer, django_assert_num_queries):
    for _place in range(30):
        BarcodeFactory(sku=offer())
    till.get("settings")  # The first use of a token writes it down.

    with django_assert_num_queries(4):  # The token, the constants, the page, the groups.
        till.get("goods")
