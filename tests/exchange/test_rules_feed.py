"""`GET goods` of a register that has an exchange rule."""

from decimal import Decimal

import pytest

from exchange.models import Equipment, ExchangeRule, ExchangeRuleGroup
from exchange.services import goods_feed
from retail.models import Constants
from tests.exchange.rules import NOW, leave, priced
from tests.factories.exchange import EquipmentFactory, ExchangeRuleFactory
from tests.factories.retail import ItemFactory, ItemGroupFactory, PriceFactory, SkuFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule(till):
    """The rule of the till."""
    rule = ExchangeRuleFactory(warehouse=till.register.warehouse)
    EquipmentFactory(http=True, register=till.register, rule=rule)
    return rule


def codes(rows):
    return sorted(f"{'-' if row['withdrawn'] else ''}{row['sku']}" for row in rows)


def packet_of(count):
    Constants.objects.update(packet_size=count)


def test_a_register_hears_what_its_rule_lets_through(till, rule, second_till):
    group = ItemGroupFactory()
    priced(rule, code="A", item=ItemFactory(group=group))
    priced(rule, code="B")
    ExchangeRuleGroup.objects.create(rule=rule, group=group)

    ruled, _cursor = till.load("goods")
    unruled, _cursor = second_till.load("goods")

    assert codes(ruled) == ["A"]
    assert codes(unruled) == ["A", "B"]


def test_goods_are_worded_as_without_a_rule(till, rule, second_till):
    priced(rule, packed=True, barcoded=True, amount="12.50")

    assert till.load("goods")[0] == second_till.load("goods")[0]


def test_goods_without_a_price_cost_nothing_where_the_rule_lets_them_go(till, rule):
    SkuFactory(code="A")
    ExchangeRule.objects.update(priced_only=False)

    [row], _cursor = till.load("goods")

    assert row["price"] == "0.00"


def test_only_what_changed_is_told_next_time(till, rule):
    one, _other = priced(rule, code="A"), priced(rule, code="B")
    _all, cursor = till.load("goods")

    PriceFactory(sku=one, price_type=rule.warehouse.retail_price_type, valid_from=NOW, amount=Decimal(5))
    changed, cursor = till.load("goods", cursor)
    one.withdrawn = True
    one.save()
    gone, cursor = till.load("goods", cursor)

    assert codes(changed) == ["A"]
    assert gone == [{"sku": "A", "withdrawn": True}]
    assert till.load("goods", cursor)[0] == []


@pytest.mark.parametrize("size", [0, 1, 2])
def test_goods_come_in_and_run_out_with_the_stock(till, rule, size):
    packet_of(size)
    ExchangeRule.objects.update(in_stock_only=True)
    skus = [priced(rule, code=code) for code in "ABC"]
    leave(rule, skus[2], 1)

    at_first, cursor = till.load("goods")
    for sku in skus[:2]:
        leave(rule, sku, 3)
    leave(rule, skus[2], 0)
    moved, cursor = till.load("goods", cursor)

    assert codes(at_first) == ["C"]
    assert codes(moved) == ["-C", "A", "B"]
    assert till.load("goods", cursor)[0] == []


def test_stock_that_moves_during_a_full_load_is_told_after_it(till, rule):
    packet_of(1)
    ExchangeRule.objects.update(in_stock_only=True)
    first, second = priced(rule, code="A"), priced(rule, code="B")
    leave(rule, first, 1)
    leave(rule, second, 1)

    _status, page = till.get("goods")
    leave(rule, first, 0)
    rest, cursor = till.load("goods", page["cursor"])
    after, _cursor = till.load("goods", cursor)

    assert codes(page["goods"]) == ["A"]
    assert codes(rest) == ["B"]
    assert codes(after) == ["-A"]


def test_stock_is_nothing_to_a_rule_that_does_not_look_at_it(till, rule):
    sku = priced(rule)
    _all, cursor = till.load("goods")

    leave(rule, sku, 0)

    assert till.load("goods", cursor)[0] == []


def test_a_changed_rule_makes_the_register_load_everything(till, rule):
    priced(rule)
    _all, cursor = till.load("goods")

    ExchangeRule.objects.update(priced_only=False)
    status, refusal = till.get(f"goods?cursor={cursor}")

    assert (status, refusal["errors"][0]["code"]) == (410, "reload_required")


def test_a_register_that_gets_or_loses_a_rule_loads_everything(till, second_till, rule):
    _all, ruled = till.load("goods")
    _all, unruled = second_till.load("goods")

    Equipment.objects.update(register=second_till.register)

    assert till.get(f"goods?cursor={ruled}")[0] == 410
    assert second_till.get(f"goods?cursor={unruled}")[0] == 410


@pytest.mark.parametrize("spoiled", ["r.1.1.1.1.1", "g.1.1.1.1.1.1", "r.1.1.1.1.1.-1"])
def test_a_spoiled_cursor_is_not_valid(till, rule, spoiled):
    assert till.get(f"goods?cursor={spoiled}")[0] == 410


def test_groups_of_the_rule_come_with_a_full_load_and_when_they_change(till, rule):
    chosen, other = ItemGroupFactory(name="Булки"), ItemGroupFactory()
    ExchangeRuleGroup.objects.create(rule=rule, group=chosen)

    _status, full = till.get("goods")
    other.name = "Другая"
    other.save()
    _status, same = till.get(f"goods?cursor={full['cursor']}")
    chosen.name = "Хлеб"
    chosen.save()
    _status, renamed = till.get(f"goods?cursor={same['cursor']}")

    assert full["groups"] == [{"id": chosen.pk, "parent": None, "name": "Булки"}]
    assert same["groups"] == []
    assert renamed["groups"] == [{"id": chosen.pk, "parent": None, "name": "Хлеб"}]


def test_a_group_that_changes_during_a_full_load_is_told(till, rule):
    packet_of(1)
    group = ItemGroupFactory()
    priced(rule), priced(rule)

    _status, first = till.get("goods")
    group.name = "Хлеб"
    group.save()
    _status, second = till.get(f"goods?cursor={first['cursor']}")

    assert [group["name"] for group in second["groups"]] == ["Хлеб"]


def test_a_register_without_a_rule_costs_no_statement_more(till, rule, second_till, django_assert_num_queries):
    with django_assert_num_queries(3):
        goods_feed.read(register=second_till.register, cursor=None, now=NOW)
    with django_assert_num_queries(4):
        goods_feed.read(register=till.register, cursor=None, now=NOW)
