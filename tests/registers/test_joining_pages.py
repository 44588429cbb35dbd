"""Pairing and revoking as a person does them in the admin."""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from registers.models import PairingCode, RegisterToken
from registers.services import pairing
from retail.models import Edit
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory, RegisterStatusFactory, RegisterTokenFactory
from tests.registers.conftest import NOW, browser_of
from tests.registers.pages import page, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def register(db):
    return RegisterFactory()


def url_of(action, *args):
    return reverse(f"admin:registers_register_{action}", args=args)


@pytest.fixture
def code_page(signed_in, register):
    return signed_in.post(url_of("pair_device", register.pk))


def state_of(client, register):
    made = PairingCode.objects.filter(register=register).earliest("pk")
    return client.get(url_of("pairing_state", register.pk, made.pk)).json()


def test_opening_the_page_makes_no_code(signed_in, register):
    response = signed_in.get(url_of("pair_device", register.pk))

    assert "Make a code" in text_of(response)
    assert not PairingCode.objects.exists()


def test_the_page_warns_that_another_device_will_be_shut_out(signed_in, register):
    RegisterTokenFactory(register=register)
    RegisterStatusFactory(register=register, software="Till", version="4.2", serial="SN-1")

    shown = text_of(signed_in.get(url_of("pair_device", register.pk)))

    assert "A device signs in as this register now: Till 4.2 · SN-1." in shown


def test_a_code_is_shown_with_its_picture_and_the_address(code_page, register):
    shown = text_of(code_page)
    code = re.search(r"\b[A-Z2-9]{4}-[A-Z2-9]{4}\b", shown).group()

    assert pairing.pair(code=code, device={}, now=timezone.now())[0] == register
    assert "http://testserver/kkm/v1/" in shown
    assert "<svg" in code_page.content.decode()


def test_the_picture_holds_the_address_and_the_code(signed_in, register, monkeypatch):
    drawn = []
    monkeypatch.setattr("registers.admin.joining._qr", lambda content: drawn.append(json.loads(content)) or "")

    response = signed_in.post(url_of("pair_device", register.pk), secure=True)

    assert drawn == [{"url": "https://testserver/kkm/v1/", "code": response.context["code"]}]


def test_no_browser_keeps_the_page_with_a_code(code_page):
    assert "no-store" in code_page["Cache-Control"]


def test_the_register_remembers_who_made_a_code(code_page, merchandiser):
    assert PairingCode.objects.get().issued_by == merchandiser
    assert Edit.objects.get(by=merchandiser, act="noted").note == "Made a pairing code"


def test_the_code_is_nowhere_in_the_history(code_page):
    assert code_page.context["code"] not in str(list(Edit.objects.values()))


def test_an_inactive_register_gets_no_code_but_a_reason(signed_in):
    register = RegisterFactory(active=False)

    response = signed_in.post(url_of("pair_device", register.pk), follow=True)

    assert response.redirect_chain[0][0] == page(register)
    assert "The register is not active" in text_of(response)


def test_the_page_hears_that_a_device_has_joined(signed_in, register, code_page):
    before = state_of(signed_in, register)
    device = {"software": "Till", "version": "4.2", "serial": "SN-1"}
    pairing.pair(code=code_page.context["code"], device=device, now=timezone.now())

    assert before == {"state": "waiting"}
    assert state_of(signed_in, register) == {"state": "paired", "device": "Till 4.2 · SN-1"}


def test_the_page_hears_that_its_code_was_replaced(signed_in, register, code_page):
    signed_in.post(url_of("pair_device", register.pk))

    assert state_of(signed_in, register) == {"state": "replaced"}


def test_the_page_hears_that_its_code_has_expired(signed_in, register, code_page):
    long_ago = timezone.now() - timedelta(hours=1)
    PairingCode.objects.update(created_at=long_ago, expires_at=long_ago + pairing.LIFETIME)

    assert state_of(signed_in, register) == {"state": "expired"}


def test_the_state_of_a_code_is_asked_through_its_own_register(signed_in, register, code_page):
    made = PairingCode.objects.get()

    assert signed_in.get(url_of("pairing_state", RegisterFactory().pk, made.pk)).status_code == 404
    assert signed_in.get(url_of("pairing_state", "x", made.pk)).status_code == 404


def test_the_state_of_a_code_is_not_told_to_everybody(register, code_page):
    made = PairingCode.objects.get()
    accountant = browser_of(UserFactory(accountant=True))

    assert accountant.get(url_of("pairing_state", register.pk, made.pk)).status_code == 403


@pytest.mark.parametrize("action", ["pair_device", "revoke_access"])
@pytest.mark.parametrize("pk", ["0", "x", "99999999999999999999"])
def test_a_register_that_is_not_there_is_not_found(signed_in, action, pk):
    assert signed_in.get(url_of(action, pk)).status_code == 404


def test_revoking_asks_first(signed_in, register):
    RegisterTokenFactory(register=register)

    shown = text_of(signed_in.get(url_of("revoke_access", register.pk)))

    assert "It is refused from its next request on" in shown
    assert RegisterToken.objects.live().exists()


def test_revoking_ends_access_and_is_remembered(signed_in, merchandiser, register):
    RegisterTokenFactory(register=register)

    response = signed_in.post(url_of("revoke_access", register.pk), follow=True)

    assert "Access revoked: 1 token works no more." in text_of(response)
    assert RegisterToken.objects.get().revoked_by == merchandiser
    assert Edit.objects.get(act="noted").note == "Revoked access"


def test_there_is_nothing_to_revoke_of_a_register_that_cannot_sign_in(signed_in, register):
    RegisterTokenFactory(register=register, revoked_at=NOW)

    shown = text_of(signed_in.get(url_of("revoke_access", register.pk)))

    assert "No device signs in as this register now." in shown
