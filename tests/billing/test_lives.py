"""When lots begin and end: days are those of the shop, and stay as they were computed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from billing.models import BonusLifeRule, Lot
from retail.choices import TimeZone
from tests.billing.carding import available, card, online, shown
from tests.factories.billing import BonusLifeRuleFactory, CardKindFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import ShopFactory

pytestmark = pytest.mark.django_db
VLADIVOSTOK = ZoneInfo("Asia/Vladivostok")
MOSCOW = ZoneInfo("Europe/Moscow")
LATE = datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=VLADIVOSTOK)


@pytest.fixture
def register():
    return in_zone(TimeZone.VLADIVOSTOK)


def in_zone(zone):
    return RegisterFactory(shop=ShopFactory(time_zone=zone))


def life(register, at, measure="bonuses", card_fields=None, kind_fields=None, **rule):
    """When a lot accrued at a moment begins and ends, in Vladivostok's time."""
    bonus_rule = BonusLifeRuleFactory(**rule) if rule else None
    card(kind=CardKindFactory(bonus_rule=bonus_rule, **(kind_fields or {})), **(card_fields or {}))
    online(register, "a", "accrue", "5", turnover="5", receipts=1, occurred_at=at, now=at)
    lot = Lot.objects.get(measure=measure)
    ends = lot.expires_at and lot.expires_at.astimezone(VLADIVOSTOK)
    return lot.active_from.astimezone(VLADIVOSTOK), ends, lot.activated


def at(*moment):
    return datetime(*moment, tzinfo=VLADIVOSTOK)


def test_without_a_rule_bonuses_begin_at_once_and_never_end(register):
    assert life(register, LATE) == (LATE, None, True)


@pytest.mark.parametrize(
    ("rule", "begins", "ends"),
    [
        ({"starts_after_days": 1}, at(2026, 11, 21), None),
        ({"starts_after_days": 3, "lives": "days", "lives_for": 2}, at(2026, 11, 23), at(2026, 11, 25)),
        ({"starts": "on", "starts_on": date(2026, 12, 1)}, at(2026, 12, 1), None),
        ({"starts": "on", "starts_on": date(2026, 11, 1)}, LATE, None),
        ({"lives": "days", "lives_for": 1, "rounding": "none"}, LATE, at(2026, 11, 21, 23, 59, 59, 999999)),
        ({"lives": "days", "lives_for": 1, "rounding": "day"}, LATE, at(2026, 11, 22)),
        ({"lives": "days", "lives_for": 1, "rounding": "month"}, LATE, at(2026, 12, 1)),
        ({"lives": "months", "lives_for": 3, "rounding": "day"}, LATE, at(2027, 2, 21)),
        ({"lives": "until", "lives_until": date(2026, 12, 31)}, LATE, at(2027, 1, 1)),
        ({"lives": "until", "lives_until": date(2026, 12, 30), "rounding": "month"}, LATE, at(2027, 1, 1)),
    ],
)
def test_a_rule_says_when_bonuses_begin_and_end(register, rule, begins, ends):
    assert life(register, LATE, **rule) == (begins, ends, begins == LATE)


def test_a_month_after_the_thirty_first_ends_with_the_shorter_month(register):
    accrued = at(2027, 1, 31, 12)

    assert life(register, accrued, lives="months", lives_for=1)[1] == at(2027, 3, 1)


def test_a_second_later_is_another_day_in_the_shop(register):
    before = life(register, LATE, starts_after_days=1)
    BonusLifeRule.objects.update(name="другое")
    card("2000000000022", kind=CardKindFactory(bonus_rule=BonusLifeRule.objects.get()))
    midnight = at(2026, 11, 21)

    online(register, "b", "accrue", "5", card="2000000000022", occurred_at=midnight, now=midnight)

    assert before[0] == midnight
    assert Lot.objects.get(operation__uid="b").active_from == at(2026, 11, 22)


def test_the_same_moment_is_another_day_in_another_shop():
    begins = life(in_zone(TimeZone.MOSCOW), LATE, starts_after_days=1)[0]

    assert begins == datetime(2026, 11, 21, tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("card_fields", "begins", "ends"),
    [
        ({}, at(2026, 11, 22), at(2026, 12, 22)),
        ({"turnover_delay": 0, "turnover_life": 1}, LATE, at(2026, 11, 22)),
    ],
)
def test_delay_and_life_of_the_sum_are_those_of_the_card_or_else_of_its_kind(register, card_fields, begins, ends):
    kind = {"turnover_delay": 2, "turnover_life": 30}

    assert life(register, LATE, "turnover", card_fields, kind) == (begins, ends, begins == LATE)


def test_receipts_have_a_delay_and_a_life_of_their_own(register):
    kind = {"receipts_delay": 1, "receipts_life": 1, "turnover_delay": 9}

    assert life(register, LATE, "receipts", None, kind) == (at(2026, 11, 21), at(2026, 11, 22), False)


def test_what_has_not_begun_is_pending_and_the_next_end_is_told_by_its_last_day(register):
    life(register, LATE, starts_after_days=3)
    card("2000000000022", kind=CardKindFactory(bonus_rule=BonusLifeRuleFactory(lives="days", lives_for=1)))
    online(register, "b", "accrue", "2", card="2000000000022", occurred_at=LATE, now=LATE)
    online(register, "c", "accrue", "3", card="2000000000022", occurred_at=LATE, now=LATE)

    assert shown(register, now=LATE)["bonuses"] == {"available": "0.00", "pending": "5.00", "next_expiry": None}
    assert shown(register, now=LATE, number="2000000000022")["bonuses"] == {
        "available": "5.00",
        "pending": "0.00",
        "next_expiry": {"on": "2026-11-21", "amount": "5.00"},
    }


def test_bonuses_are_there_until_the_last_moment_of_the_day_and_not_a_moment_longer(register):
    life(register, LATE, lives="days", lives_for=1)

    assert available(register, now=at(2026, 11, 21, 23, 59, 59, 999999)) == 5
    assert available(register, now=at(2026, 11, 22)) == 0


def test_taking_back_what_has_not_begun_leaves_no_entry(register):
    life(register, LATE, starts_after_days=3)

    online(register, "v", "reverse", "2", of="a", occurred_at=LATE, now=LATE)

    assert shown(register, now=LATE)["bonuses"]["pending"] == "3.00"
    assert Lot.objects.get(measure="bonuses").entries.count() == 0


def test_times_are_kept_in_utc_whatever_the_shop(register):
    life(register, LATE)

    assert Lot.objects.filter(active_from=LATE.astimezone(UTC)).count() == 3
