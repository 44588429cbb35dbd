"""How many goods pass a rule, which do not, and why."""

from datetime import timedelta
from decimal import Decimal

import pytest

from exchange.choices import FormatVersion, Refusal
from exchange.models import ExchangeRule, ExchangeRuleGroup, ExchangeRuleSku
from exchange.services.rules import preview
from retail.models import VatRate
from tests.exchange.rules import LATEST, NOW, leave, priced, told
from tests.factories.exchange import ExchangeRuleFactory
from tests.factories.retail import BarcodeFactory, ItemFactory, ItemGroupFactory, PriceFactory, SkuFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def rule():
    return ExchangeRuleFactory(in_stock_only=True, markings=["none", "shoes"])


@pytest.fixture
def shelf(rule):
    """A SKU for each reason why it does not go, named by it, and one that does."""
    rate = VatRate.objects.get(code="20")
    chosen, dropped = ItemGroupFactory(), ItemGroupFactory()
    ExchangeRuleGroup.objects.create(rule=rule, group=chosen)
    ExchangeRuleGroup.objects.create(rule=rule, group=dropped, excluded=True)

    def put(code, *, price="99.00", left=1, **item):
        made = ItemFactory(name=code, **{"group": chosen, "vat_rate": rate, **item})
        sku = SkuFactory(code=code, item=made)
        if price is not None:
            PriceFactory(sku=sku, price_type=rule.warehouse.retail_price_type, amount=Decimal(price))
        leave(rule, sku, left)
        return sku

    put("goes")
    put("withdrawn", withdrawn=True)
    ExchangeRuleSku.objects.create(rule=rule, sku=put("left_out"), excluded=True)
    put("group_out", group=dropped)
    put("not_chosen", group=None)
    put("marking", marking="beer")
    put("no_price", price=None)
    put("zero_price", price="0.00")
    put("not_in_stock", left=0)
    put("vat", vat_rate=VatRate.objects.get(code="22"))
    put("format", marking="shoes")
    return put


def look(rule, **asked):
    return preview.look(rule=rule, format_version=asked.pop("version", FormatVersion.V3_0), now=NOW, **asked)


def codes(seen):
    return [row.code for row in seen.page]


def test_each_reason_is_counted_once_and_the_first_that_is_so(rule, shelf):
    shelf("withdrawn too", withdrawn=True, left=0, marking="beer")

    seen = look(rule)

    assert seen.passing == 1
    assert seen.refused == {reason.value: 2 if reason == Refusal.WITHDRAWN else 1 for reason in Refusal}
    assert seen.looked_at == 12


def test_what_does_not_pass_is_shown_by_name_with_its_reason(rule, shelf):
    seen = look(rule)

    assert {row.code: row.refusal for row in seen.page} == {reason.value: reason.value for reason in Refusal}
    assert codes(seen) == sorted(codes(seen))
    assert (seen.found, seen.pages, seen.number) == (10, 1, 1)


@pytest.mark.parametrize("reason", Refusal.values)
def test_one_reason_is_looked_at_alone(rule, shelf, reason):
    assert codes(look(rule, shown=reason)) == [reason]


def test_what_passes_is_what_devices_are_told(rule, shelf):
    seen = look(rule, shown=preview.PASSING)

    assert codes(seen) == told(rule, version=FormatVersion.V3_0) == ["goes"]
    assert (seen.page[0].price, seen.page[0].available) == (Decimal("99.00"), Decimal("1.000"))


def test_another_format_lets_through_what_it_has_words_for(rule, shelf):
    assert look(rule, version=LATEST).refused.keys() == set(Refusal.values) - {"format"}
    assert look(rule, version=None).refused.keys() == set(Refusal.values) - {"format", "vat"}


@pytest.mark.parametrize("search", ["ro_pr", "ZERO price", "zero_", "46000", "ART-7"])
def test_a_search_finds_by_name_code_article_and_barcode(rule, shelf, search):
    sku = shelf("zero_price 2", price="0.00", article="ART-7x")
    BarcodeFactory(sku=sku, value="4600000000015")

    assert "zero_price 2" in codes(look(rule, search=search))
    assert "no_price" not in codes(look(rule, search=search))


def test_a_search_finds_what_passes_too(rule, shelf):
    [row] = look(rule, search="goes").page

    assert row.refusal == ""
    assert look(rule, search="goes", shown=Refusal.VAT).page == []


def test_signs_of_patterns_are_looked_for_as_they_are(rule, shelf):
    assert look(rule, search="%").page == []
    assert look(rule, search="\x00%_\\").found == 0


def test_a_long_list_is_leafed_through(rule, monkeypatch):
    monkeypatch.setattr(preview, "PAGE", 2)
    for number in range(5):
        SkuFactory(code=f"S{number}", item__name=f"Товар {number}")

    pages = [look(rule, number=number) for number in (1, 2, 3, 4)]

    assert [codes(page) for page in pages] == [["S0", "S1"], ["S2", "S3"], ["S4"], []]
    assert [page.pages for page in pages[:3]] == [3, 3, 3]


def test_a_price_that_begins_later_is_no_price_yet(rule):
    ExchangeRule.objects.update(in_stock_only=False)
    sku = SkuFactory()
    PriceFactory(sku=sku, price_type=rule.warehouse.retail_price_type, valid_from=NOW + timedelta(hours=1))

    assert look(rule).refused == {"no_price": 1}


def test_a_preview_is_one_statement(rule, shelf, django_assert_num_queries):
    with django_assert_num_queries(1):
        look(rule, search="товар", shown="vat")


def test_an_empty_catalogue_has_nothing_to_show(rule):
    seen = look(rule)

    assert (seen.passing, seen.refused, seen.page, seen.pages) == (0, {}, [], 0)


def test_a_priced_service_needs_no_stock(rule):
    priced(rule, code="S", item=ItemFactory(kind="service", vat_rate=VatRate.objects.get(code="20")))

    assert codes(look(rule, shown=preview.PASSING)) == ["S"]
