"""Several at once: real threads on PostgreSQL, and tests that these tests see what they guard against."""

import threading
import time
from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, transaction

from exchange.models import Alert, EventCursor, OutgoingMessage
from exchange.services.alerts import watching
from exchange.services.webhooks import collecting, horizon, sending
from tests.exchange.test_loads_at_once import at_once
from tests.factories.exchange import AlertRuleFactory, OutgoingMessageFactory, WebhookEndpointFactory
from tests.factories.registers import ReceiptFactory, RegisterFactory, RegisterStatusFactory

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def collect_until_quiet():
    for _ in range(50):
        if not collecting.collect(now=NOW):
            return
        time.sleep(0.02)


def told():
    return sorted(int(key.removeprefix("receipt:")) for key in OutgoingMessage.objects.values_list("key", flat=True))


@pytest.fixture
def endpoint():
    made = WebhookEndpointFactory()
    collecting.collect(now=NOW)
    return made


def late_commit_behind_an_early_one():
    """Two receipts: the one with the smaller id is committed after the other was collected. Return their ids."""
    register = RegisterFactory()
    recorded, collected, ids = threading.Event(), threading.Event(), []

    def late():
        with transaction.atomic():
            ids.append(ReceiptFactory(register=register).pk)
            recorded.set()
            collected.wait(5)

    def early():
        recorded.wait(5)
        ids.append(ReceiptFactory(register=register).pk)
        collecting.collect(now=NOW)
        collecting.collect(now=NOW)
        collected.set()

    assert at_once(late, early) == [None, None]
    return ids


def test_a_receipt_that_is_committed_late_is_told(endpoint):
    ids = late_commit_behind_an_early_one()

    collect_until_quiet()

    assert ids[0] < ids[1]
    assert told() == ids


def test_that_test_would_see_a_cursor_that_is_the_last_id_seen(endpoint, monkeypatch):
    monkeypatch.setattr(horizon, "writers", lambda table: set())
    ids = late_commit_behind_an_early_one()

    collect_until_quiet()

    assert told() == ids[1:]


def test_those_who_write_after_the_horizon_was_set_hold_nothing_up(endpoint):
    register = RegisterFactory()
    committed = ReceiptFactory(register=register).pk
    first, second = Writer(register), Writer(register)

    def collects():
        first.go()
        waiting = collecting.collect(now=NOW)
        second.go()
        first.end.set()
        while not (found := told()):
            collecting.collect(now=NOW)
        second.end.set()
        return waiting, found

    [_one, _other, answer] = at_once(first.write, second.write, collects)
    collect_until_quiet()

    assert answer == (True, [committed])
    assert len(told()) == 3


class Writer:
    """Writes a receipt once it is told to go, and commits once it is told to end."""

    def __init__(self, register):
        self.register = register
        self.begin, self.wrote, self.end = threading.Event(), threading.Event(), threading.Event()

    def go(self):
        self.begin.set()
        assert self.wrote.wait(5)

    def write(self):
        self.begin.wait(5)
        with transaction.atomic():
            ReceiptFactory(register=self.register)
            self.wrote.set()
            self.end.wait(5)


def test_collecting_at_once_tells_once(endpoint):
    receipts = ReceiptFactory.create_batch(5)

    at_once(*[collect_until_quiet] * 4)
    collect_until_quiet()

    assert told() == [receipt.pk for receipt in receipts]
    assert EventCursor.objects.filter(of=0).count() == len(collecting.SOURCES) + 1


def claims_at_once():
    endpoints = WebhookEndpointFactory.create_batch(2)
    for endpoint in endpoints:
        OutgoingMessageFactory.create_batch(10, endpoint=endpoint)
    return at_once(*[lambda claim=claim: sending.claim_due(claim=f"{claim}", now=NOW) for claim in range(4)])


def test_a_message_is_claimed_by_one():
    claimed = [pk for pks in claims_at_once() for pk in pks]

    assert len(claimed) == len(set(claimed)) == 20


def test_that_test_would_see_a_claim_that_asks_nobody(monkeypatch):
    careless = sending.CLAIM._numbered
    careless = careless.replace("FOR NO KEY UPDATE SKIP LOCKED", "")
    head, _where, tail = careless.rpartition("AND m.state IN ('waiting', 'sending') AND m.next_at <=")
    careless = f"{head}AND pg_sleep(0.002) IS NOT NULL {tail[tail.index('RETURNING') :]}"
    monkeypatch.setattr(sending.CLAIM, "_numbered", careless)

    claimed = [pk for pks in claims_at_once() for pk in pks]

    assert len(claimed) > len(set(claimed))


def test_looking_at_once_tells_once():
    AlertRuleFactory()
    RegisterStatusFactory(last_seen=datetime(2026, 11, 20, tzinfo=UTC))

    at_once(*[lambda: watching.look(now=NOW)] * 4)

    assert (Alert.objects.count(), OutgoingMessage.objects.count()) == (1, 1)


def test_an_alert_is_open_once_for_a_rule_and_its_subject():
    rule = AlertRuleFactory()
    fields = {"rule": rule, "subject": "x:1", "opened_at": NOW, "seen_at": NOW, "told_at": NOW}
    Alert.objects.create(**fields, closed_at=NOW)
    Alert.objects.create(**fields)

    with pytest.raises(IntegrityError, match="one_open_per_rule_and_subject"), transaction.atomic():
        Alert.objects.create(**fields)
