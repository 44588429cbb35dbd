"""What Prometheus is told of the whole chain."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError
from prometheus_client.parser import text_string_to_metric_families

from exchange.services import gauges
from retail.models import Catalogue
from stock.choices import ReservationState
from stock.models import UnpostedReceipt, WarehouseFeed
from tests.factories.registers import (
    KkmTransactionFactory,
    ReceiptFactory,
    RegisterFactory,
    RegisterStatusFactory,
    ShiftFactory,
)
from tests.factories.stock import ReservationFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _anew():
    gauges.forget()
    yield
    gauges.forget()


@pytest.fixture
def register():
    register = RegisterFactory(number=7, shop__name="На Лесной")
    WarehouseFeed.objects.filter(warehouse=register.warehouse).update(revision=1000)
    Catalogue.objects.update(revision=500)
    RegisterStatusFactory(register=register, last_seen=NOW, stock_sent=1000, stock_acknowledged=880)
    return register


def told(now=NOW):
    families = text_string_to_metric_families(gauges.exposition(now=now).decode())
    return {
        (sample.name, *(value for _name, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def test_each_register_is_told_by_its_lag_and_its_oldest_sale(register):
    shift = ShiftFactory(register=register)
    receipt = ReceiptFactory(register=register, shift=shift, transaction__received_at=NOW - timedelta(minutes=3))
    UnpostedReceipt.objects.create(shift=shift, receipt=receipt, warehouse=register.warehouse)

    found = told()

    assert found["prilavok_register_stock_changes_not_taken", "7", "На Лесной"] == 120
    assert found["prilavok_register_unprocessed_seconds", "7", "На Лесной"] == 180
    assert found["prilavok_register_last_seen_timestamp_seconds", "7", "На Лесной"] == NOW.timestamp()
    assert ("prilavok_register_goods_changes_not_taken", "7", "На Лесной") not in found  # It never asked for goods.
    assert found["prilavok_receipts_unprocessed_seconds",] == 180


def test_the_chain_is_told_as_a_whole(register):
    KkmTransactionFactory(register=register, on_desk=True)
    for minutes in (-1, 1):
        until = NOW + timedelta(minutes=minutes)
        ReservationFactory(register=register, state=ReservationState.OPEN, ended_at=None, expires_at=until)

    found = told()

    assert (found["prilavok_registers", "online"], found["prilavok_registers", "silent"]) == (1, 0)
    assert found["prilavok_stock_feed_revision", register.warehouse.name] == 1000
    assert (found["prilavok_reservations_open",], found["prilavok_reservations_overdue",]) == (2, 1)
    assert found["prilavok_error_desk_transactions",] == 1
    assert found["prilavok_redis_up",] == 1
    assert found["prilavok_queue_length", "near"] == 0


def test_the_number_of_statements_does_not_grow_with_registers(register, django_assert_num_queries):
    RegisterFactory.create_batch(3, warehouse=register.warehouse, shop=register.shop)

    with django_assert_num_queries(3):
        gauges.exposition(now=NOW)


def test_two_watchmen_cost_what_one_does(register, django_assert_num_queries):
    gauges.exposition(now=NOW)

    with django_assert_num_queries(0):
        gauges.exposition(now=NOW)


def test_queues_are_left_out_while_redis_is_away(register, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    found = told()

    assert found["prilavok_redis_up",] == 0
    assert not any(name == "prilavok_queue_length" for name, *_labels in found)


def test_figures_are_for_who_has_the_token(client, settings):
    settings.METRICS_TOKEN = "secret"

    assert client.get("/metrics/chain").status_code == 404
    answer = client.get("/metrics/chain", headers={"Authorization": "Bearer secret"})
    assert answer.status_code == 200
    assert b"prilavok_registers{" in answer.content


def test_a_database_that_is_away_is_no_fault_of_ours(client, settings, monkeypatch):
    def away(**_):
        raise OperationalError("connection to 10.0.0.5 refused")

    settings.METRICS_PUBLIC = True
    monkeypatch.setattr(gauges, "exposition", away)

    answer = client.get("/metrics/chain")

    assert (answer.status_code, answer.content) == (503, b"OperationalError")
