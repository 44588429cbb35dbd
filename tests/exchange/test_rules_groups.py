"""Which groups a device is told of."""

import pytest

from exchange.models import ExchangeRule, ExchangeRuleGroup, ExchangeRuleSku
from exchange.services.rules import groups
from tests.exchange.rules import here, priced
from tests.factories.exchange import ExchangeRuleFactory
from tests.factories.retail import ItemFactory, ItemGroupFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule():
    return ExchangeRuleFactory()


@pytest.fixture
def tree():
    """Food over bread and milk; clothes."""
    food = ItemGroupFactory(name="Food")
    for name in ("Bread", "Milk"):
        ItemGroupFactory(name=name, parent=food)
    ItemGroupFactory(name="Clothes")
    return {group.name: group for group in type(food).objects.all()}


def names(rule, after=None):
    return [group.name for group in groups.changed(rule=rule, after=after)]


def test_all_groups_are_told_those_above_first(rule, tree):
    bread = tree["Bread"]
    bread.parent = ItemGroupFactory(name="Late", parent=tree["Clothes"])
    bread.save()

    assert names(rule) == ["Food", "Clothes", "Milk", "Late", "Bread"]


def test_a_group_names_the_one_above(rule, tree):
    told = {group.name: group for group in groups.changed(rule=rule, after=None)}

    assert (told["Food"].parent, told["Milk"].parent) == (None, tree["Food"].pk)
    assert told["Milk"].id == tree["Milk"].pk


def test_no_groups_are_told_where_the_rule_does_not_upload_them(rule, tree):
    ExchangeRule.objects.update(with_groups=False)

    assert names(rule) == []


def test_chosen_groups_come_with_what_is_above_and_below_them(rule, tree):
    ItemGroupFactory(name="Rye", parent=tree["Bread"])

    ExchangeRuleGroup.objects.create(rule=rule, group=tree["Bread"])

    assert names(rule) == ["Food", "Bread", "Rye"]


def test_groups_that_are_left_out_are_not_told(rule, tree):
    ExchangeRuleGroup.objects.create(rule=rule, group=tree["Milk"], excluded=True)

    assert names(rule) == ["Food", "Clothes", "Bread"]


def test_goods_chosen_by_hand_bring_their_groups(rule, tree):
    sku = priced(rule, item=ItemFactory(group=tree["Milk"]))

    ExchangeRuleSku.objects.create(rule=rule, sku=sku)

    assert names(rule) == ["Food", "Milk"]


def test_a_renamed_group_is_told_again(rule, tree):
    position = here(rule)

    tree["Milk"].name = "Dairy"
    tree["Milk"].save()

    assert names(rule, after=position) == ["Dairy"]
    assert names(rule, after=here(rule)) == []


def test_a_group_is_told_again_when_goods_come_to_stand_in_it(rule, tree):
    sku = priced(rule, item=ItemFactory(group=tree["Milk"]))
    ExchangeRuleSku.objects.create(rule=rule, sku=sku)
    position = here(rule)

    sku.item.group = tree["Clothes"]
    sku.item.save()

    assert names(rule, after=position) == ["Clothes"]
