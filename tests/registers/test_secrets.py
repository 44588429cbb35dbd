"""Tokens and codes are never written down: not in a column of any table, not in a line of any log."""

import logging

import pytest
from django.apps import apps
from django.db import connection

from registers.services import pairing, tokens
from retail.exceptions import DomainError
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.registers.conftest import NOW

pytestmark = pytest.mark.django_db


def live_a_whole_life() -> list[str]:
    """Take a register from its pairing to its end and return every secret there was on the way."""
    register, user = RegisterFactory(), UserFactory()
    code = pairing.issue(register=register, by=user, now=NOW)
    _register, first = pairing.pair(code=code, device={"serial": "1"}, now=NOW)
    tokens.identify(token=first, now=NOW)
    second = tokens.rotate(register=register, now=NOW)
    tokens.identify(token=second, now=NOW)
    tokens.revoke(register=register, by=user, now=NOW)
    with pytest.raises(DomainError):
        tokens.identify(token=second, now=NOW)
    with pytest.raises(DomainError):
        pairing.pair(code=code, device={}, now=NOW)
    return [code, code.replace("-", ""), first, second]


def test_no_log_line_holds_a_secret(caplog):
    caplog.set_level(logging.WARNING, logger="factory")
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="django.db.backends")
    connection.force_debug_cursor = True
    try:
        secrets = live_a_whole_life()
    finally:
        connection.force_debug_cursor = False

    written = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert tokens.digest(secrets[-1]) in written
    for secret in secrets:
        assert secret not in written


def test_no_column_holds_a_secret():
    secrets = live_a_whole_life()

    kept = "".join(str(row) for model in apps.get_models() for row in model._base_manager.values_list())
    assert tokens.digest(secrets[-1]) in kept
    for secret in secrets:
        assert secret not in kept
