"""The comparison that ends a run of faults has to see what it is there for."""

import contextlib
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from subprocess import CompletedProcess
from types import SimpleNamespace

import psycopg
import pytest
from django.db import connection

from faults import books, troubles
from tests.factories.registers import KkmTransactionFactory
from tests.factories.stock import BalanceFactory

pytestmark = pytest.mark.django_db(transaction=True)
SINCE = (datetime.now(UTC) - timedelta(days=3650)).isoformat()


@contextlib.contextmanager
def _database():
    told = connection.get_connection_params()
    with psycopg.connect(
        host=told.get("host"), dbname=told["dbname"], user=told.get("user"), port=told.get("port"), autocommit=True
    ) as open_one:
        yield open_one


@pytest.fixture
def stage():
    """As much of a stage as the books look at: the database of tests, and an audit that agrees."""
    return SimpleNamespace(database=_database, manage=lambda *words: CompletedProcess(words, 0, "", ""))


@pytest.fixture
def recorded():
    return KkmTransactionFactory()


def till(recorded, *, acknowledged=(), sold=None, warehouse=""):
    return SimpleNamespace(
        number=recorded.register.number,
        acknowledged=dict.fromkeys(acknowledged, 0.0),
        sold=Counter(sold or {}),
        warehouse=warehouse,
        wrong=[],
    )


def found(stage, tills, before=None):
    return books.faults(stage, tills, [], before=before or {}, since=SINCE)


def test_nothing_is_wrong_where_the_log_and_the_database_agree(stage, recorded):
    assert found(stage, [till(recorded, acknowledged=[recorded.uid])]) == []


def test_what_was_acknowledged_and_is_not_there_is_named(stage, recorded):
    [said] = found(stage, [till(recorded, acknowledged=[recorded.uid, "gone"])])

    assert "1 acknowledged and not recorded" in said
    assert "gone" in said


def test_what_is_there_and_was_never_acknowledged_is_named(stage, recorded):
    [said] = found(stage, [till(recorded)])

    assert "1 recorded and never acknowledged" in said


def test_goods_that_are_gone_and_were_not_sold_are_named(stage, recorded):
    balance = BalanceFactory(on_hand=10)
    key = (balance.warehouse.name, balance.sku.code)
    seller = till(recorded, acknowledged=[recorded.uid], sold={balance.sku.code: 1}, warehouse=key[0])

    assert found(stage, [seller], before={key: (Decimal(11), Decimal(0))}) == []
    [said] = found(stage, [seller], before={key: (Decimal(10), Decimal(0))})
    assert "1 balances are wrong" in said


def test_an_audit_that_differs_is_told(stage, recorded):
    stage.manage = lambda *words: CompletedProcess(words, 1, "sold differs", "")

    assert found(stage, [till(recorded, acknowledged=[recorded.uid])]) == ["the audit: sold differs"]


def test_a_writer_for_whom_nobody_waits_is_no_trouble(stage, monkeypatch):
    monkeypatch.setattr(troubles, "WRITER_SECONDS", 0.02)

    with pytest.raises(troubles.DidNotHappen):
        troubles.a_writer_who_sleeps(stage, random.Random(1))
