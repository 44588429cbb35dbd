"""The pages of exchange rules: a merchandiser sets them, and sees at once what comes of it."""

import pytest
from django.urls import reverse

from exchange.choices import RuleMarking
from exchange.models import ExchangeRule, ExchangeRuleGroup
from exchange.services.rules import preview
from retail.models import Edit
from tests.exchange.rules import priced
from tests.factories.exchange import EquipmentFactory, ExchangeRuleFactory
from tests.factories.people import UserFactory
from tests.factories.retail import ItemFactory, ItemGroupFactory, SkuFactory, WarehouseFactory
from tests.registers.pages import queries_of, text_of
from tests.retail.admin import page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return signed_in(UserFactory(merchandiser=True))


def form(rule, *, groups=(), vat_rates=(), **fields):
    """Fill in the page of a rule as a browser does."""
    filled = {"name": rule.name, "warehouse": rule.warehouse_id, "package_size": rule.package_size, **fields}
    for prefix, rows in (("groups", groups), ("skus", ()), ("vat_rates", vat_rates)):
        filled |= {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
        filled |= {f"{prefix}-{place}-{name}": value for place, row in enumerate(rows) for name, value in row.items()}
    return filled


def change_page(rule):
    return reverse("admin:exchange_exchangerule_change", args=[rule.pk])


def preview_page(rule):
    return reverse("admin:exchange_exchangerule_preview", args=[rule.pk])


def test_a_rule_is_made_with_its_parts_and_its_history_is_kept(client):
    rule = ExchangeRuleFactory.build(warehouse=WarehouseFactory(), name="Мобильные кассы")
    group = ItemGroupFactory(name="Хлеб")

    response = client.post(
        page("exchange_exchangerule_add"),
        form(rule, groups=[{"group": group.pk, "excluded": "on"}], markings=["none", "shoes"], in_stock_only="on"),
    )

    assert response.status_code == 302
    made = ExchangeRule.objects.get()
    assert (made.markings, made.in_stock_only, made.priced_only) == (["none", "shoes"], True, False)
    assert [(part.group, part.excluded) for part in made.groups.all()] == [(group, True)]
    assert {edit.model for edit in Edit.objects.filter(page_model="exchange.exchangerule")} == {
        "exchange.exchangerule",
        "exchange.exchangerulegroup",
    }
    told = text_of(client.get(reverse("admin:exchange_exchangerule_history", args=[made.pk])))
    assert "Хлеб" in told
    assert "Not marked, Shoes" in told


def test_another_warehouse_is_refused_while_registers_are_served(client):
    rule = EquipmentFactory().rule

    response = client.post(change_page(rule), form(rule, warehouse=WarehouseFactory().pk))

    assert "Registers that sell from another warehouse are served by this rule." in text_of(response)


def test_a_list_of_rules_says_what_goes_and_costs_the_same_for_any_number(client):
    rule = ExchangeRuleFactory(in_stock_only=True, markings=["shoes"], package_size=0)
    ExchangeRuleFactory(markings=[kind for kind in RuleMarking.values if kind not in ("tobacco", "alcohol")])
    ExchangeRuleGroup.objects.create(rule=rule, group=ItemGroupFactory())
    url = reverse("admin:exchange_exchangerule_changelist")
    told = text_of(client.get(url))
    for_one = queries_of(client, url)
    for _ in range(5):
        EquipmentFactory()

    assert "groups: 1; shoes; in stock; with a price" in told
    assert "without: tobacco, alcohol (excise stamp); with a price" in told
    assert queries_of(client, url) == for_one


def test_a_preview_counts_what_goes(client):
    rule = ExchangeRuleFactory()
    priced(rule, code="GOES")
    SkuFactory(code="UNPRICED")

    told = text_of(client.post(preview_page(rule), {"preview_format": "3001"}))

    assert "1 of 2 SKUs go" in told
    assert "Has no price" in told
    assert "UNPRICED" in told
    assert "GOES" not in told


def test_a_preview_shows_what_the_form_says_and_saves_nothing(client):
    rule = ExchangeRuleFactory()
    group = ItemGroupFactory()
    priced(rule, code="INSIDE", item=ItemFactory(group=group))
    priced(rule, code="OUTSIDE")

    typed = form(rule, groups=[{"group": group.pk}], priced_only="on")
    told = text_of(client.post(preview_page(rule), {**typed, "preview_format": "http"}))

    assert "1 of 2 SKUs go" in told
    assert "Neither its group nor it is chosen 1" in told
    assert not ExchangeRuleGroup.objects.exists()
    assert ExchangeRule.objects.get().revision == rule.revision
    assert not Edit.objects.filter(model="exchange.exchangerulegroup").exists()


def test_a_form_with_mistakes_is_previewed_as_the_rule_was_saved(client):
    rule = ExchangeRuleFactory()
    priced(rule, code="GOES")

    told = text_of(
        client.post(preview_page(rule), {**form(rule, name="", in_stock_only="on"), "preview_format": "3001"})
    )

    assert "The form has mistakes: this is the rule as it was saved." in told
    assert "1 of 1 SKUs go" in told


@pytest.mark.parametrize(
    ("asked", "shown", "hidden"),
    [
        ({"preview_shown": "passing"}, "GOES", "UNPRICED"),
        ({"preview_shown": "no_price"}, "UNPRICED", "GOES"),
        ({"preview_shown": "vat"}, "There is nothing of this kind.", "UNPRICED"),
        ({"preview_current": "passing"}, "GOES", "UNPRICED"),
        ({"preview_search": "GOES"}, "GOES", "UNPRICED"),
        ({"preview_shown": "'; DROP", "preview_page": "x", "preview_format": "9"}, "UNPRICED", "GOES"),
    ],
)
def test_a_preview_is_narrowed_and_searched(client, asked, shown, hidden):
    rule = ExchangeRuleFactory()
    priced(rule, code="GOES")
    SkuFactory(code="UNPRICED")

    told = text_of(client.post(preview_page(rule), asked))

    assert shown in told
    assert hidden not in told


def test_a_preview_is_leafed_through(client, monkeypatch):
    monkeypatch.setattr(preview, "PAGE", 1)
    rule = ExchangeRuleFactory()
    for number in range(3):
        SkuFactory(code=f"S{number}", item__name=f"{number}")

    told = text_of(client.post(preview_page(rule), {"preview_page": "2"}))

    assert "S1" in told
    assert "Page 2 of 3, 3 found" in told


def test_a_preview_asks_no_more_statements_for_more_goods(client, django_assert_max_num_queries):
    rule = ExchangeRuleFactory()
    for _ in range(5):
        SkuFactory()

    with django_assert_max_num_queries(10):
        client.post(preview_page(rule), {"preview_format": "3001"})


def test_the_page_begins_with_the_format_of_the_rules_equipment(client):
    rule = EquipmentFactory(format_version=2003).rule
    own = EquipmentFactory(http=True).rule

    assert '<option value="2003" selected' in client.get(change_page(rule)).content.decode()
    assert '<option value="http" selected' in client.get(change_page(own)).content.decode()


def test_whoever_may_only_look_sees_the_rule_as_it_is_saved():
    operator = signed_in(UserFactory(operator=True))
    rule = ExchangeRuleFactory()
    priced(rule, code="GOES")

    told = text_of(operator.post(preview_page(rule), {**form(rule, in_stock_only="on"), "preview_format": "3001"}))

    assert operator.get(change_page(rule)).status_code == 200
    assert "1 of 1 SKUs go" in told
    assert "mistakes" not in told


def test_an_accountant_does_not_see_rules():
    accountant = signed_in(UserFactory(accountant=True))

    assert accountant.get(reverse("admin:exchange_exchangerule_changelist")).status_code == 403
    assert accountant.post(preview_page(ExchangeRuleFactory())).status_code == 404
