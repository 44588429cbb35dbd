"""Corrections of cards by hand: who may decide, what happens to lots and entries, how they are taken back."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from billing.choices import CorrectionStage, NumberKind
from billing.models import BillingOperation, CardDocument, CorrectionDocument, CorrectionLine, DiscountCard, Lot
from billing.services import cards, corrections
from billing.services.corrections import refusals
from billing.services.operations.refusals import DiscountCardsDisabled, NotReversible
from retail.models import Constants
from tests.billing import carding, nights
from tests.billing.carding import CARD, NOW, entries, lots, online, told
from tests.billing.correcting import LATER, approved, faults, held, line, submitted, taken_back, written
from tests.factories.billing import BonusLifeRuleFactory, CardKindFactory, DiscountCardFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import OrganizationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(db):
    return RegisterFactory()


@pytest.fixture(autouse=True)
def _organization(db):
    OrganizationFactory()


def test_an_approved_correction_moves_the_figures_and_says_so():
    carding.card()

    document = approved(line("100"), line("250.50", "turnover"), line("3", "receipts"))

    assert held() == (Decimal(100), Decimal("250.50"), 3)
    assert entries() == [("corrected", Decimal(100), Decimal(100))]
    assert (document.state, document.stage) == ("posted", CorrectionStage.APPROVED)
    assert {(one.kind, one.source) for one in BillingOperation.objects.all()} == {("correct", "document")}
    assert document.entries.count() == 3
    assert faults() == {}


def test_what_is_added_lives_to_the_end_of_its_day_or_for_ever():
    carding.card()

    approved(line("1"), line("2", expires_on=date(2026, 12, 31)))

    ends = list(Lot.objects.order_by("pk").values_list("expires_at", flat=True))
    assert ends == [None, datetime.fromisoformat("2027-01-01T00:00:00+03:00")]


def test_what_is_taken_off_is_what_ends_first(register):
    kind = CardKindFactory(bonus_rule=BonusLifeRuleFactory(month=True))
    carding.card(kind=kind)
    told(register, "late", "accrue", "50")
    told(register, "early", "accrue", "50", occurred_at=NOW - timedelta(days=5))

    approved(line("-70"))

    assert lots() == [(50, 30), (50, 0)]
    assert held()[0] == 30
    assert faults() == {}


def test_taking_off_more_than_there_is_names_every_such_line_and_changes_nothing(register):
    carding.card()
    DiscountCardFactory(number="2")
    told(register, "a", "accrue", "100")
    document = submitted(line("-60"), line("-60"), line("5"), line("-1", number="2"))

    with pytest.raises(refusals.NotEnoughOnCards) as refused:
        corrections.approve(document=document, by=UserFactory(), now=LATER)

    assert [(one.line, lacking) for one, lacking in refused.value.lines] == [(2, 20), (4, 1)]
    assert "2, 4" in str(refused.value)
    assert (held(), len(entries())) == ((100, 0, 0), 1)
    document.refresh_from_db()
    assert (document.stage, document.state) == ("submitted", "draft")


def test_what_has_ended_cannot_be_taken_off(register):
    carding.card(kind=CardKindFactory(bonus_rule=BonusLifeRuleFactory(month=True)))
    told(register, "a", "accrue", "100", occurred_at=NOW - timedelta(days=40))

    with pytest.raises(refusals.NotEnoughOnCards):
        corrections.approve(document=submitted(line("-1")), by=UserFactory(), now=LATER)


def test_what_is_added_meets_what_the_card_owes(register):
    carding.card()
    told(register, "a", "redeem", "30")

    approved(line("100"))

    assert held()[0] == 70
    assert lots() == [(-30, 0), (100, 70)]
    assert faults() == {}


def test_of_one_document_taking_off_comes_before_adding(register):
    carding.card()
    told(register, "a", "accrue", "100")

    approved(line("100", expires_on=date(2026, 12, 31)), line("-100"))

    assert lots() == [(100, 0), (100, 100)]


def test_nobody_approves_their_own(register):
    carding.card()
    author, other = UserFactory(), UserFactory()
    document = written(line("100"), by=author)
    corrections.submit(document=document, by=other, now=NOW)

    for person in (author, other):
        with pytest.raises(refusals.OwnCorrection):
            corrections.approve(document=document, by=person, now=LATER)
        with pytest.raises(refusals.OwnCorrection):
            corrections.refuse(document=document, why="Нет", by=person, now=LATER)

    assert held()[0] == 0


@pytest.mark.parametrize("own", ["written_by", "submitted_by"])
def test_the_database_lets_nobody_approve_their_own(own):
    carding.card()
    document = submitted(line("100"))

    with pytest.raises(IntegrityError, match="approved_by_another"):
        CorrectionDocument.objects.filter(pk=document.pk).update(
            stage="approved", approved_at=NOW, approved_by=getattr(document, own)
        )


def test_the_database_posts_nothing_that_is_not_approved():
    carding.card()
    document = submitted(line("100"))
    own = CardDocument.objects.filter(pk=document.pk)

    with pytest.raises(IntegrityError, match="posted by whoever approved it"):
        own.update(state="posted", posted_at=NOW, posted_by=UserFactory())


@pytest.mark.parametrize("change", ["reason", "lines", "delete", "unpost"])
def test_what_is_approved_stays_in_the_database(change):
    carding.card()
    document = approved(line("100"))
    rows = CorrectionDocument.objects.filter(pk=document.pk)
    changes = {
        "reason": lambda: rows.update(reason="Другая"),
        "lines": lambda: CorrectionLine.objects.update(amount=5),
        "delete": lambda: CardDocument.objects.filter(pk=document.pk)._raw_delete("default"),
        "unpost": lambda: CardDocument.objects.filter(pk=document.pk).update(state="draft"),
    }

    with pytest.raises(IntegrityError), transaction.atomic():
        changes[change]()


def test_what_waits_for_approval_is_not_edited_under_the_approvers_hands():
    carding.card()
    document = submitted(line("100"))

    with pytest.raises(refusals.NotOpen):
        corrections.save(document=document, by=UserFactory(), now=NOW)
    with pytest.raises(refusals.NotOpen):
        corrections.discard(document=document)
    with pytest.raises(IntegrityError, match="only while it is open"):
        CorrectionLine.objects.update(amount=5)


def test_a_refused_correction_is_mended_and_submitted_again():
    carding.card()
    boss = UserFactory()
    document = submitted(line("100"))

    with pytest.raises(refusals.WithoutReason):
        corrections.refuse(document=document, why="  ", by=boss, now=NOW)
    corrections.refuse(document=document, why="Слишком много", by=boss, now=NOW)
    one = document.lines.get()
    one.amount = Decimal(50)
    corrections.save(document=document, by=document.written_by, now=NOW)
    corrections.save_lines(document=document, lines=[one], now=NOW)
    corrections.submit(document=document, by=document.written_by, now=NOW)
    corrections.approve(document=document, by=boss, now=LATER)

    assert held()[0] == 50
    assert document.refusal == "Слишком много"


def test_what_was_withdrawn_is_a_draft_that_can_be_deleted():
    carding.card()
    document = submitted(line("100"))

    corrections.withdraw(document=document)
    corrections.discard(document=document)

    assert not CardDocument.objects.exists()


def test_a_correction_takes_effect_once():
    carding.card()
    document = approved(line("100"))

    with pytest.raises(refusals.NotSubmitted):
        corrections.approve(document=document, by=UserFactory(), now=LATER)

    assert held()[0] == 100


@pytest.mark.parametrize(
    "nonsense",
    [{"amount": "0"}, {"amount": "1.5", "measure": "receipts"}, {"amount": "-1", "expires_on": date(2027, 1, 1)},
     {"amount": "10000000000.01"}, {"amount": "-1000001", "measure": "receipts"},
     {"amount": "1", "expires_on": date(2026, 1, 1)}, {"amount": "1", "expires_on": date(9999, 12, 31)}],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_refused_in_words(nonsense):
    carding.card()

    with pytest.raises(ValidationError):
        written(line(**nonsense))


def test_more_than_a_card_can_hold_is_not_approved():
    carding.card()
    document = submitted(line("10"))
    DiscountCard.objects.update(bonuses=Decimal(10) ** 13 - 1)

    with pytest.raises(refusals.TooMuchForACard):
        corrections.approve(document=document, by=UserFactory(), now=LATER)
    document.refresh_from_db()
    assert document.stage == CorrectionStage.SUBMITTED


def test_the_day_is_over_when_it_is_over_for_the_chain():
    carding.card()
    night = datetime(2026, 11, 20, 22, tzinfo=UTC)  # The next day has come to Moscow, not to Greenwich.

    with pytest.raises(ValidationError):
        corrections.draft(
            reason="Жалоба 17", lines=[line("1", expires_on=date(2026, 11, 20))], by=UserFactory(), now=night
        )


def test_a_correction_says_why_and_what():
    carding.card()

    with pytest.raises(ValidationError):
        corrections.draft(reason=" ", lines=[], by=UserFactory(), now=NOW)
    with pytest.raises(refusals.NoLines):
        submitted()


def test_nothing_is_approved_while_the_chain_keeps_no_cards():
    carding.card()
    document = submitted(line("100"))
    Constants.objects.update(discount_cards=False)

    with pytest.raises(DiscountCardsDisabled):
        corrections.approve(document=document, by=UserFactory(), now=LATER)


def test_taking_back_returns_what_was_taken_off_to_the_lots_it_came_from(register):
    carding.card(kind=CardKindFactory(bonus_rule=BonusLifeRuleFactory(month=True)))
    told(register, "a", "accrue", "50", occurred_at=NOW - timedelta(days=2))
    told(register, "b", "accrue", "50")
    document = approved(line("-70"))

    opposite = taken_back(document)

    assert lots() == [(50, 50), (50, 50)]
    assert held()[0] == 100
    document.refresh_from_db()
    assert (document.state, opposite.state) == ("reversed", "posted")
    assert document.reversed_by == opposite.approved_by
    assert faults() == {}


def test_taking_back_what_was_added_and_spent_takes_what_lives_instead(register):
    carding.card()
    document = approved(line("100", expires_on=date(2026, 12, 31)))
    told(register, "a", "accrue", "50")
    online(register, "b", "redeem", "40", now=LATER)

    taken_back(document, now=LATER + timedelta(hours=1))

    assert lots() == [(100, 0), (50, 10)]
    assert held()[0] == 10
    assert faults() == {}


def test_taking_back_more_than_is_left_is_refused(register):
    carding.card()
    document = approved(line("100"))
    online(register, "b", "redeem", "60", now=LATER)

    with pytest.raises(refusals.NotEnoughOnCards):
        taken_back(document)

    assert held()[0] == 40
    assert faults() == {}


def test_what_expired_unspent_is_not_taken_back(register):
    carding.card()
    document = approved(line("100", expires_on=NOW.date()))
    tomorrow = timedelta(days=1)
    nights.run(date=nights.DAY + tomorrow, now=nights.RUN_AT + tomorrow)

    taken_back(document, now=LATER + tomorrow)

    assert held()[0] == 0
    assert faults() == {}


def test_a_correction_is_taken_back_once_and_its_opposite_never(register):
    carding.card()
    document = approved(line("100"))
    opposite = taken_back(document)

    with pytest.raises(refusals.ReversedAlready):
        corrections.draft_opposite(document=document, reason="Ещё", by=UserFactory(), now=LATER)
    with pytest.raises(refusals.OppositeIsFixed):
        corrections.draft_opposite(document=opposite, reason="Ещё", by=UserFactory(), now=LATER)
    assert held()[0] == 0


def test_what_a_draft_says_cannot_be_taken_back_nor_an_opposite_be_rewritten():
    carding.card()
    document = written(line("100"))

    with pytest.raises(refusals.NotApproved):
        corrections.draft_opposite(document=document, reason="Нет", by=UserFactory(), now=NOW)
    opposite = corrections.draft_opposite(document=approved(line("5")), reason="Ошибка", by=UserFactory(), now=LATER)
    with pytest.raises(refusals.OppositeIsFixed):
        corrections.save_lines(document=opposite, lines=[], now=NOW)


def test_a_card_that_was_replaced_since_is_corrected_where_its_figures_are(register):
    card = carding.card()
    told(register, "a", "accrue", "100")
    document = submitted(line("-30"), line("7", "receipts"))
    cards.replace(card=card, number="3000", read_as=NumberKind.BARCODE, now=NOW)

    corrections.approve(document=document, by=UserFactory(), now=LATER)

    assert held("3000") == (70, 0, 7)
    assert DiscountCard.objects.get(pk=card.pk).bonuses == 0
    taken_back(document, now=LATER)
    assert held("3000") == (100, 0, 0)
    assert faults() == {}


def test_what_a_correction_took_off_an_accrual_is_owed_once_that_is_returned(register):
    carding.card()
    told(register, "a", "accrue", "100")
    approved(line("-30"))

    told(register, "r", "reverse", of="a")

    assert held()[0] == -30
    assert faults() == {}


def test_a_till_cannot_take_a_correction_back(register):
    carding.card()
    document = approved(line("100"))

    with pytest.raises(NotReversible):
        online(register, "r", "reverse", of=f"correction.{document.pk}.1", now=LATER)
    assert carding.available(register, now=LATER, number=CARD) == 100


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"reason": ""}, "says_why"),
        ({"stage": "submitted"}, "says_who_submitted"),
        ({"stage": "refused"}, "says_why_refused"),
        ({"approved_at": NOW}, "says_who_approved"),
    ],
)
def test_the_database_keeps_corrections_that_say_who_and_why(said, refused):
    carding.card()
    document = written(line("100"))

    with pytest.raises(IntegrityError, match=refused):
        CorrectionDocument.objects.filter(pk=document.pk).update(**said)


@pytest.mark.parametrize(
    ("said", "refused"),
    [
        ({"amount": 0}, "changes_something"),
        ({"amount": -1, "expires_on": date(2027, 1, 1)}, "only_what_is_added_ends"),
        ({"line": 2}, "line_once_per_document"),
    ],
)
def test_the_database_keeps_lines_that_make_sense(said, refused):
    carding.card()
    document = written(line("100"), line("5"))

    with pytest.raises(IntegrityError, match=refused):
        document.lines.filter(line=1).update(**said)


def test_no_document_of_people_is_written_as_posted():
    carding.card()
    document = written(line("100"))

    with pytest.raises(IntegrityError, match="posted by whoever approved it"):
        CardDocument.objects.create(
            kind="correction", date=NOW, organization=document.organization, state="posted", posted_by=UserFactory()
        )
