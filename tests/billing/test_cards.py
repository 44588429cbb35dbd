"""What people do with cards: their standing, the replacement of a lost one."""

from datetime import timedelta

import pytest
from django.utils.translation import override

from billing.choices import CardStatus, NumberKind
from billing.models import CardNumber, DiscountCard, LedgerEntry, Lot
from billing.services import cards
from billing.services.audits import CHECKS
from billing.services.cards import NotANumber, NotNow, NumberInUse
from retail.models import Edit
from tests.billing import carding
from tests.billing.carding import CARD, NOW, told
from tests.factories.billing import CardOwnerFactory, DiscountCardFactory
from tests.factories.registers import RegisterFactory

pytestmark = pytest.mark.django_db
NEW = "2000000000022"


@pytest.fixture
def register(db):
    return RegisterFactory()


def replaced(card, number=NEW):
    return cards.replace(card=card, number=number, read_as=NumberKind.BARCODE, now=NOW)


def notes_of(card):
    told = Edit.objects.of_page(("billing.discountcard", [card.pk]))
    return list(told.order_by("pk").values_list("note", flat=True))


@pytest.mark.parametrize(
    ("verb", "status", "becomes"),
    [
        (cards.activate, "issued", "active"),
        (cards.activate, "blocked", "active"),
        (cards.activate, "active", None),
        (cards.activate, "closed", None),
        (cards.block, "issued", "blocked"),
        (cards.block, "active", "blocked"),
        (cards.block, "blocked", None),
        (cards.block, "closed", None),
        (cards.close, "active", "closed"),
        (cards.close, "blocked", "closed"),
        (cards.close, "closed", None),
    ],
)
def test_a_card_changes_its_status_or_refuses(verb, status, becomes):
    card = carding.card(status=status)

    if becomes:
        verb(card=card, now=NOW)
    else:
        with pytest.raises(NotNow):
            verb(card=card, now=NOW)

    assert DiscountCard.objects.get().status == (becomes or status)
    assert len(notes_of(card)) == bool(becomes)


def test_a_refusal_names_the_status_in_the_language_of_whoever_reads_it():
    card = carding.card(status="closed")

    with override("en"), pytest.raises(NotNow, match="The card is “Closed”"):
        cards.block(card=card, now=NOW)


def test_a_card_that_replaces_another_has_all_that_it_had(register):
    owner = CardOwnerFactory()
    old = carding.card(owner=owner, turnover_delay=2)
    told(register, "a", "accrue", "100")
    told(register, "b", "accrue", "50", turnover="700", receipts=1)
    told(register, "c", "redeem", "100")
    before = carding.shown(register)
    lots = carding.lots()

    new = replaced(old)

    assert carding.shown(register) == before
    assert carding.shown(register, number=NEW) == {**before, "card": NEW}
    assert (carding.lots(NEW), new.owner, new.turnover_delay) == (lots, owner, 2)
    old.refresh_from_db()
    assert (old.status, old.replaced_by, old.bonuses) == (CardStatus.CLOSED, new, 0)
    assert [notes_of(card) for card in (old, new)] == [
        ["Replaced by another card"],
        ["Put in the place of another card"],
    ]


def test_the_books_prove_a_replacement_and_what_happens_after_it(register):
    old = carding.card()
    told(register, "a", "accrue", "100", turnover="10", receipts=1)
    told(register, "b", "redeem", "100")
    told(register, "owing", "redeem", "30")

    new = replaced(replaced(old), "2000000000039")
    told(register, "back", "reverse", of="b")
    told(register, "more", "accrue", "5")

    assert carding.available(register) == 75
    assert {name: check.rows() for name, check in CHECKS.items() if check.rows()} == {}
    moved = LedgerEntry.objects.filter(kind="moved", card=new, measure="bonuses").order_by("pk")
    assert moved.last().balance_after == -30


def test_an_operation_that_comes_again_after_a_replacement_is_known(register):
    old = carding.card()
    first = told(register, "a", "accrue", "100")
    replaced(old)

    again = told(register, "a", "accrue", "100", now=NOW + timedelta(hours=1))

    assert (again.duplicate, again.result) == (True, first.result)


def test_a_blank_takes_the_place_of_a_card_of_another_kind(register):
    old = carding.card(status="blocked")
    told(register, "a", "accrue", "100")
    blank = DiscountCardFactory(number=NEW, issued=True)

    new = replaced(old)

    assert (new.pk, new.kind, new.status) == (blank.pk, old.kind, "active")
    assert set(CardNumber.objects.values_list("card", flat=True)) == {new.pk}
    assert carding.available(register) == 100


def test_nothing_takes_the_place_of_a_card_that_nobody_has_yet_but_one_that_nobody_has():
    assert replaced(carding.card(status="issued")).status == "issued"


@pytest.mark.parametrize("blank", [{"status": "active"}, {"issued": True, "owner": True}, {"status": "closed"}])
def test_a_number_that_is_in_use_is_refused(blank):
    old = carding.card()
    if blank.pop("owner", False):
        blank["owner"] = CardOwnerFactory()
    DiscountCardFactory(number=NEW, **blank)

    for number in (NEW, CARD):
        with pytest.raises(NumberInUse):
            replaced(old, number)

    assert not DiscountCard.objects.exclude(replaced_by=None).exists()


@pytest.mark.parametrize("number", ["", " ", "12 34", "x" * 65, "1\n"])
def test_what_no_card_could_be_read_by_is_no_number(number):
    with pytest.raises(NotANumber):
        replaced(carding.card(), number)


def test_a_closed_card_is_not_replaced():
    with pytest.raises(NotNow):
        replaced(carding.card(status="closed"))


def test_a_card_has_terms_of_its_own_for_what_is_accrued_from_now_on(register):
    card = carding.card()
    told(register, "a", "accrue", turnover="100", receipts=1)
    cards.set_terms(card=card, terms=cards.Terms(turnover_delay=2, receipts_life=30), now=NOW)

    told(register, "b", "accrue", turnover="50", receipts=1)

    card.refresh_from_db()
    assert (card.turnover, card.receipts) == (100, 2)
    assert Lot.objects.filter(measure="receipts").exclude(expires_at=None).count() == 1
    assert notes_of(card) == ["Terms of its own were set"]


def test_a_closed_card_gets_no_terms():
    with pytest.raises(NotNow):
        cards.set_terms(card=carding.card(status="closed"), terms=cards.Terms(), now=NOW)
