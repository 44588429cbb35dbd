"""A burst of tells: one visit at a time, and the last tell is not lost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from exchange.choices import UploadEvent
from exchange.models import UploadSource
from exchange.services.uploads import fetching, telling
from registers.models import KkmTransaction
from tests.factories.exchange import UploadSourceFactory
from tests.messages import event

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
TELLS, HANDS = 40, 4


class _Watch:
    """How many ask the register at the same time."""

    def __init__(self, pulled):
        self._lock, self.now, self.most = threading.Lock(), 0, 0
        self._packet = pulled.packet

    def packet(self, after):
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        threading.Event().wait(0.01)
        try:
            return self._packet(after)
        finally:
            with self._lock:
                self.now -= 1


def _burst(pulled):
    """Close receipts and tell of each, from several threads that also fetch. Returns the most visits at one time."""
    source = UploadSourceFactory(address=pulled.address, due_at=NOW + timedelta(hours=1))
    watch = _Watch(pulled)
    pulled.packet = watch.packet
    receipts = threading.Lock()

    def close_a_receipt(number):
        try:
            with receipts:
                pulled.kept.append(event(number, "cash_in", amount="1.00"))
            told = telling.tell(register_id=source.register_id, event=UploadEvent.RECEIPT, now=NOW)
            again = told.hint
            while again:
                again = fetching.fetch(source_id=source.pk, clock=lambda: NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(close_a_receipt, range(1, TELLS + 1)))
    source.refresh_from_db()
    return watch.most, source


def test_a_burst_is_one_visit_at_a_time_and_the_last_tell_is_not_lost(pulled):
    most, source = _burst(pulled)

    assert most == 1
    assert KkmTransaction.objects.count() == TELLS
    assert (source.told, source.served, source.failures) == (TELLS, TELLS, 0)
    assert len(pulled.asked) < TELLS


def test_without_the_claim_there_would_be_several(pulled, monkeypatch):
    def claim(source_id, now):
        return fetching._Visit(UploadSource.objects.select_related("register").get(pk=source_id), None, now)

    monkeypatch.setattr(fetching, "_claim", claim)

    assert _several(pulled) > 1


def test_without_the_counters_the_last_tell_would_be_lost(pulled, monkeypatch):
    served = fetching._served
    monkeypatch.setattr(
        fetching, "_served", lambda visit, now: {**served(visit, now), "due_at": now + timedelta(minutes=10)}
    )

    assert _missed(pulled) > 0


def _several(pulled):
    source = UploadSourceFactory(address=pulled.address, due_at=NOW)
    watch = _Watch(pulled)
    pulled.packet = watch.packet

    def visit(_place):
        try:
            fetching.fetch(source_id=source.pk, clock=lambda: NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(HANDS) as hands:
        list(hands.map(visit, range(HANDS)))
    return watch.most


def _missed(pulled):
    """Let a receipt be told of when the register has answered already, and the visit has not ended yet."""
    source = UploadSourceFactory(address=pulled.address, due_at=NOW)
    visit = fetching._claim(source.pk, NOW)
    fetching._go(visit, lambda: NOW)
    pulled.kept.append(event(1, "cash_in", amount="1.00"))
    assert not telling.tell(register_id=source.register_id, event=UploadEvent.RECEIPT, now=NOW).hint
    again = fetching._end(visit, NOW)
    while again:
        again = fetching.fetch(source_id=source.pk, clock=lambda: NOW)
    return len(pulled.kept) - KkmTransaction.objects.count()
