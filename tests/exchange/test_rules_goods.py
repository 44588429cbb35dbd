"""What a device is told of by its rule, in full and as it changes."""

from decimal import Decimal

import pytest

from exchange.choices import FormatVersion, TaxRate
from exchange.models import ExchangeRule, ExchangeRuleGroup, ExchangeRuleSku, ExchangeRuleVat
from exchange.services.rules import goods, positions
from retail.models import VatRate
from retail.services.skus import UnknownSku
from tests.exchange.rules import LATEST, NOW, here, leave, priced, told
from tests.factories.exchange import ExchangeRuleFactory
from tests.factories.retail import (
    BarcodeFactory,
    CharacteristicFactory,
    ItemFactory,
    ItemGroupFactory,
    PackFactory,
    PriceFactory,
    SkuFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule():
    return ExchangeRuleFactory()


def choose(rule, group, *, excluded=False):
    ExchangeRuleGroup.objects.create(rule=rule, group=group, excluded=excluded)


def pick(rule, sku, *, excluded=False):
    ExchangeRuleSku.objects.create(rule=rule, sku=sku, excluded=excluded)


def change(rule, **fields):
    ExchangeRule.objects.filter(pk=rule.pk).update(**fields)
    rule.refresh_from_db()


def test_a_row_says_everything_that_a_device_may_be_told(rule):
    group = ItemGroupFactory()
    item = ItemFactory(name="Футболка", full_name="Футболка хлопок", article="F-1", group=group, marking="clothes")
    variant, pack = CharacteristicFactory(item=item, name="XL"), PackFactory(item=item, name="короб", quantity=6)
    sku = priced(rule, amount="499.90", code="10001", item=item, characteristic=variant, pack=pack, plu=7)
    BarcodeFactory(sku=sku, value="4600000000015")
    leave(rule, sku, Decimal("3.000"))

    [row] = goods.changed(rule=rule, format_version=None, after=None, now=NOW)

    assert row == goods.Goods(
        sku=sku.pk,
        code="10001",
        item=item.pk,
        characteristic=variant.pk,
        pack=pack.pk,
        name="Футболка",
        full_name="Футболка хлопок",
        characteristic_name="XL",
        pack_name="короб",
        pack_quantity=Decimal("6.000"),
        article="F-1",
        group=group.pk,
        unit_code="796",
        unit_name=item.unit.short_name,
        weighed=False,
        service=False,
        marking="clothes",
        vat="22",
        price=Decimal("499.90"),
        available=Decimal("3.000"),
        barcodes=["4600000000015"],
        plu=7,
        withdrawn=False,
    )


def test_what_is_left_is_told_only_if_the_rule_says_so(rule):
    priced(rule)
    change(rule, balances=False)

    [row] = goods.changed(rule=rule, format_version=LATEST, after=None, now=NOW)

    assert row.available is None


def test_an_item_comes_whole_and_in_the_order_of_the_wire(rule, monkeypatch):
    monkeypatch.setattr(goods, "PAGE", 2)
    items = [ItemFactory(vat_rate=VatRate.objects.get(code="20")) for _ in range(5)]
    variants = [CharacteristicFactory(item=items[2]) for _ in range(3)]
    late = [priced(rule, item=items[2], characteristic=variant) for variant in reversed(variants)]
    first = [priced(rule, item=item) for item in items]

    rows = list(goods.changed(rule=rule, format_version=LATEST, after=None, now=NOW))

    assert [row.sku for row in rows] == [sku.pk for sku in (*first[:3], *reversed(late), *first[3:])]


def test_a_changed_variant_brings_its_whole_item(rule):
    item = ItemFactory(vat_rate=VatRate.objects.get(code="20"))
    priced(rule, code="A", item=item)
    variant = priced(rule, code="B", item=item, characteristic=CharacteristicFactory(item=item))
    priced(rule, code="C")
    position = here(rule)

    PriceFactory(sku=variant, price_type=rule.warehouse.retail_price_type, valid_from=NOW, amount=Decimal(5))

    assert told(rule, after=position) == ["A", "B"]
    assert told(rule, after=here(rule)) == []


@pytest.mark.parametrize(
    ("condition", "amounts", "passing"),
    [
        ({}, {"A": "1.00", "B": "0.00", "C": None}, ["A"]),
        ({"priced_only": False}, {"A": "1.00", "B": "0.00", "C": None}, ["A", "B", "C"]),
    ],
)
def test_goods_without_a_price_go_only_where_the_rule_lets_them(rule, condition, amounts, passing):
    for code, amount in amounts.items():
        if amount is None:
            SkuFactory(code=code, item__vat_rate=VatRate.objects.get(code="20"))
        else:
            priced(rule, code=code, amount=amount)

    change(rule, **condition)

    assert told(rule) == passing


def test_withdrawn_goods_do_not_go(rule):
    priced(rule, code="A", withdrawn=True)
    priced(rule, code="B", item__withdrawn=True, item__vat_rate=VatRate.objects.get(code="20"))

    assert told(rule) == []


def test_the_nearest_group_that_the_rule_names_decides(rule):
    top = ItemGroupFactory()
    middle, bottom = ItemGroupFactory(parent=top), None
    bottom = ItemGroupFactory(parent=middle)
    deep = ItemGroupFactory(parent=bottom)
    rate = VatRate.objects.get(code="20")
    for code, group in (
        ("TOP", top),
        ("MIDDLE", middle),
        ("DEEP", deep),
        ("OTHER", ItemGroupFactory()),
        ("NONE", None),
    ):
        priced(rule, code=code, item=ItemFactory(group=group, vat_rate=rate))

    choose(rule, top)
    choose(rule, middle, excluded=True)
    choose(rule, bottom)

    assert told(rule) == ["DEEP", "TOP"]


def test_a_group_that_is_left_out_leaves_the_rest(rule):
    rate, group = VatRate.objects.get(code="20"), ItemGroupFactory()
    priced(rule, code="A", item=ItemFactory(group=group, vat_rate=rate))
    priced(rule, code="B")

    choose(rule, group, excluded=True)

    assert told(rule) == ["B"]


def test_what_is_chosen_by_hand_goes_whatever_its_group_and_what_is_left_out_never(rule):
    rate, group = VatRate.objects.get(code="20"), ItemGroupFactory()
    one, other = (priced(rule, code=code, item=ItemFactory(group=group, vat_rate=rate)) for code in "AB")
    outside = priced(rule, code="C")
    priced(rule, code="D")

    choose(rule, group)
    pick(rule, one, excluded=True)
    pick(rule, outside)
    beside_the_group = told(rule)
    ExchangeRuleGroup.objects.update(excluded=True)
    pick(rule, other)

    assert beside_the_group == ["B", "C"]
    assert told(rule) == ["B", "C"]


def test_only_chosen_kinds_of_marking_go(rule):
    rate = VatRate.objects.get(code="20")
    for code, marking in (("PLAIN", ""), ("SHOES", "shoes"), ("BEER", "beer")):
        priced(rule, code=code, item=ItemFactory(marking=marking, vat_rate=rate))

    change(rule, markings=["none", "beer"])

    assert told(rule) == ["BEER", "PLAIN"]


def test_goods_come_in_and_run_out_without_a_change_of_the_catalogue(rule):
    change(rule, in_stock_only=True, balances=False)
    sku = priced(rule, code="A")
    priced(rule, code="SERVICE", item=ItemFactory(kind="service", vat_rate=VatRate.objects.get(code="20")))
    at_first, position = told(rule), here(rule)

    leave(rule, sku, 2)
    came, after_delivery = told(rule, after=position), here(rule)
    leave(rule, sku, 0)
    ran_out = told(rule, after=after_delivery)

    assert at_first == ["SERVICE"]
    assert came == ["A"]
    assert ran_out == ["-A"]
    assert told(rule, after=here(rule)) == []


def test_stock_moves_nothing_for_a_rule_that_does_not_look_at_it(rule):
    change(rule, balances=False)
    sku = priced(rule)
    position = here(rule)

    leave(rule, sku, 5)

    assert told(rule, after=position) == []


def test_what_leaves_the_rule_is_told_as_withdrawn_and_what_never_had_a_price_is_not(rule):
    gone = priced(rule, code="A")
    unpriced = SkuFactory(code="B")
    position = here(rule)

    gone.withdrawn = True
    gone.save()
    unpriced.plu = 12
    unpriced.save()

    assert told(rule, after=position) == ["-A"]
    assert told(rule) == []


@pytest.mark.parametrize(
    ("version", "rate", "marking", "is_out"),
    [(FormatVersion.V3_1, "10", "dairy", False), (FormatVersion.V2_3, "22", "", False), (LATEST, "10", "", True)],
)
def test_what_was_shut_out_where_a_device_stands_is_not_told_when_it_changes(rule, version, rate, marking, is_out):
    out = ItemGroupFactory()
    choose(rule, out, excluded=True)
    rate = VatRate.objects.get(code=rate)
    item = ItemFactory(vat_rate=rate, marking=marking, group=out if is_out else ItemGroupFactory())
    sku = priced(rule, code="A", item=item)
    position = here(rule)

    leave(rule, sku, 5)
    PriceFactory(sku=sku, price_type=rule.warehouse.retail_price_type, amount=Decimal(7), valid_from=NOW)

    assert told(rule, after=position, version=version) == []


@pytest.mark.parametrize(
    ("version", "field", "value"),
    [(FormatVersion.V3_1, "marking", "dairy"), (FormatVersion.V2_3, "vat_rate", "22"), (LATEST, "group", "out")],
)
def test_what_comes_to_be_shut_out_is_told_once(rule, version, field, value):
    out = ItemGroupFactory()
    choose(rule, out, excluded=True)
    sku = priced(rule, code="A", rate="10")
    position = here(rule)

    found = {"group": out, "vat_rate": VatRate.objects.get(code="22")}
    setattr(sku.item, field, found.get(field, value))
    sku.item.save()
    at_once, later = told(rule, after=position, version=version), here(rule)
    leave(rule, sku, 5)

    assert at_once == ["-A"]
    assert told(rule, after=later, version=version) == []


def test_what_had_run_out_or_was_left_out_or_withdrawn_before_is_not_told(rule):
    change(rule, in_stock_only=True)
    ran_out, left_out, withdrawn = (priced(rule, code=code) for code in "ABC")
    for sku in (left_out, withdrawn):
        leave(rule, sku, 5)
    withdrawn.withdrawn = True
    withdrawn.save()
    pick(rule, left_out, excluded=True)
    position = here(rule)

    for sku in (left_out, withdrawn):
        leave(rule, sku, 4)
    PriceFactory(sku=ran_out, price_type=rule.warehouse.retail_price_type, amount=Decimal(7), valid_from=NOW)

    assert told(rule, after=position) == []


@pytest.mark.parametrize(
    ("version", "rate", "substitute", "sent"),
    [
        (FormatVersion.V3_1, "20", None, "20"),
        (FormatVersion.V3_1, "20", "18", "20"),
        (FormatVersion.V3_1, "22", None, None),
        (FormatVersion.V3_1, "22", "20", "20"),
        (FormatVersion.V2_3, "22", "20", None),
        (FormatVersion.V2_3, "20", None, None),
        (FormatVersion.V2_3, "10", None, "10"),
        (FormatVersion.V1_0, "22", "20", "20"),
        (None, "22", "20", "22"),
    ],
)
def test_a_rate_without_a_word_in_the_format_is_replaced_or_the_goods_are_left_out(
    rule, version, rate, substitute, sent
):
    priced(rule, rate=rate)
    if substitute:
        ExchangeRuleVat.objects.create(rule=rule, vat_rate=VatRate.objects.get(code=rate), sent_as=TaxRate(substitute))

    rows = list(goods.changed(rule=rule, format_version=version, after=None, now=NOW))

    assert [row.vat for row in rows] == ([sent] if sent else [])


@pytest.mark.parametrize(
    ("version", "codes"),
    [
        (FormatVersion.V3_0, ["PLAIN", "VODKA"]),
        (FormatVersion.V3_1, ["PLAIN", "SHOES", "VODKA"]),
        (FormatVersion.V3_3, ["BEER", "PLAIN", "SHOES", "VODKA"]),
        (None, ["BEER", "PILLS", "PLAIN", "SHOES", "VODKA"]),
    ],
)
def test_marked_goods_go_only_where_a_device_can_learn_that_they_are(rule, version, codes):
    rate = VatRate.objects.get(code="20")
    priced(rule, code="PLAIN")
    for code, marking in (("SHOES", "shoes"), ("BEER", "beer"), ("PILLS", "medicine"), ("VODKA", "alcohol")):
        priced(rule, code=code, item=ItemFactory(marking=marking, vat_rate=rate))

    assert told(rule, version=version) == codes


def test_one_item_is_found_by_a_barcode_as_far_as_the_rule_lets_it_through(rule):
    item = ItemFactory(vat_rate=VatRate.objects.get(code="20"))
    sku = priced(rule, code="A", item=item)
    variant = priced(rule, code="B", item=item, characteristic=CharacteristicFactory(item=item))
    left_out = SkuFactory(code="C", item=item, pack=PackFactory(item=item))
    for number, each in enumerate((sku, variant, left_out)):
        BarcodeFactory(sku=each, value=f"CODE-{number}")

    def found(code):
        return [row.code for row in goods.one(rule=rule, format_version=LATEST, code=code, now=NOW)]

    assert found("CODE-1") == ["A", "B"]
    assert found("CODE-2") == []
    with pytest.raises(UnknownSku):
        found("CODE-3")


def test_a_position_fits_until_the_rule_or_an_epoch_changes(rule):
    position = here(rule)
    fitting = positions.fits(position, current=here(rule))

    change(rule, in_stock_only=True)

    assert fitting
    assert not positions.fits(position, current=here(rule))
    assert not positions.fits(None, current=position)
    for field, other in (("epoch", "x"), ("stock_epoch", "x"), ("catalogue", -1), ("stock", -1)):
        values = {name: getattr(position, name) for name in position.__struct_fields__} | {field: other}
        assert not positions.fits(position, current=positions.Position(**values))


def test_reading_takes_two_statements_a_page(rule, django_assert_num_queries):
    for _ in range(3):
        priced(rule)

    with django_assert_num_queries(3):
        rows = list(goods.changed(rule=rule, format_version=LATEST, after=None, now=NOW))

    assert len(rows) == 3
