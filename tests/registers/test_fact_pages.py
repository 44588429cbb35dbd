"""Transactions, receipts, shifts and conflicts in the admin: windows that show everything and change nothing."""

import pytest
from django.urls import reverse

from config.roles import Role
from registers.admin.facts import JournalPaginator
from tests.factories.people import UserFactory
from tests.factories.registers import (
    ReceiptFactory,
)
from tests.registers.conftest import browser_of
from tests.registers.pages import conflict_with, list_page, page, queries_of, text_of

pytestmark = pytest.mark.django_db

MODELS = ["kkmtransaction", "receipt", "shift", "transactionconflict"]


def a_fact(model):
    receipt = ReceiptFactory()
    return {
        "kkmtransaction": receipt.transaction,
        "receipt": receipt,
        "shift": receipt.shift,
        "transactionconflict": conflict_with(receipt.transaction),
    }[model]


@pytest.mark.parametrize("model", MODELS)
def test_nobody_adds_edits_or_deletes_a_fact(model):
    boss = browser_of(UserFactory(is_superuser=True))
    fact = a_fact(model)

    assert boss.get(page(fact)).status_code == 200
    assert boss.get(reverse(f"admin:registers_{model}_add")).status_code == 403
    assert boss.post(page(fact), {}).status_code == 403
    assert boss.post(reverse(f"admin:registers_{model}_delete", args=[fact.pk]), {"post": "yes"}).status_code == 403
    boss.post(list_page(model), {"action": "delete_selected", "_selected_action": [fact.pk], "post": "yes"})
    fact.refresh_from_db()


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("model", MODELS)
def test_every_role_looks_at_facts(model, role):
    client = browser_of(UserFactory(role=role))
    fact = a_fact(model)

    assert client.get(list_page(model)).status_code == 200
    assert client.get(page(fact)).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_whoever_has_no_role_sees_nothing(model):
    client = browser_of(UserFactory())
    fact = a_fact(model)

    assert client.get(list_page(model)).status_code == 403
    assert client.get(page(fact)).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_a_list_takes_the_same_number_of_queries_for_any_number_of_facts(signed_in, model):
    for _fact in range(2):
        a_fact(model)
    few = queries_of(signed_in, list_page(model))

    for _fact in range(20):
        a_fact(model)

    assert queries_of(signed_in, list_page(model)) == few


@pytest.mark.parametrize("model", MODELS)
def test_a_list_is_counted_no_further_than_people_leaf(signed_in, model, monkeypatch):
    monkeypatch.setattr(JournalPaginator, "COUNTED", 2)
    for _fact in range(3):
        a_fact(model)

    shown = text_of(signed_in.get(list_page(model)))

    assert "more than 2: narrow the list by its filters" in shown


@pytest.mark.parametrize("language", ["ru", "en"])
@pytest.mark.parametrize("model", MODELS)
def test_pages_open_in_both_languages(merchandiser, model, language):
    client = browser_of(merchandiser, language)

    assert client.get(list_page(model)).status_code == 200
    assert client.get(page(a_fact(model))).status_code == 200
