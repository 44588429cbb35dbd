"""«Назначение акции» in the admin: typed in, posted after a page that asks, and read."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.models import PromotionAssignment
from billing.services import assignments
from config.roles import Role
from retail.choices import DocumentState
from tests.billing.carding import NOW
from tests.factories.billing import (
    BonusLifeRuleFactory,
    CardKindFactory,
    PromotionAssignmentFactory,
    PromotionFactory,
)
from tests.factories.people import UserFactory
from tests.factories.retail import OrganizationFactory, ShopFactory
from tests.registers.conftest import browser_of
from tests.registers.pages import queries_of, text_of

pytestmark = pytest.mark.django_db
LIST = reverse("admin:billing_promotionassignment_changelist")


@pytest.fixture
def client():
    return browser_of(UserFactory(role=Role.MERCHANDISER))


def url(page, *args):
    return reverse(f"admin:billing_promotionassignment_{page}", args=args)


def post(draft, at=NOW):
    return assignments.post(assignment=draft, by=UserFactory(), now=at)


def typed(**said):
    """What the form of a new assignment sends."""
    return {
        "promotion": PromotionFactory().pk,
        "bonus_rule": BonusLifeRuleFactory().pk,
        "organization": OrganizationFactory().pk,
        "date_0": "2026-11-20",
        "date_1": "12:00:00",
        "begins": "2026-11-10",
        "ends": "2026-11-20",
        "comment": "",
        **said,
    }


def numbers(client, **query):
    shown = client.get(LIST, query).context["cl"].result_list
    return sorted(one.number for one in shown)


def test_a_draft_is_typed_in_with_its_shops_and_kinds_and_numbered(client):
    shop, kind = ShopFactory(), CardKindFactory()

    client.post(url("add"), typed(shops=[shop.pk], kinds=[kind.pk]))

    draft = PromotionAssignment.objects.get()
    assert (draft.number, draft.state) == ("000001", DocumentState.DRAFT)
    assert (draft.begins, draft.ends) == (date(2026, 11, 10), date(2026, 11, 20))
    assert (draft.shops.get(), draft.kinds.get()) == (shop, kind)


def test_the_form_begins_with_what_is_likely(client):
    organization, promotion = OrganizationFactory(), PromotionFactory()

    form = client.get(url("add"), {"promotion": promotion.pk}).context["adminform"].form

    assert form.initial["organization"] == organization.pk
    assert form.initial["promotion"] == str(promotion.pk)
    assert form.initial["begins"] == timezone.localdate()


def test_a_period_the_wrong_way_round_is_said_at_its_field(client):
    answer = client.post(url("add"), typed(begins="2026-11-21"))

    assert set(answer.context["adminform"].form.errors) == {"ends"}


def test_a_period_without_an_end_is_not_written_as_the_end_of_time(client):
    answer = client.post(url("add"), typed(ends="9999-12-31"))

    assert set(answer.context["adminform"].form.errors) == {"ends"}


def test_posting_asks_first_and_tells_whose_place_it_takes(client):
    promotion = PromotionFactory()
    PromotionAssignmentFactory(promotion=promotion, number="000077", posted=True)
    draft = PromotionAssignmentFactory(promotion=promotion)

    asked = text_of(client.get(url("post_assignment", draft.pk)))
    draft.refresh_from_db()
    assert draft.is_draft
    done = client.post(url("post_assignment", draft.pk), follow=True)

    draft.refresh_from_db()
    assert "Where these hold too, this one will decide in their place" in asked
    assert "000077" in asked
    assert draft.state == DocumentState.POSTED
    assert draft.posted_by.username
    assert "is posted." in text_of(done)


def test_a_refusal_is_said_on_the_page(client):
    rule = BonusLifeRuleFactory(lives="until", lives_until=date(2026, 1, 1))
    draft = PromotionAssignmentFactory(bonus_rule=rule, ends=date(2026, 12, 1))

    shown = text_of(client.post(url("post_assignment", draft.pk), follow=True))

    assert "would have ended before it begins" in shown
    assert PromotionAssignment.objects.get().is_draft


def test_a_posted_one_is_read_and_reversed_and_copied(client):
    posted = post(PromotionAssignmentFactory())

    assert client.post(url("change", posted.pk), typed()).status_code == 302
    assert client.post(url("delete", posted.pk), {"post": "yes"}).status_code == 403
    client.post(url("copy_assignment", posted.pk))
    client.post(url("reverse_assignment", posted.pk))

    states = PromotionAssignment.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == [DocumentState.REVERSED, DocumentState.DRAFT]
    assert "Reversed" in text_of(client.get(url("change", posted.pk)))


def test_a_draft_may_be_thrown_away(client):
    draft = PromotionAssignmentFactory()

    client.post(url("delete", draft.pk), {"post": "yes"})

    assert not PromotionAssignment.objects.exists()


def test_an_accountant_only_looks():
    client = browser_of(UserFactory(role=Role.ACCOUNTANT))
    draft = PromotionAssignmentFactory()

    assert client.get(LIST).status_code == 200
    assert client.get(url("change", draft.pk)).status_code == 200
    assert client.get(url("add")).status_code == 403
    for verb in ("post", "reverse", "copy"):
        assert client.post(url(f"{verb}_assignment", draft.pk)).status_code == 403
    assert PromotionAssignment.objects.get().is_draft


def test_the_list_is_narrowed_by_what_holds_where_for_whom_and_when(client):
    today = timezone.localdate()
    day = timedelta(days=1)
    shop, kind = ShopFactory(), CardKindFactory()
    here = PromotionAssignmentFactory(number="1", begins=today, ends=today)
    here.shops.set([shop])
    elsewhere = PromotionAssignmentFactory(number="2", begins=today + day)
    elsewhere.shops.set([ShopFactory()])
    elsewhere.kinds.set([kind])
    everywhere = PromotionAssignmentFactory(number="3", begins=today - 9 * day, ends=today - day)
    everywhere.kinds.set([CardKindFactory()])
    post(here)

    assert numbers(client, shop=shop.pk) == ["1", "3"]
    assert numbers(client, kind=kind.pk) == ["1", "2"]
    assert numbers(client, today="in_force") == ["1"]
    assert numbers(client, today="ahead") == ["2"]
    assert numbers(client, today="over") == ["3"]
    assert numbers(client, shop="x", kind="9" * 40, today="x") == ["1", "2", "3"]


def test_the_list_tells_in_words_where_and_when_it_holds(client):
    today = timezone.localdate()
    one = PromotionAssignmentFactory(begins=today, ends=today)
    one.shops.set([ShopFactory(name=f"Магазин {n}") for n in range(7)])
    post(one)

    shown = text_of(client.get(LIST))

    assert "and 2 more" in shown
    assert "all kinds of cards" in shown
    assert "In force" in shown


def test_a_list_asks_as_much_for_many_rows_as_for_one(client):
    def make():
        one = PromotionAssignmentFactory()
        one.shops.set([ShopFactory()])
        one.kinds.set([CardKindFactory()])
        return post(one)

    make()
    client.get(LIST)
    few = queries_of(client, LIST)
    for _ in range(4):
        make()

    assert queries_of(client, LIST) == few


def test_the_page_of_a_promotion_shows_where_it_is_assigned_and_leads_to_a_new_one(client):
    promotion = PromotionFactory()
    page = reverse("admin:billing_promotion_change", args=[promotion.pk])
    assert "It is assigned nowhere" in text_of(client.get(page))
    PromotionAssignmentFactory(promotion=promotion, number="000042", posted=True)

    shown = client.get(page)

    assert "000042" in text_of(shown)
    assert f"{url('add')}?promotion={promotion.pk}" in shown.content.decode()


def test_the_list_of_promotions_tells_by_which_rules_they_live_today(client):
    promotion = PromotionFactory()
    PromotionAssignmentFactory(promotion=promotion, bonus_rule__name="Месяц", begins=date(2020, 1, 1), posted=True)
    PromotionAssignmentFactory(promotion=promotion, bonus_rule__name="Черновик", begins=date(2020, 1, 1))

    shown = text_of(client.get(reverse("admin:billing_promotion_changelist")))

    assert "Месяц" in shown
    assert "Черновик" not in shown


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "begin at once → end never"),
        ({"lives": "until", "lives_until": date(2039, 12, 30)}, "end with the end of 12/30/2039"),
        ({"lives": "until", "lives_until": date(2020, 1, 1)}, "They would have ended before they begin."),
        ({"starts": "on", "starts_on": date(2039, 1, 1)}, "begin 01/01/2039"),
        ({"lives": "days", "lives_for": 1, "rounding": "none"}, ":"),
    ],
)
def test_the_page_of_a_rule_works_an_example_out(client, rule, said):
    page = reverse("admin:billing_bonusliferule_change", args=[BonusLifeRuleFactory(**rule).pk])

    assert said in text_of(client.get(page))
