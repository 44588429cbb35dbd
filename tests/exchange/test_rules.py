"""Exchange rules stamp themselves whichever way they are edited."""

import pytest
from django.db import connection

from exchange.choices import TaxRate
from exchange.models import ExchangeRule, ExchangeRuleGroup, ExchangeRuleSku, ExchangeRuleVat
from retail.models import VatRate
from tests.factories.exchange import EquipmentFactory, ExchangeRuleFactory
from tests.factories.retail import (
    ItemGroupFactory,
    PriceTypeFactory,
    SkuFactory,
    WarehouseFactory,
)

pytestmark = pytest.mark.django_db


def revision(rule):
    return ExchangeRule.objects.values_list("revision", flat=True).get(pk=rule.pk)


def test_a_revision_names_one_rule_alone():
    one, other = ExchangeRuleFactory(), ExchangeRuleFactory()

    assert 0 < one.revision < other.revision


@pytest.mark.parametrize(
    "change",
    [
        {"in_stock_only": True},
        {"priced_only": False},
        {"markings": ["none", "shoes"]},
        {"with_groups": False},
        {"balances": False},
        {"package_size": 0},
    ],
)
def test_a_change_of_a_rule_raises_its_revision(change):
    rule = ExchangeRuleFactory()

    ExchangeRule.objects.filter(pk=rule.pk).update(**change)

    assert revision(rule) > rule.revision


def test_another_warehouse_raises_the_revision():
    rule = ExchangeRuleFactory()

    ExchangeRule.objects.filter(pk=rule.pk).update(warehouse=WarehouseFactory())

    assert revision(rule) > rule.revision


def test_a_new_name_leaves_the_revision():
    rule = ExchangeRuleFactory()

    ExchangeRule.objects.filter(pk=rule.pk).update(name="Иначе")

    assert revision(rule) == rule.revision


def test_a_form_that_read_an_old_revision_does_not_write_it_back():
    rule = ExchangeRuleFactory()
    ExchangeRule.objects.filter(pk=rule.pk).update(in_stock_only=True)
    newer = revision(rule)

    rule.in_stock_only = True
    rule.name = "Иначе"
    rule.save()

    assert revision(rule) == newer


@pytest.mark.parametrize(
    "part",
    [
        lambda rule: ExchangeRuleGroup(rule=rule, group=ItemGroupFactory()),
        lambda rule: ExchangeRuleSku(rule=rule, sku=SkuFactory()),
        lambda rule: ExchangeRuleVat(rule=rule, vat_rate=VatRate.objects.get(code="22"), sent_as=TaxRate.RATE_20),
    ],
    ids=["group", "sku", "vat"],
)
def test_a_part_raises_the_revision_when_it_comes_changes_and_goes(part):
    rule, other = ExchangeRuleFactory(), ExchangeRuleFactory()
    seen = [rule.revision]

    made = part(rule)
    made.save()
    seen.append(revision(rule))
    column = "sent_as = '10'" if isinstance(made, ExchangeRuleVat) else "excluded = true"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {made._meta.db_table} SET {column}")
        seen.append(revision(rule))
        cursor.execute(f"UPDATE {made._meta.db_table} SET {column}")
        unchanged = revision(rule)
    made.delete()

    assert unchanged == seen[-1]
    seen.append(revision(rule))
    assert sorted(set(seen)) == seen
    assert revision(other) == other.revision


def test_a_part_that_moves_to_another_rule_raises_both():
    rule, other = ExchangeRuleFactory(), ExchangeRuleFactory()
    part = ExchangeRuleGroup.objects.create(rule=rule, group=ItemGroupFactory())
    before = revision(rule), revision(other)

    ExchangeRuleGroup.objects.filter(pk=part.pk).update(rule=other)

    assert revision(rule) > before[0]
    assert revision(other) > before[1]


def test_another_price_type_of_the_warehouse_raises_the_revision():
    rule, other = ExchangeRuleFactory(), ExchangeRuleFactory()

    rule.warehouse.retail_price_type = PriceTypeFactory()
    rule.warehouse.save()

    assert revision(rule) > rule.revision
    assert revision(other) == other.revision


def test_a_group_that_moves_raises_the_rules_that_filter_by_groups():
    filtering, plain = ExchangeRuleFactory(), ExchangeRuleFactory()
    ExchangeRuleGroup.objects.create(rule=filtering, group=ItemGroupFactory())
    moved = ItemGroupFactory()
    before = revision(filtering)

    moved.name = "Другое имя"
    moved.save()
    renamed = revision(filtering)
    moved.parent = ItemGroupFactory()
    moved.save()

    assert renamed == before
    assert revision(filtering) > before
    assert revision(plain) == plain.revision


def test_a_rule_that_serves_registers_does_not_go_to_another_warehouse():
    rule = EquipmentFactory().rule
    rule.warehouse = WarehouseFactory()

    with pytest.raises(Exception, match="another warehouse"):
        rule.full_clean()
