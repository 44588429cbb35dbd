"""What cards are of, as people keep it: kinds with thresholds, rules by which bonuses live, promotions."""

import pytest
from django.urls import reverse

from billing.models import BonusLifeRule, CardKind, Promotion
from config.roles import Role
from tests.factories.billing import (
    BonusLifeRuleFactory,
    CardKindFactory,
    DiscountThresholdFactory,
    PromotionFactory,
)
from tests.factories.people import UserFactory
from tests.registers.conftest import browser_of
from tests.registers.pages import queries_of, text_of

pytestmark = pytest.mark.django_db
MAKERS = {
    "cardkind": lambda: DiscountThresholdFactory(kind__bonus_rule=BonusLifeRuleFactory(month=True)),
    "bonusliferule": lambda: BonusLifeRuleFactory(on_a_date=True),
    "promotion": PromotionFactory,
}
NO_THRESHOLDS = {"thresholds-TOTAL_FORMS": "0", "thresholds-INITIAL_FORMS": "0"}
KIND = {"code": "GOLD", "name": "Золотая", "turnover_delay": "1", "receipts_delay": "0"}
RULE = {"name": "Весна", "starts": "after", "starts_after_days": "1", "lives": "forever", "rounding": "day"}


@pytest.fixture
def client():
    return browser_of(UserFactory(role=Role.MERCHANDISER))


def url(model, page, *args):
    return reverse(f"admin:billing_{model}_{page}", args=args)


@pytest.mark.parametrize("model", MAKERS)
def test_a_list_asks_as_much_for_many_rows_as_for_one(client, model):
    MAKERS[model]()
    client.get(url(model, "changelist"))
    few = queries_of(client, url(model, "changelist"))

    for _ in range(4):
        MAKERS[model]()

    assert queries_of(client, url(model, "changelist")) == few


def test_a_kind_is_kept_with_its_thresholds_and_its_page_tells_who_changed_what(client):
    threshold = {"thresholds-0-measure": "turnover", "thresholds-0-reached": "5000", "thresholds-0-percent": "3"}
    client.post(url("cardkind", "add"), {**KIND, **NO_THRESHOLDS, **threshold, "thresholds-TOTAL_FORMS": "1"})

    kind = CardKind.objects.get()

    assert kind.thresholds.get().percent == 3
    assert "3 % from the sum of 5,000" in text_of(client.get(url("cardkind", "changelist")))
    assert "Золотая" in text_of(client.get(url("cardkind", "history", kind.pk)))


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"starts": "on"}, "starts_on"),
        ({"lives": "days"}, "lives_for"),
        ({"lives": "months", "lives_for": "0"}, "lives_for"),
        ({"lives": "until"}, "lives_until"),
        ({"lives": "until", "lives_until": "9999-12-31"}, "lives_until"),
        ({"starts": "on", "starts_on": "0001-01-01"}, "starts_on"),
    ],
)
def test_a_rule_says_at_its_field_what_is_missing(client, said, field):
    answer = client.post(url("bonusliferule", "add"), {**RULE, **said})

    assert set(answer.context["adminform"].form.errors) == {field}
    assert not BonusLifeRule.objects.exists()


def test_the_list_of_rules_tells_in_words_how_bonuses_live(client):
    BonusLifeRuleFactory(month=True, starts_after_days=1)
    BonusLifeRuleFactory(on_a_date=True)

    shown = text_of(client.get(url("bonusliferule", "changelist")))

    assert "after 1 day 1 month" in shown
    assert "For ever" in shown


def test_who_does_not_keep_cards_only_looks_at_their_kinds():
    kind, rule, promotion = CardKindFactory(), BonusLifeRuleFactory(), PromotionFactory()

    for role in (Role.ACCOUNTANT, Role.OPERATOR):
        client = browser_of(UserFactory(role=role))
        for row in (kind, rule, promotion):
            model = row._meta.model_name
            assert client.get(url(model, "change", row.pk)).status_code == 200
            assert client.post(url(model, "change", row.pk), {"name": "x"}).status_code == 403
            assert client.get(url(model, "add")).status_code == 403

    assert Promotion.objects.get().name == promotion.name
