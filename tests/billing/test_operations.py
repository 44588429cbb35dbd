"""Operations on cards, one after another: what they do to lots, entries and figures, and what is refused."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from billing.models import BillingOperation, DiscountCard, LedgerEntry, Lot
from billing.services import operations
from billing.services.operations import refusals
from retail.models import Constants
from tests.billing.carding import (
    CARD,
    NOW,
    available,
    card,
    entries,
    lots,
    online,
    replace,
    shown,
    told,
)
from tests.factories.billing import BonusLifeRuleFactory, CardKindFactory, DiscountThresholdFactory, PromotionFactory
from tests.factories.registers import RegisterFactory

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def register():
    return RegisterFactory()


def ending(days: int):
    """A kind of cards whose bonuses live so many days to the minute."""
    return CardKindFactory(bonus_rule=BonusLifeRuleFactory(lives="days", lives_for=days, rounding="none"))


def test_an_accrual_makes_a_lot_of_each_measure_and_moves_the_figures(register):
    card()

    answer = online(register, "a", "accrue", "9.90", turnover="198.00", receipts=1)

    found = DiscountCard.objects.get()
    assert (found.bonuses, found.turnover, found.receipts, found.version) == (D("9.90"), 198, 1, 1)
    assert lots() == [(D("9.90"), D("9.90"))]
    assert (lots(measure="turnover"), lots(measure="receipts")) == ([(198, 198)], [(1, 1)])
    assert entries() == [("accrued", D("9.90"), D("9.90"))]
    assert answer.as_dict() == {
        "card": CARD,
        "status": "active",
        "kind": found.kind.name,
        "bonuses": {"available": "9.90", "pending": "0.00", "next_expiry": None},
        "turnover": "198.00",
        "receipts": 1,
        "suggested_discount_percent": "0.00",
        "operation": {
            "uid": "a",
            "kind": "accrue",
            "state": "applied",
            "bonuses": "9.90",
            "turnover": "198.00",
            "receipts": 1,
            "overdrawn": False,
        },
        "duplicate": False,
    }


def test_a_redemption_takes_what_ends_first(register):
    kind = ending(30)
    card(kind=kind)
    online(register, "late", "accrue", "50")
    kind.bonus_rule.lives_for = 10
    kind.bonus_rule.save()
    online(register, "early", "accrue", "50")

    online(register, "r", "redeem", "60")

    assert lots() == [(50, 40), (50, 0)]
    assert entries()[2:] == [("redeemed", -50, 50), ("redeemed", -10, 40)]
    assert available(register) == 40


def test_an_expired_lot_is_not_there_to_be_redeemed(register):
    card(kind=ending(10))
    online(register, "a", "accrue", "50")
    later = NOW + timedelta(days=10)

    with pytest.raises(refusals.NotEnoughBonuses) as refused:
        online(register, "r", "redeem", "1", occurred_at=later, now=later)

    assert available(register, now=later) == 0
    assert refused.value.extra == {"available": "0.00", "lacking": "1.00"}
    assert DiscountCard.objects.get().bonuses == 50


def test_a_redemption_beyond_the_card_changes_nothing_and_its_id_may_be_used_again(register):
    card()
    online(register, "a", "accrue", "50")

    with pytest.raises(refusals.NotEnoughBonuses):
        online(register, "r", "redeem", "80")
    assert not BillingOperation.objects.filter(uid="r").exists()
    online(register, "b", "accrue", "50")
    online(register, "r", "redeem", "80")

    assert available(register) == 20


def test_what_happened_at_the_till_is_recorded_even_if_it_overdraws(register):
    card()
    online(register, "a", "accrue", "50", receipts=1)

    answer = told(register, "r", "redeem", "80", receipts=2)

    assert answer.result["operation"]["overdrawn"]
    assert BillingOperation.objects.get(uid="r").overdrawn
    assert lots() == [(50, 0), (-30, -30)]
    assert (available(register), shown(register)["receipts"]) == (-30, -1)


def test_a_debt_is_met_by_what_is_accrued_next(register):
    card()
    told(register, "r", "redeem", "80")

    online(register, "a", "accrue", "50")
    online(register, "b", "accrue", "50")

    assert lots() == [(-80, 0), (50, 0), (50, 20)]
    assert entries()[1:] == [
        ("accrued", 50, -30), ("met", -50, -80), ("met", 50, -30),
        ("accrued", 50, 20), ("met", -30, -10), ("met", 30, 20),
    ]  # fmt: skip
    assert available(register) == 20


@pytest.mark.parametrize("send", [online, told])
def test_the_same_again_is_answered_as_the_first_time(register, send):
    card()
    first = online(register, "a", "accrue", "50")
    online(register, "b", "accrue", "50")

    again = send(register, "a", "accrue", "50", receipt_uid="R1", occurred_at=NOW + timedelta(minutes=2))

    assert (first.duplicate, again.duplicate) == (False, True)
    assert again.result == first.result
    assert available(register) == 100
    assert BillingOperation.objects.get(uid="a").receipt_uid == "R1"


@pytest.mark.parametrize(
    "other",
    [
        {"bonuses": "51"},
        {"kind": "redeem"},
        {"turnover": "1"},
        {"receipts": 1},
        {"promotion": "X"},
        {"receipt_uid": "R2"},
    ],
)
def test_the_same_id_with_another_meaning_is_refused(register, other):
    card()
    online(register, "a", "accrue", "50", receipt_uid="R1")

    with pytest.raises(refusals.UidReused):
        online(register, **{"uid": "a", "kind": "accrue", "bonuses": "50", **other})

    assert available(register) == 50


def test_an_id_of_another_register_or_card_is_refused(register):
    card()
    card("2000000000022")
    online(register, "a", "accrue", "50")

    with pytest.raises(refusals.UidReused):
        online(RegisterFactory(), "a", "accrue", "50")
    with pytest.raises(refusals.UidReused):
        online(register, "a", "accrue", "50", card="2000000000022")


def test_reversing_a_redemption_returns_to_the_same_lots(register):
    kind = ending(10)
    card(kind=kind)
    online(register, "a", "accrue", "50")
    kind.bonus_rule.lives_for = 30
    kind.bonus_rule.save()
    online(register, "b", "accrue", "50")
    online(register, "r", "redeem", "80")

    online(register, "part", "reverse", "40", of="r")
    assert lots() == [(50, 10), (50, 50)]
    online(register, "rest", "reverse", of="r")

    assert lots() == [(50, 50), (50, 50)]
    assert BillingOperation.objects.get(uid="rest").bonuses == 40
    assert [kind for kind, _delta, _after in entries()][4:] == ["returned", "returned", "returned"]


def test_what_returns_to_a_lot_that_has_expired_is_expired(register):
    card(kind=ending(10))
    online(register, "a", "accrue", "50")
    online(register, "r", "redeem", "50")
    later = NOW + timedelta(days=11)

    online(register, "v", "reverse", of="r", occurred_at=later, now=later)

    assert lots() == [(50, 50)]
    assert available(register, now=later) == 0


def test_reversing_an_accrual_takes_back_what_is_left_and_the_rest_is_owed(register):
    card()
    online(register, "a", "accrue", "100")
    online(register, "r", "redeem", "80")

    online(register, "v", "reverse", of="a")

    assert lots() == [(100, 0), (-80, -80)]
    assert entries()[2:] == [("taken_back", -20, 0), ("owed", -80, -80)]
    assert available(register) == -80


def test_a_redemption_reversed_after_its_accrual_was_leaves_nothing(register):
    card()
    online(register, "a", "accrue", "100")
    online(register, "r", "redeem", "80")
    online(register, "va", "reverse", of="a")

    online(register, "vr", "reverse", of="r")

    assert lots() == [(100, 0), (-80, 0)]
    assert available(register) == 0


def test_parts_of_an_accrual_are_taken_back_one_by_one(register):
    card()
    online(register, "a", "accrue", "100", turnover="1000", receipts=1)
    online(register, "r", "redeem", "90")

    online(register, "v1", "reverse", "40", of="a", turnover="400")
    online(register, "v2", "reverse", "30", of="a", turnover="300")
    with pytest.raises(refusals.ReversedAlready):
        online(register, "v3", "reverse", "40", of="a")
    online(register, "v4", "reverse", of="a")

    assert lots() == [(100, 0), (-30, -30), (-30, -30), (-30, -30)]
    assert shown(register)["turnover"] == "0.00"
    assert shown(register)["receipts"] == 0


def test_a_debt_that_was_met_is_given_back_as_a_new_lot(register):
    card()
    told(register, "r", "redeem", "80")
    online(register, "a", "accrue", "100")

    online(register, "v", "reverse", of="r")

    assert lots() == [(-80, 0), (100, 20), (80, 80)]
    assert available(register) == 100


def test_an_operation_that_comes_after_its_reversal_takes_no_effect(register):
    card()
    answer = told(register, "v", "reverse", of="a")

    late = told(register, "a", "accrue", "100")

    assert answer.result["operation"]["state"] == "waits"
    assert late.result["operation"]["state"] == "voided"
    assert BillingOperation.objects.get(uid="a").state == "voided"
    assert lots() == []
    assert told(register, "a", "accrue", "100").duplicate


def test_a_part_taken_back_beforehand_is_taken_when_the_rest_comes(register):
    card()
    told(register, "v", "reverse", "40", of="a")

    told(register, "a", "accrue", "100")
    online(register, "w", "reverse", of="a")

    assert lots() == [(100, 0)]
    assert entries() == [("accrued", 100, 100), ("taken_back", -40, 60), ("taken_back", -60, 0)]


def test_only_accruals_and_redemptions_of_this_card_are_taken_back(register):
    card()
    card("2000000000022")
    online(register, "a", "accrue", "100")
    online(register, "v", "reverse", "10", of="a")

    with pytest.raises(refusals.NotReversible):
        online(register, "w", "reverse", of="v")
    with pytest.raises(refusals.OfAnotherCard):
        online(register, "w", "reverse", of="a", card="2000000000022")


def test_a_reversal_that_waits_on_one_card_does_nothing_to_another(register):
    card()
    card("2000000000022")
    online(register, "v", "reverse", of="a", card="2000000000022")
    online(register, "w", "reverse", "30", of="a", card="2000000000022")

    answer = online(register, "a", "accrue", "100")

    assert answer.result["operation"]["state"] == "applied"
    assert available(register) == 100
    online(register, "x", "reverse", "80", of="a")
    online(register, "y", "reverse", of="a")
    assert lots() == [(100, 0)]
    assert entries() == [("accrued", 100, 100), ("taken_back", -80, 20), ("taken_back", -20, 0)]


def test_a_reversal_that_waited_on_a_card_that_was_replaced_still_counts(register):
    card()
    online(register, "v", "reverse", of="a")
    replace()

    answer = online(register, "a", "accrue", "100")

    assert answer.result["operation"]["state"] == "voided"


def test_the_number_of_a_replaced_card_answers_with_the_new_one(register):
    card()
    online(register, "a", "accrue", "100")
    online(register, "r", "redeem", "30")

    new = replace()
    again = online(register, "a", "accrue", "100")
    online(register, "v", "reverse", of="r")
    online(register, "w", "reverse", of="a")

    new.refresh_from_db()
    assert again.duplicate
    assert (new.bonuses, available(register)) == (0, 0)
    assert sum(entry.delta for entry in LedgerEntry.objects.filter(card=new)) == 0


def test_an_issued_card_becomes_active_by_its_first_operation(register):
    card(issued=True)

    answer = online(register, "a", "accrue", "1")

    assert answer.result["status"] == "active"


def test_a_blocked_card_refuses_and_what_happened_is_recorded(register):
    card(blocked=True)

    with pytest.raises(refusals.CardBlocked):
        online(register, "a", "accrue", "1")
    told(register, "a", "accrue", "1")

    assert shown(register)["status"] == "blocked"
    assert available(register) == 1


def test_an_unknown_card_is_said_so(register):
    with pytest.raises(refusals.UnknownCard):
        shown(register)
    with pytest.raises(refusals.UnknownCard):
        online(register, "a", "accrue", "1")


@pytest.mark.parametrize(
    ("switch", "refusal"),
    [("discount_cards", refusals.DiscountCardsDisabled), ("online_registers", refusals.OnlineRegistersDisabled)],
)
def test_switched_off_in_the_constants_it_refuses(register, switch, refusal):
    card()
    Constants.objects.update(**{switch: False})

    with pytest.raises(refusal):
        shown(register)
    with pytest.raises(refusal):
        online(register, "a", "accrue", "1")
    with pytest.raises(refusal):
        operations.find(register=register, uid="a")
    assert Lot.objects.count() == 0


def test_the_largest_discount_reached_is_suggested(register):
    made = card()
    DiscountThresholdFactory(kind=made.kind, reached=100, percent=3)
    DiscountThresholdFactory(kind=made.kind, reached=200, percent=5)
    DiscountThresholdFactory(kind=made.kind, measure="receipts", reached=2, percent=4)

    percents = [shown(register)["suggested_discount_percent"]]
    for uid in "abc":
        answer = online(register, uid, "accrue", turnover="70.00", receipts=1)
        percents.append(answer.result["suggested_discount_percent"])

    assert percents == ["0.00", "0.00", "4.00", "5.00"]


def test_an_operation_is_found_by_its_register(register):
    card()
    answer = online(register, "a", "accrue", "1")

    assert operations.find(register=register, uid="a") == answer.result
    for asker, uid in ((RegisterFactory(), "a"), (register, "b"), (register, "\x00")):
        with pytest.raises(refusals.UnknownOperation):
            operations.find(register=asker, uid=uid)


def test_a_promotion_is_kept_by_its_code_known_or_not(register):
    card()
    spring = PromotionFactory(code="SPRING")

    online(register, "a", "accrue", "1", promotion="SPRING")
    online(register, "b", "accrue", "1", promotion="AUTUMN")

    found = BillingOperation.objects.order_by("pk").values_list("promotion_code", "promotion")
    assert list(found) == [("SPRING", spring.pk), ("AUTUMN", None)]


@pytest.mark.parametrize(
    ("fields", "attr"),
    [
        ({"uid": ""}, "uid"),
        ({"uid": "u" * 65}, "uid"),
        ({"uid": "a\x00"}, "uid"),
        ({"uid": " "}, "uid"),
        ({"uid": "opening.1"}, "uid"),
        ({"uid": "correction.1.1"}, "uid"),
        ({"card": ""}, "card"),
        ({"kind": "correct"}, "kind"),
        ({"kind": "reverse"}, "of"),
        ({"of": "b"}, "of"),
        ({"bonuses": "-1"}, "bonuses"),
        ({"bonuses": "0.001"}, "bonuses"),
        ({"bonuses": "1e30"}, "bonuses"),
        ({"bonuses": "NaN"}, "bonuses"),
        ({"bonuses": "0"}, "bonuses"),
        ({"receipts": -1}, "receipts"),
        ({"occurred_at": NOW + timedelta(days=3)}, "occurred_at"),
        ({"occurred_at": NOW.replace(tzinfo=None)}, "occurred_at"),
    ],
)
def test_nonsense_is_refused_by_its_field(register, fields, attr):
    card()

    with pytest.raises(refusals.NotAnOperation) as refused:
        online(register, **{"uid": "a", "kind": "accrue", "bonuses": "1", **fields})

    assert refused.value.attr == attr


def test_more_than_a_card_can_hold_is_refused_and_changes_nothing(register):
    card()
    DiscountCard.objects.update(bonuses=D(10) ** 13 - 1)

    with pytest.raises(refusals.NotAnOperation), transaction.atomic():
        online(register, "a", "accrue", "9999999999.99")
    assert not BillingOperation.objects.exists()
