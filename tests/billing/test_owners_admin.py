"""Owners on their pages: who sees and edits them, gives out what is held, and erases it."""

import json

import pytest
from django.urls import reverse

from billing.models import CardOwner, DiscountCard
from config.roles import Role
from retail.admin.uploads import UploadFolder
from retail.models import Edit
from tests.billing import carding
from tests.billing.carding import CARD
from tests.billing.test_owners import traces
from tests.factories.billing import CardOwnerFactory, DiscountCardFactory
from tests.factories.people import UserFactory
from tests.registers.conftest import browser_of
from tests.registers.pages import queries_of, text_of

pytestmark = pytest.mark.django_db
LIST = "admin:billing_cardowner_changelist"


@pytest.fixture
def client():
    return browser_of(UserFactory(role=Role.MERCHANDISER))


@pytest.fixture
def boss():
    return browser_of(UserFactory(role=Role.ADMINISTRATOR))


@pytest.fixture
def owner(db):
    return CardOwnerFactory(name="Петрова Анна", phone="+79001234567")


def page(owner, verb="change"):
    return reverse(f"admin:billing_cardowner_{verb}", args=[owner.pk])


def test_the_list_finds_by_phone_and_asks_as_much_for_many_as_for_one(client, owner):
    DiscountCardFactory(owner=owner)
    client.get(reverse(LIST))
    few = queries_of(client, reverse(LIST))
    for _ in range(4):
        DiscountCardFactory(owner=CardOwnerFactory())

    assert queries_of(client, reverse(LIST)) == few
    found = client.get(reverse(LIST), {"q": "123-45-67"}).context["cl"].result_list
    assert [(one.pk, one.counted) for one in found] == [(owner.pk, 1)]
    assert list(client.get(reverse(LIST), {"data": "erased"}).context["cl"].result_list) == []


def test_whoever_may_not_see_personal_data_gets_nothing(owner):
    accountant = browser_of(UserFactory(role=Role.ACCOUNTANT))

    for url in (reverse(LIST), page(owner), page(owner, "export_json"), page(owner, "erase_owner")):
        assert accountant.get(url).status_code == 403


def test_an_owner_is_edited_and_the_messages_and_the_history_keep_the_name_to_themselves(client, owner):
    client.post(page(owner), {"name": "Петрова Мария", "phone": "+79001234567", "consented_on": "2026-05-01"})

    owner.refresh_from_db()
    assert owner.name == "Петрова Мария"
    history = text_of(client.get(page(owner, "history")))
    assert "changed, and not shown" in history
    refused = client.post(page(owner), {"name": "", "phone": "", "consented_on": ""}, follow=True)
    assert "Enter a name or a phone" in text_of(refused)


def test_a_card_is_given_to_its_owner_on_its_page(client, owner):
    card = carding.card()
    give = reverse("admin:billing_discountcard_give_card", args=[card.pk])

    assert "Enter a name or a phone" in text_of(client.post(give, {"name": "", "phone": ""}))
    done = client.post(give, {"name": "Петрова Анна", "phone": "8 (900) 123-45-67"}, follow=True)

    assert DiscountCard.objects.get().owner == owner
    assert page(owner) in done.content.decode()
    assert CardOwner.objects.count() == 1


def test_all_that_is_held_is_given_out_and_it_is_noted(client, owner):
    carding.card(owner=owner)

    told = client.get(page(owner, "export_json"))
    sheet = client.get(page(owner, "export_workbook"))

    assert json.loads(told.content)["owner"]["name"] == "Петрова Анна"
    assert sheet.content[:2] == b"PK"
    assert owner.name not in told["Content-Disposition"]
    notes = Edit.objects.filter(model="billing.cardowner", act="noted")
    assert [note.note for note in notes] == ["All that is held was given out"] * 2
    assert all(note.by_name.startswith("Анна Иванова") for note in notes)


def test_erasing_says_what_goes_asks_for_the_request_and_cannot_be_undone(boss, owner, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    UploadFolder().save(b"a file that waits for its confirmation")
    carding.card(owner=owner)

    asked = text_of(boss.get(page(owner, "erase_owner")))
    assert "This cannot be undone" in asked
    assert CARD in asked
    assert boss.post(page(owner, "erase_owner"), {"request": "", "cards": "keep"}).context["form"].errors
    done = text_of(boss.post(page(owner, "erase_owner"), {"request": "Заявление 5", "cards": "close"}, follow=True))

    owner.refresh_from_db()
    assert (owner.name, owner.phone) == ("", "")
    assert list((tmp_path / "imports").iterdir()) == []
    assert DiscountCard.objects.get().status == "closed"
    assert "Заявление 5" in done
    assert "Петрова" not in done
    assert page(owner, "erase_owner") not in done
    assert boss.post(page(owner), {"name": "Анна", "phone": ""}).status_code == 403
    again = boss.post(page(owner, "erase_owner"), {"request": "6", "cards": "keep"}, follow=True)
    assert "was erased on request" in text_of(again)


def test_only_whoever_answers_for_it_erases(client, owner):
    assert page(owner, "erase_owner") not in client.get(page(owner)).content.decode()
    assert client.post(page(owner, "erase_owner"), {"request": "5", "cards": "keep"}).status_code == 403


def test_after_what_was_done_on_pages_erasing_leaves_no_trace_either(client, boss):
    card = carding.card()
    give = reverse("admin:billing_discountcard_give_card", args=[card.pk])
    client.post(give, {"name": "Водкина Анна", "phone": "8 (900) 123-45-67"}, follow=True)
    owner = CardOwner.objects.get()
    client.post(page(owner), {"name": "Водкина Ивановна", "phone": "+79001234567"}, follow=True)
    client.get(page(owner, "export_workbook"))

    boss.post(page(owner, "erase_owner"), {"request": "5", "cards": "keep"}, follow=True)

    assert traces("водкин", "ивановна", "123-45", "9001234567", "7654321009") == set()
