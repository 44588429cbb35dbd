"""Who may call what: every service for programs and for registers, from their addresses."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from registers.services import tokens
from retail.api.throttles import Throttle
from retail.choices import Role
from stock.choices import ReservationState
from tests.config.pages import leaves
from tests.factories.people import UserFactory
from tests.factories.registers import NOON, RegisterFactory, RegisterTokenFactory
from tests.factories.stock import ReservationFactory
from tests.retail.programs import Program

pytestmark = pytest.mark.django_db

METHODS = ("get", "post", "put", "patch", "delete")
# What an address is filled in with: nothing that is there.
NOTHING: dict[str, Any] = {
    "pk": 404404, "parent": 404404, "code": "404", "token": "guess", "receipt": "r-404", "line": 1, "number": "404",
    "uid": "u-404", "store": "1", "pos": "1", "reservation": "404", "secret": "guess", "shop": "1", "load": "404",
    "till": "1", "base": "retail", "rest": "nowhere",
}  # fmt: skip
# Signed by the register's token; and those that have something else to be known by.
REGISTERS = {
    "rotate-token", "settings", "goods", "stock", "stock-checksum", "price-check", "wait", "orders", "transactions",
    "uploads", "reservation-line", "reservation", "card-operations", "card", "operation",
}  # fmt: skip
OTHERWISE = {"pair": 400, "upload-hook": 404}  # A code in the body, a token in the address.
DIALECTS = {
    "ukm5-reservation-item", "ukm5-receipts", "ukm5-cash", "artix-begins", "artix-state", "artix-till-state",
    "equipment",
}  # fmt: skip
ANYBODY = {"schema", "docs", "healthz", "readyz", "set_language"}
FOR_METERS = {"metrics", "metrics-chain"}  # tests/config/test_health.py: who may read them.


def _named(prefix: str) -> list[URLPattern]:
    return [
        pattern
        for below in get_resolver().url_patterns
        if str(below.pattern).startswith(prefix)
        for pattern in leaves(below)
        if pattern.name
    ]


def _address(pattern: URLPattern) -> str:
    return reverse(pattern.name or "", kwargs={name: NOTHING[name] for name in pattern.pattern.converters})


@pytest.fixture(autouse=True)
def _unthrottled(monkeypatch):
    monkeypatch.setattr(Throttle, "allow_request", lambda *args: True)


def test_every_address_is_of_a_kind_whose_callers_are_known():
    found = {pattern.name for below in get_resolver().url_patterns for pattern in leaves(below) if pattern.name}
    admin = {pattern.name for pattern in _named("admin/")}
    programs = {pattern.name for pattern in _named("api/v1/")}

    assert found - admin - programs == REGISTERS | set(OTHERWISE) | DIALECTS | ANYBODY | FOR_METERS


@pytest.mark.parametrize("who", ["anonymous", "nobody", *Role])
def test_programs_are_let_in_by_what_their_person_may(who):
    program = Program(UserFactory(role=who if isinstance(who, Role) else None))
    headers = {} if who == "anonymous" else program.signed()
    refused = {"anonymous": 401, "nobody": 403}.get(who)

    answers = {
        pattern.name: program.client.get(_address(pattern), headers=headers).status_code
        for pattern in _named("api/v1/")
    }

    if refused:
        assert set(answers.values()) == {refused}
    else:
        assert set(answers.values()) <= {200, 404, 405}
    assert len(answers) > 70


def _tokens():
    """Return what callers show, by who they are."""
    inactive = RegisterFactory(active=False)
    RegisterTokenFactory(token="of-inactive", register=inactive)
    RegisterTokenFactory(token="revoked", revoked=True)
    return {
        "none": None,
        "garbage": "garbage",
        "revoked": "revoked",
        "inactive": "of-inactive",
        "a person's": Program().token,
        "its own": tokens.create(register=RegisterFactory(), now=NOON),
    }


def test_registers_are_let_in_by_their_own_tokens_and_by_nothing_else():
    client = Client(raise_request_exception=False)
    found = [pattern for pattern in _named("kkm/v1/") if pattern.name in REGISTERS]

    wrong = {}
    for who, token in _tokens().items():
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for pattern in found:
            for method in (name for name in METHODS if hasattr(pattern.callback.view_class, name)):
                asked = client.generic(method.upper(), _address(pattern), b"{}", "application/json", headers=headers)
                let_in = asked.status_code not in {401, 403}
                if let_in is not (who == "its own") or asked.status_code == 500:
                    wrong[who, pattern.name, method] = asked.status_code

    assert wrong == {}
    assert {pattern.name for pattern in found} == REGISTERS


@pytest.mark.parametrize("name", OTHERWISE)
def test_a_guess_in_the_place_of_a_code_is_refused(name):
    kwargs = {"token": "guess"} if name == "upload-hook" else {}

    response = Client().post(reverse(name, kwargs=kwargs), {"code": "GUESSED"}, "application/json")

    assert response.status_code in {OTHERWISE[name], 404}


def test_devices_of_other_dialects_are_not_let_in_without_a_word():
    client = Client(raise_request_exception=False)
    asked = [pattern for below in get_resolver().url_patterns for pattern in leaves(below) if pattern.name in DIALECTS]

    answers = {
        (pattern.name, method): client.generic(method.upper(), _address(pattern), b"{}", "application/json").status_code
        for pattern in asked
        for method in ("get", "post")
    }

    assert set(answers.values()) <= {401, 403, 404, 405, 429}, answers


@pytest.mark.parametrize("where", ["same shop", "other shop"])
def test_a_register_reaches_nothing_of_another_one(where):
    hold = ReservationFactory(state=ReservationState.OPEN, ended_at=None, expires_at=NOON + timedelta(days=999))
    near = {"shop": hold.register.shop, "warehouse": hold.register.warehouse} if where == "same shop" else {}
    other = RegisterFactory(external=True, **near)
    headers = {"Authorization": f"Bearer {tokens.create(register=other, now=NOON)}"}
    client = Client(raise_request_exception=False)

    said = client.get(reverse("settings"), headers=headers).json()
    released = client.delete(reverse("reservation", args=[hold.receipt_uid]), headers=headers)

    assert (said["shop"]["id"], said["warehouse"]["id"]) == (other.shop_id, other.warehouse_id)
    assert released.status_code in {200, 204, 404}
    hold.refresh_from_db()
    assert hold.state == ReservationState.OPEN
