"""«Назначение акции»: what is accrued under a promotion lives by the assignment in force there and then."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from billing.models import Lot, PromotionAssignment
from billing.services import assignments
from billing.services.assignments import EndsBeforeItBegins, NothingWouldLive
from retail.choices import DocumentState, TimeZone
from stock.services.documents import AlreadyPosted, AlreadyReversed, NotADraft, NotPosted
from tests.billing.carding import NOW, card, online, told
from tests.factories.billing import (
    BonusLifeRuleFactory,
    CardKindFactory,
    PromotionAssignmentFactory,
    PromotionFactory,
)
from tests.factories.registers import RegisterFactory
from tests.factories.retail import OrganizationFactory, ShopFactory

pytestmark = pytest.mark.django_db
VLADIVOSTOK = ZoneInfo("Asia/Vladivostok")
FIRST, LAST = date(2026, 11, 10), date(2026, 11, 20)


@pytest.fixture
def shop():
    return ShopFactory(time_zone=TimeZone.VLADIVOSTOK)


@pytest.fixture
def register(shop):
    return RegisterFactory(shop=shop)


@pytest.fixture
def promotion():
    return PromotionFactory(code="SPRING")


@pytest.fixture
def kind():
    """A kind of cards by whose own rule bonuses live for a hundred days."""
    return CardKindFactory(bonus_rule=BonusLifeRuleFactory(lives="days", lives_for=100))


def assigned(promotion, days, *, shops=(), kinds=(), at=NOW, **fields):
    """A posted assignment by which bonuses live so many days."""
    fields = {"begins": FIRST, "ends": LAST, **fields}
    rule = BonusLifeRuleFactory(lives="days", lives_for=days)
    draft = PromotionAssignmentFactory(promotion=promotion, bonus_rule=rule, **fields)
    draft.shops.set(shops)
    draft.kinds.set(kinds)
    return assignments.post(assignment=draft, by=None, now=at)


def lives(register, at=NOW, code="SPRING", uid="a"):
    """For how many whole days bonuses accrued at a moment live."""
    told(register, uid, "accrue", "5", promotion=code, occurred_at=at, now=at)
    return (Lot.objects.get(operation__uid=uid, measure="bonuses").expires_at - at).days


def at(*moment):
    return datetime(*moment, tzinfo=VLADIVOSTOK)


@pytest.mark.parametrize(
    ("moment", "days"),
    [
        (at(2026, 11, 9, 23, 59, 59, 999999), 100),
        (at(2026, 11, 10), 7),
        (at(2026, 11, 20, 23, 59, 59, 999999), 7),
        (at(2026, 11, 21), 100),
    ],
)
def test_an_assignment_decides_from_its_first_day_to_its_last_by_the_shops_clock(
    register, promotion, kind, moment, days
):
    card(kind=kind)
    assigned(promotion, 7)

    assert lives(register, moment) == days


def test_without_a_last_day_it_decides_for_ever(register, promotion, kind):
    card(kind=kind)
    assigned(promotion, 7, ends=None)

    assert lives(register, at(2039, 1, 1)) == 7


@pytest.mark.parametrize("code", ["", "ANOTHER", "UNKNOWN"])
def test_what_is_not_accrued_under_the_promotion_lives_by_the_rule_of_the_kind(register, promotion, kind, code):
    PromotionFactory(code="ANOTHER")
    card(kind=kind)
    assigned(promotion, 7)

    assert lives(register, code=code) == 100


@pytest.mark.parametrize(("there", "days"), [(True, 7), (False, 100)])
def test_it_decides_in_its_shops_only(register, shop, promotion, kind, there, days):
    card(kind=kind)
    assigned(promotion, 7, shops=[ShopFactory(), shop if there else ShopFactory()])

    assert lives(register) == days


@pytest.mark.parametrize(("of_it", "days"), [(True, 7), (False, 100)])
def test_it_decides_for_cards_of_its_kinds_only(register, promotion, kind, of_it, days):
    card(kind=kind)
    assigned(promotion, 7, kinds=[CardKindFactory(), kind if of_it else CardKindFactory()])

    assert lives(register) == days


def test_a_draft_and_a_reversed_one_decide_about_nothing(register, promotion, kind):
    card(kind=kind)
    PromotionAssignmentFactory(promotion=promotion)
    assignments.reverse(assignment=assigned(promotion, 7), by=None, now=NOW)

    assert lives(register) == 100


def test_of_several_that_hold_the_one_posted_last_decides(register, shop, promotion, kind):
    card(kind=kind)
    exception = assigned(promotion, 7, shops=[shop], at=NOW)
    assigned(promotion, 8, at=NOW - timedelta(days=1))
    assigned(promotion, 9, shops=[ShopFactory()], at=NOW + timedelta(days=1))

    assert lives(register) == 7
    assignments.reverse(assignment=exception, by=None, now=NOW)
    assert lives(register, uid="b") == 8


def test_what_is_told_late_lives_by_what_is_in_force_on_the_day_it_happened(register, promotion, kind):
    card(kind=kind)
    assigned(promotion, 7)
    happened = at(2026, 11, 20, 12)

    told(register, "a", "accrue", "5", promotion="SPRING", occurred_at=happened, now=at(2027, 1, 15))

    assert Lot.objects.get(measure="bonuses").expires_at == at(2026, 11, 28)


def test_what_is_recorded_keeps_its_life_whatever_is_posted_or_reversed_afterwards(register, promotion, kind):
    card(kind=kind)
    first = assigned(promotion, 7)
    online(register, "a", "accrue", "5", promotion="SPRING")
    kept = Lot.objects.values_list("active_from", "expires_at").get(measure="bonuses")

    assigned(promotion, 30)
    assignments.reverse(assignment=first, by=None, now=NOW)
    online(register, "a", "accrue", "5", promotion="SPRING")

    assert Lot.objects.values_list("active_from", "expires_at").get(measure="bonuses") == kept


def test_an_online_accrual_under_an_assignment_costs_as_many_statements_as_without(register, promotion, kind):
    card(kind=kind)
    with CaptureQueriesContext(connection) as without:
        online(register, "a", "accrue", "5")
    assigned(promotion, 7, kinds=[kind])

    with CaptureQueriesContext(connection) as under:
        online(register, "b", "accrue", "5", promotion="SPRING")

    assert len(under) == len(without)


def test_the_assignment_is_found_by_its_index(promotion):
    for _ in range(3):
        assigned(promotion, 7)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT bonus_rule_id FROM billing_promotionassignment WHERE promotion_id = %s AND state = 'posted'"
            " AND begins <= now()::date ORDER BY posted_at DESC, id DESC LIMIT 1",
            [promotion.pk],
        )
        plan = "\n".join(row[0] for row in cursor.fetchall())

    assert "billing_assignment_in_force" in plan
    assert "Sort" not in plan


def test_a_draft_is_numbered_in_the_series_of_its_organization_and_year(promotion):
    organization = OrganizationFactory()
    made = [
        assignments.save_draft(
            assignment=PromotionAssignment(
                promotion=promotion, bonus_rule=BonusLifeRuleFactory(), organization=organization,
                date=moment, begins=FIRST,
            )
        )
        for moment in (NOW, NOW, NOW - timedelta(days=365))
    ]  # fmt: skip

    assert [draft.number for draft in made] == ["000001", "000002", "000001"]
    assert str(made[0]) == "Promotion assignment 000001"


def test_a_draft_may_be_edited_and_thrown_away_and_a_posted_one_not(promotion):
    draft = PromotionAssignmentFactory(promotion=promotion)
    draft.comment = "до конца года"
    assignments.save_draft(assignment=draft)
    number = draft.number
    assignments.post(assignment=draft, by=None, now=NOW)

    with pytest.raises(NotADraft):
        assignments.save_draft(assignment=draft)
    with pytest.raises(NotADraft):
        assignments.discard(assignment=draft)

    assignments.discard(assignment=PromotionAssignmentFactory())
    assert list(PromotionAssignment.objects.values_list("number", "comment")) == [(number, "до конца года")]


def test_each_state_has_its_verb(promotion):
    posted = assigned(promotion, 7)
    with pytest.raises(AlreadyPosted):
        assignments.post(assignment=posted, by=None, now=NOW)
    with pytest.raises(NotPosted):
        assignments.reverse(assignment=PromotionAssignmentFactory(), by=None, now=NOW)
    assignments.reverse(assignment=posted, by=None, now=NOW)

    for verb, refusal in ((assignments.post, AlreadyReversed), (assignments.reverse, AlreadyReversed)):
        with pytest.raises(refusal):
            verb(assignment=posted, by=None, now=NOW)


def test_a_copy_is_a_draft_of_the_same_shops_and_kinds(promotion, shop, kind):
    posted = assigned(promotion, 7, shops=[shop], kinds=[kind])

    draft = assignments.draft_again(assignment=posted, date=NOW)

    assert (draft.state, draft.posted_at) == (DocumentState.DRAFT, None)
    assert (draft.promotion, draft.bonus_rule, draft.begins) == (promotion, posted.bonus_rule, FIRST)
    assert (draft.shops.get(), draft.kinds.get()) == (shop, kind)


@pytest.mark.parametrize(
    ("rule", "ends", "refusal", "attr"),
    [
        ({"lives": "until", "lives_until": date(2026, 11, 9)}, LAST, NothingWouldLive, "bonus_rule"),
        ({"lives": "until", "lives_until": date(2026, 11, 19)}, LAST, NothingWouldLive, "bonus_rule"),
        ({"lives": "until", "lives_until": LAST, "starts_after_days": 1}, LAST, NothingWouldLive, "bonus_rule"),
        ({"lives": "until", "lives_until": date(2027, 1, 1)}, None, NothingWouldLive, "ends"),
    ],
)
def test_what_would_give_bonuses_no_life_is_not_posted(rule, ends, refusal, attr):
    draft = PromotionAssignmentFactory(bonus_rule=BonusLifeRuleFactory(**rule), begins=FIRST, ends=ends)

    with pytest.raises(refusal) as refused:
        assignments.post(assignment=draft, by=None, now=NOW)

    assert refused.value.attr == attr
    assert PromotionAssignment.objects.get().is_draft


def test_a_rule_that_lives_to_the_end_of_the_period_is_posted():
    rule = BonusLifeRuleFactory(lives="until", lives_until=LAST)
    draft = PromotionAssignmentFactory(bonus_rule=rule, begins=FIRST, ends=LAST)

    assert assignments.post(assignment=draft, by=None, now=NOW).state == DocumentState.POSTED


def test_a_period_the_wrong_way_round_is_refused_in_words_and_by_the_database(promotion):
    PromotionAssignmentFactory(promotion=promotion)

    with pytest.raises(EndsBeforeItBegins):
        assignments.check_period(begins=LAST, ends=FIRST)
    with pytest.raises(IntegrityError), transaction.atomic():
        PromotionAssignment.objects.update(begins=LAST, ends=FIRST)


def test_a_misprint_in_the_date_is_refused(promotion):
    draft = PromotionAssignmentFactory(promotion=promotion)
    draft.date = NOW - timedelta(days=365 * 100)

    with pytest.raises(ValidationError):
        assignments.save_draft(assignment=draft)


def test_posting_tells_which_assignments_it_takes_the_place_of(promotion, shop, kind):
    everywhere = assigned(promotion, 7)
    for fields in (
        {"shops": [ShopFactory()]},
        {"kinds": [CardKindFactory()]},
        {"begins": LAST + timedelta(days=1), "ends": None},
        {"begins": FIRST - timedelta(days=9), "ends": FIRST - timedelta(days=1)},
    ):
        assigned(promotion, 8, **fields)
    assigned(PromotionFactory(), 9)
    assignments.reverse(assignment=assigned(promotion, 10), by=None, now=NOW)
    draft = PromotionAssignmentFactory(promotion=promotion, begins=FIRST, ends=LAST)
    draft.shops.set([shop])
    draft.kinds.set([kind])

    assert assignments.overridden(assignment=draft) == [everywhere]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_promotionassignment SET begins = begins - 1",
        "UPDATE billing_promotionassignment SET state = 'draft', posted_at = NULL",
        "UPDATE billing_promotionassignment SET state = 'reversed', reversed_at = now(), bonus_rule_id = 0",
        "DELETE FROM billing_promotionassignment_shops",
        "DELETE FROM billing_promotionassignment_kinds",
        "INSERT INTO billing_promotionassignment_shops (promotionassignment_id, shop_id)"
        " SELECT a.id, s.id FROM billing_promotionassignment a, retail_shop s WHERE s.code = 'OTHER'",
        "DELETE FROM billing_promotionassignment",
    ],
)
def test_what_has_been_posted_is_kept_with_its_shops_and_kinds(promotion, shop, kind, statement):
    ShopFactory(code="OTHER")
    assigned(promotion, 7, shops=[shop], kinds=[kind])

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize(
    "fields", [{"state": "posted"}, {"state": "draft", "posted_at": NOW}, {"posted_at": NOW, "state": "reversed"}]
)
def test_a_document_says_when_it_was_posted_and_reversed(fields):
    with pytest.raises(IntegrityError), transaction.atomic():
        PromotionAssignmentFactory(**fields)
