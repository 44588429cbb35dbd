"""The pages of the till in a browser: who sees them, which registers they offer, and whose code they make."""

import pytest
from django.urls import reverse

from config.roles import Role
from exchange.services import training
from registers.models import PairingCode
from registers.services import pairing, tokens
from tests.factories.exchange import EquipmentFactory
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.registers.conftest import NOW, browser_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _switched_on(settings):
    settings.TRAINING_TILL = True


@pytest.fixture
def browser():
    return browser_of(UserFactory(role=Role.OPERATOR))


def pair(register, software):
    code = pairing.issue(register=register, by=UserFactory(), now=NOW)
    pairing.pair(code=code, device={"software": software}, now=NOW)


def test_registers_that_nobody_works_as_are_offered_two_of_a_warehouse_together(browser):
    first = RegisterFactory()
    second = RegisterFactory(warehouse=first.warehouse)
    elsewhere = RegisterFactory()

    page = browser.get(reverse("till"))

    shown = {about["id"] for about in page.context["registers"]}
    assert shown == {first.pk, second.pk, elsewhere.pk}
    assert page.content.decode().count("Two side by side") == 1
    assert reverse("till-page", args=[[first.pk, second.pk]]) in page.content.decode()


def test_a_register_with_a_device_of_its_own_is_not_offered_and_gets_no_code(browser):
    taken, speaking_otherwise, inactive = RegisterFactory(), EquipmentFactory().register, RegisterFactory(active=False)
    ours = RegisterFactory()
    pair(taken, "Till")
    pair(ours, training.SOFTWARE)

    answers = {
        register: browser.post(reverse("till-code", args=[register.pk])).status_code
        for register in (taken, speaking_otherwise, inactive, ours)
    }

    assert list(training.registers()) == [ours]
    assert list(answers.values()) == [409, 409, 409, 200]
    assert browser.get(reverse("till-page", args=[[taken.pk]])).status_code == 404


def test_a_code_is_made_for_the_page_to_spend_and_kept_by_nobody(browser):
    register = RegisterFactory()

    response = browser.post(reverse("till-code", args=[register.pk]))

    code, made = response.json()["code"], PairingCode.objects.get().created_at
    found, _token = pairing.pair(code=code, device={}, now=made)
    assert found == register
    assert "no-store" in response["Cache-Control"]


def test_whoever_may_not_pair_sees_no_till(browser, settings):
    register = RegisterFactory()
    accountant = browser_of(UserFactory(role=Role.ACCOUNTANT))
    addresses = [reverse("till"), reverse("till-page", args=[[register.pk]])]

    refused = [accountant.get(address).status_code for address in addresses]
    refused.append(accountant.post(reverse("till-code", args=[register.pk])).status_code)
    settings.TRAINING_TILL = False
    absent = [browser.get(address).status_code for address in addresses]
    absent.append(browser.post(reverse("till-code", args=[register.pk])).status_code)

    assert refused == [403, 403, 403]
    assert absent == [404, 404, 404]
    assert not PairingCode.objects.exists()


def test_the_list_is_found_by_name_and_takes_the_same_statements_however_long(browser, django_assert_max_num_queries):
    warehouse = RegisterFactory(name="Ёлка").warehouse
    for _number in range(4):
        RegisterFactory(warehouse=warehouse)

    with django_assert_max_num_queries(12):
        page = browser.get(reverse("till"), {"q": "ёлка"})

    assert [about["name"] for about in page.context["registers"]] == ["Ёлка"]
    assert browser.get(reverse("till"), {"q": "\x00" * 200}).status_code == 200


def test_a_revoked_register_is_free_again(browser):
    register = RegisterFactory()
    pair(register, "Till")
    tokens.revoke(register=register, by=UserFactory(), now=NOW)

    assert list(training.registers()) == [register]
