"""Whose card holds what, and why: the list of cards, the page of one, what people do with it, series."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from billing.choices import CardStatus, NumberKind
from billing.models import CardNumber, DiscountCard, Lot
from billing.services import cards
from config.roles import Role
from tests.billing import carding
from tests.billing.carding import CARD, NOW, told
from tests.factories.billing import (
    BonusLifeRuleFactory,
    CardKindFactory,
    CardOwnerFactory,
    DiscountCardFactory,
    DiscountThresholdFactory,
)
from tests.factories.people import UserFactory
from tests.factories.registers import ReceiptFactory, RegisterFactory
from tests.registers.conftest import browser_of
from tests.registers.pages import queries_of, text_of

pytestmark = pytest.mark.django_db
LIST = "admin:billing_discountcard_changelist"
ISSUE = "admin:billing_discountcard_issue_series"


@pytest.fixture
def register(db):
    return RegisterFactory()


@pytest.fixture
def client():
    return browser_of(UserFactory(role=Role.MERCHANDISER))


@pytest.fixture
def accountant():
    return browser_of(UserFactory(role=Role.ACCOUNTANT))


def page(card, verb="change"):
    return reverse(f"admin:billing_discountcard_{verb}", args=[card.pk])


def listed(client, **asked):
    return [card.pk for card in client.get(reverse(LIST), asked).context["cl"].result_list]


def bought(register, number=CARD, uid="a", **fields):
    told(register, uid, "accrue", "100", turnover="2000", receipts=1, card=number, **fields)


def test_the_list_asks_as_much_for_many_cards_as_for_one(client, register):
    carding.card(owner=CardOwnerFactory())
    bought(register)
    client.get(reverse(LIST))
    few = queries_of(client, reverse(LIST))

    for number in range(4):
        DiscountCardFactory(number=f"N{number}", owner=CardOwnerFactory())
        bought(register, f"N{number}", f"a{number}")

    assert queries_of(client, reverse(LIST)) == few


def test_the_page_asks_as_much_for_much_that_happened_as_for_little(client, register):
    card = carding.card(owner=CardOwnerFactory())

    def buy(uid):
        ReceiptFactory(register=register, uid=f"r-{uid}")
        bought(register, uid=uid, receipt_uid=f"r-{uid}")
        told(register, f"{uid}-r", "redeem", "10", receipt_uid=f"r-{uid}")

    buy("a")
    client.get(page(card))
    few = queries_of(client, page(card))

    for uid in "bcdef":
        buy(uid)

    assert queries_of(client, page(card)) == few


@pytest.mark.parametrize("term", [CARD, CARD[:8], "CLUB01", "петров", "+79001234567", "89001234567", "9001234567"])
def test_a_card_is_found_by_its_numbers_and_its_owner(client, term):
    card = carding.card(owner=CardOwnerFactory(name="Петрова Анна", phone="+79001234567"))
    CardNumber.objects.create(card=card, value="CLUB01", kind=NumberKind.TRACK)
    DiscountCardFactory(number="3000", owner=CardOwnerFactory(name="Иванов"))

    assert listed(client, q=term) == [card.pk]


def test_the_list_is_narrowed_by_what_stands_on_cards(client, register):
    owing, rich, empty = (DiscountCardFactory(number=number) for number in ("1", "2", "3"))
    told(register, "a", "redeem", "10", card="1")
    told(register, "b", "accrue", "10", card="2")

    assert listed(client, figures="owes") == [owing.pk]
    assert listed(client, figures="bonuses") == [rich.pk]
    assert listed(client, figures="nothing") == [empty.pk]
    assert len(listed(client, status__exact="active")) == 3
    assert listed(client, kind__id__exact=rich.kind_id) == [rich.pk]


def test_whoever_may_not_see_personal_data_sees_the_end_of_a_number_and_no_owner(accountant):
    card = carding.card(owner=CardOwnerFactory(name="Петрова Анна", phone="+79001234567"))

    export = accountant.post(reverse("admin:billing_discountcard_export"), {"format": 1, "resource": 0})
    shown = [text_of(accountant.get(url)) for url in (reverse(LIST), page(card))]

    for text in (*shown, b"".join(export.streaming_content).decode()):
        assert "…0015" in text
        assert not any(secret in text for secret in (CARD, "Петрова", "9001234567"))
    assert [listed(accountant, q=term) for term in (CARD, CARD[:8], "Петрова", "+79001234567")] == [
        [card.pk],
        [],
        [],
        [],
    ]


def test_the_page_shows_three_figures_and_the_discount_they_reach(client, register):
    kind = CardKindFactory(bonus_rule=BonusLifeRuleFactory(starts_after_days=1), turnover_life=30)
    DiscountThresholdFactory(kind=kind, reached=2000, percent="7.50")
    card = carding.card(kind=kind)
    bought(register, occurred_at=timezone.now())

    shown = text_of(client.get(page(card)))

    assert "Bonuses 0.00 begins later: 100.00" in shown
    assert "Accumulated sum 2,000.00" in shown
    assert "Suggested discount: 7.5 %" in shown
    assert "+100.00 · bonuses" in shown
    assert "−2,000.00 · accumulated sum" in shown


def test_what_has_expired_is_not_on_the_card_any_more(client, register):
    card = carding.card(kind=CardKindFactory(turnover_life=1))
    bought(register, occurred_at=NOW - timedelta(days=30))

    assert "Accumulated sum 0.00 has expired, not written off yet: 2,000.00" in text_of(client.get(page(card)))


def test_figures_are_shown_as_of_any_day(client, register):
    card = carding.card()
    bought(register, now=NOW - timedelta(days=3), occurred_at=NOW - timedelta(days=3))
    told(register, "b", "redeem", "40", now=NOW - timedelta(days=1))
    new = cards.replace(card=card, number="3000", read_as=NumberKind.BARCODE, now=NOW)

    def on(days):
        figures = client.get(page(new), {"on": NOW.date() - timedelta(days=days)}).context["as_of"]
        return [text for _name, text in figures]

    assert ["100.00" in on(2)[0], "60.00" in on(1)[0], "60.00" in on(0)[0]] == [True] * 3
    assert ">0.00<" in on(4)[0]


@pytest.mark.parametrize("said", ["yesterday", "0001-01-01", "9999-12-31", ""])
def test_a_day_that_no_card_has_figures_of_is_refused_in_words(client, said):
    response = client.get(page(carding.card()), {"on": said})

    assert response.context["form"].errors
    assert "as_of" not in response.context


def test_what_happened_leads_to_its_receipt_and_every_figure_to_its_entries(client, register):
    card = carding.card()
    receipt = ReceiptFactory(register=register, uid="r-1")
    bought(register, receipt_uid="r-1")
    told(register, "b", "redeem", "130")

    shown = client.get(page(card))

    assert reverse("admin:registers_receipt_change", args=[receipt.pk]) in shown.content.decode()
    assert "overdrawn" in text_of(shown)
    [bonuses, _turnover, _receipts] = shown.context["chains"]
    assert len(bonuses["rows"]) == 1
    all_lots = client.get(page(card), {"lots": "all"}).context["chains"][0]
    assert [len(lot["entries"]) for lot in all_lots["used"]] == [2]
    assert Lot.objects.filter(card=card, measure="bonuses").count() == 2


@pytest.mark.parametrize(("verb", "becomes"), [("block", "blocked"), ("close", "closed")])
def test_a_verb_asks_first_and_leaves_a_note(client, verb, becomes):
    card = carding.card()

    asked = client.get(page(card, f"{verb}_card"))
    assert CARD in text_of(asked)
    assert DiscountCard.objects.get().status == CardStatus.ACTIVE
    done = client.post(page(card, f"{verb}_card"), follow=True)

    assert DiscountCard.objects.get().status == becomes
    assert f"is {becomes}" in text_of(done)
    assert "What people did with it" in text_of(done)


def test_a_verb_that_makes_no_sense_is_not_offered_and_refused_in_words(client):
    card = carding.card()

    assert page(card, "activate_card") not in client.get(page(card)).content.decode()
    assert "this cannot be done with it" in text_of(client.post(page(card, "activate_card"), follow=True))


def test_a_lost_card_is_replaced_by_a_new_number(client, register):
    card = carding.card()
    bought(register)
    DiscountCardFactory(number="3000")

    refused = client.post(page(card, "replace_card"), {"number": "3000", "read_as": "barcode"})
    assert "it has been used already" in text_of(refused)
    done = client.post(page(card, "replace_card"), {"number": "3001", "read_as": "barcode"}, follow=True)

    new = DiscountCard.objects.get(numbers__value="3001")
    assert new.bonuses == Decimal(100)
    assert done.redirect_chain[-1][0] == page(new)
    assert page(new) in client.get(page(card)).content.decode()


def test_whoever_only_looks_changes_nothing(accountant):
    card = carding.card()

    for verb in ("block_card", "close_card", "replace_card"):
        assert page(card, verb) not in accountant.get(page(card)).content.decode()
        assert accountant.post(page(card, verb)).status_code == 403
    assert accountant.get(reverse(ISSUE)).status_code == 403
    assert client_cannot_edit(accountant, card)


def client_cannot_edit(client, card):
    return client.post(page(card), {"turnover_delay": "5"}).status_code == 403


def test_a_series_is_shown_before_it_is_issued(client):
    asked = {"kind": CardKindFactory().pk, "first": "2700000000014", "count": "3", "read_as": "barcode"}

    planned = client.post(reverse(ISSUE), asked)
    assert "2700000000014 … 2700000000038" in text_of(planned)
    assert not DiscountCard.objects.exists()
    done = client.post(reverse(ISSUE), {**asked, "confirmed": "1"}, follow=True)

    assert "3 cards are issued" in text_of(done)
    assert DiscountCard.objects.filter(status="issued").count() == 3
    taken = text_of(client.post(reverse(ISSUE), {**asked, "confirmed": "1"}))
    assert "3 of these numbers are taken already: 2700000000014" in taken


def test_a_series_that_cannot_be_is_refused_at_its_field(client):
    asked = {"kind": CardKindFactory().pk, "first": "2700000000015", "count": "3", "read_as": "barcode"}

    assert "it should be 2700000000014" in text_of(client.post(reverse(ISSUE), asked))
    assert client.post(reverse(ISSUE), {}).context["form"].errors


def test_terms_of_its_own_are_set_on_the_page_of_a_card(client, accountant):
    card = carding.card(turnover_life=10)
    terms = {"turnover_delay": "3", "turnover_life": "", "receipts_delay": "0", "receipts_life": "365"}

    assert 'value="10"' in client.get(page(card, "set_terms")).content.decode()
    assert client.post(page(card, "set_terms"), terms).url == page(card)

    card.refresh_from_db()
    assert (card.turnover_delay, card.turnover_life, card.receipts_delay, card.receipts_life) == (3, None, 0, 365)
    assert accountant.post(page(card, "set_terms"), terms).status_code == 403


@pytest.mark.parametrize("nonsense", [{"turnover_delay": "-1"}, {"receipts_delay": "99999"}, {"turnover_life": "0"}])
def test_terms_that_make_no_sense_are_said_at_their_field(client, nonsense):
    card = carding.card()

    answer = client.post(page(card, "set_terms"), nonsense)

    assert set(answer.context["form"].errors) == set(nonsense)
