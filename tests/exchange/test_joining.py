"""A register joins, changes its token, asks how it is set."""

import json
from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from exchange.api import joining
from registers.services import pairing
from retail.models import Constants
from tests.exchange.conftest import Till
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory

pytestmark = pytest.mark.django_db


def pair(code, **device):
    client = Client(raise_request_exception=False)
    response = client.post("/kkm/v1/pair", {"code": code, "device": device}, content_type="application/json")
    return response.status_code, json.loads(response.content)


def test_a_code_from_the_admin_becomes_a_token_that_works():
    register = RegisterFactory(number=7, name="Касса 7")
    code = pairing.issue(register=register, by=UserFactory(), now=timezone.now())

    status, joined = pair(code, serial="00307", software="Till", version="4.2")

    assert status == 201
    assert joined["register"] == {"id": register.pk, "number": 7, "name": "Касса 7"}
    assert joined["settings"]["warehouse"]["id"] == register.warehouse_id
    till = Till.__new__(Till)
    till.token, till.client = joined["token"], Client()
    assert till.get("settings")[0] == 200


def test_a_code_works_once():
    code = pairing.issue(register=RegisterFactory(), by=UserFactory(), now=timezone.now())
    pair(code)

    status, refusal = pair(code)

    assert status == 400
    assert refusal["type"] == "client_error"


@pytest.mark.parametrize("code", ["", "ABCD-EFGH", "x" * 500, "AB\x00D", None, 5, {}])
def test_a_wrong_code_is_refused_in_the_one_shape(code):
    status, refusal = pair(code)

    assert 400 <= status < 500
    assert set(refusal) == {"type", "errors"}
    assert set(refusal["errors"][0]) == {"code", "detail", "attr"}


def test_sixty_megabytes_instead_of_a_code_are_refused(db):
    response = Client().post("/kkm/v1/pair", b" " * 60 * 1024 * 1024, content_type="application/json")

    assert response.status_code == 413
    assert response.json()["errors"][0]["code"] == "too_much_at_once"


def test_brackets_without_end_instead_of_a_code_are_refused(db):
    response = Client().post("/kkm/v1/pair", b"[" * 5000, content_type="application/json")

    assert response.status_code == 400
    assert response.json()["errors"][0]["code"] == "parse_error"


def test_vat_rates_are_those_of_the_shops_own_day(till):
    day = datetime.fromisoformat("2025-12-31T22:00:00+00:00")  # The New Year has come to Moscow, not to Greenwich.

    assert "22" in {rate["code"] for rate in joining.vat_rates(till.register.shop, day)}


def test_the_old_token_works_until_the_new_one_is_used(till):
    status, rotated = till.call("post", "token/rotate")
    assert status == 200
    assert till.get("settings")[0] == 200

    old, till.token = till.token, rotated["token"]
    assert till.get("settings")[0] == 200

    till.token = old
    status, refusal = till.get("settings")
    assert (status, refusal["errors"][0]["code"]) == (401, "revoked_token")


def test_new_tokens_are_not_given_one_after_another(till):
    answers = []
    for _again in range(6):
        status, rotated = till.call("post", "token/rotate")
        answers.append(status)
        till.token = rotated.get("token", till.token)

    assert answers == [200] * 5 + [429]
    assert till.get("settings")[0] == 200


def test_settings_say_what_the_register_is(till):
    Constants.objects.update(packet_size=50, discount_cards=True, weighed_prefixes="20,21")

    status, told = till.get("settings")

    assert status == 200
    assert told["stock_control"] == "without_prompts"
    assert told["packet_size"] == 50
    assert told["flags"] == {
        "discounts": True,
        "payment_cards": True,
        "discount_cards": True,
        "online_registers": False,
    }
    assert "cash" in told["payment_kinds"]
    assert {"code": "22", "name": "НДС 22 %", "percent": "22.00"} in told["vat_rates"]
    assert told["weighed_prefixes"] == ["20", "21"]
    assert told["wait_url"].endswith("/kkm/v1/wait")
    assert datetime.fromisoformat(told["server_time"]).tzinfo


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer nonsense", "Basic YWRtaW46YWRtaW4=", "Bearer \x00"])
def test_nothing_opens_without_a_token(db, header):
    client = Client(raise_request_exception=False)
    headers = {} if header is None else {"Authorization": header}

    for path in ("settings", "goods", "stock", "stock/checksum", "stock/10001"):
        response = client.get(f"/kkm/v1/{path}", headers=headers)
        assert response.status_code == 401
        assert response.json()["errors"][0]["code"] in {"not_authenticated", "unknown_token"}
    assert client.post("/kkm/v1/transactions", b"{}", content_type="application/json").status_code == 401


def test_an_inactive_register_is_refused_at_once(till):
    till.register.active = False
    till.register.save()

    status, refusal = till.get("settings")

    assert (status, refusal["errors"][0]["code"]) == (401, "register_inactive")


def test_a_signed_in_person_is_no_register(db):
    client = Client()
    client.force_login(UserFactory(is_superuser=True))

    assert client.get("/kkm/v1/settings").status_code == 401
