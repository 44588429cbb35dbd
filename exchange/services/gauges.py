"""What Prometheus is told of the whole chain, whichever host answers: three statements, and the lengths of the queues.

The figures of a process (requests, tasks, who waits) are counted by that process; these are read from the database, so
that one scrape of any web host is enough. They are kept for some seconds: two watchmen cost what one does.
"""

import json
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import redis
from django.conf import settings
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric

from exchange.services import sole
from registers.services.hearing import since
from retail.services.statements import beside
from stock.services import unfinished

CHAIN = beside(__file__, "gauges.sql", prepared=False)
REGISTERS = beside(__file__, "gauges_registers.sql", prepared=False)
FRESH = 10.0  # seconds for which figures are told again
PATIENCE = 10.0  # seconds for a statement; a watchman gives up sooner than a database that is in trouble

HELP = {
    "prilavok_registers": "Registers by presence",
    "prilavok_register_last_seen_timestamp_seconds": "When a working register was last heard",
    "prilavok_register_stock_changes_not_taken": "Changes of stock that a register has not taken yet",
    "prilavok_register_goods_changes_not_taken": "Changes of goods that a register has not taken yet",
    "prilavok_register_unprocessed_seconds": "For how long the oldest sale of a register has waited for a document",
    "prilavok_stock_feed_revision": "Where the stock feed of a warehouse stands",
    "prilavok_goods_feed_revision": "Where the feed of goods stands",
    "prilavok_receipts_unprocessed": "Receipts that no document holds yet",
    "prilavok_receipts_unprocessed_seconds": "For how long the oldest of them has waited",
    "prilavok_shifts_unsettled": "Closed shifts that wait to be settled",
    "prilavok_z_reports_differing": "Z-reports with differences that nobody has accepted",
    "prilavok_balances_below_zero": "Balances of which less than nothing is left",
    "prilavok_error_desk_transactions": "Transactions that wait for a person",
    "prilavok_error_desk_causes": "The same by the code of the problem; one with two problems counts twice",
    "prilavok_conflicts_unsettled": "Other bodies under known keys that nobody has settled",
    "prilavok_reservations_open": "Receipts and orders for which goods are held",
    "prilavok_reservations_overdue": "Holds whose time has run out and that are not released yet",
    "prilavok_card_records_unapplied": "Transactions whose records of discount cards are not applied yet",
    "prilavok_card_records_waiting": "Records of discount cards that could not be applied",
    "prilavok_cards_night_running": "1 while the last night of cards is under way",
    "prilavok_cards_night_failed_cards": "Cards that the last night could not write",
    "prilavok_cards_night_seconds": "How long the last night of cards has taken",
    "prilavok_cards_night_finished_timestamp_seconds": "When the last night of cards was done",
    "prilavok_cards_night_chunks_left": "Chunks of the last night that are not done yet",
    "prilavok_transaction_files": "Files of transactions that are not loaded, by state",
    "prilavok_transaction_files_oldest_seconds": "For how long the oldest file has waited to be loaded",
    "prilavok_price_lists_waiting": "Price lists that devices of EquipmentService wait for",
    "prilavok_outgoing_messages_waiting": "Webhooks and letters that are not delivered yet",
    "prilavok_outgoing_messages_oldest_seconds": "For how long the oldest of them has waited",
    "prilavok_ukm5_messages_unclaimed": "Messages of UKM 5 tills that nobody has named",
    "prilavok_schedule_last_run_timestamp_seconds": "When the beat last sent a task, as it writes it down now and then",
    "prilavok_queue_length": "Tasks that no worker has taken yet",
    "prilavok_redis_up": "1 if Redis answers",
    "prilavok_database_connections": "Connections to the database, by state",
    "prilavok_database_connections_limit": "How many PostgreSQL lets in",
    "prilavok_database_longest_transaction_seconds": "How long the oldest open transaction has been open",
    "prilavok_database_bytes": "Size of the database",
}
_OF_A_REGISTER = (
    "prilavok_register_last_seen_timestamp_seconds",
    "prilavok_register_stock_changes_not_taken",
    "prilavok_register_goods_changes_not_taken",
    "prilavok_register_unprocessed_seconds",
)

_Row = tuple[str, dict[str, str], float]


class _Kept:
    """What was told last, for the other watchmen of this process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.until = 0.0
        self.text = b""


_kept = _Kept()


class _Told:
    """Rows, as the library takes its metrics from."""

    def __init__(self, rows: Iterable[_Row]) -> None:
        self._families: dict[str, Metric] = {}
        for name, labels, value in rows:
            if name not in self._families:
                self._families[name] = GaugeMetricFamily(name, HELP[name])
            self._families[name].add_sample(name, labels, value)

    def collect(self) -> Iterable[Metric]:
        return self._families.values()


def exposition(*, now: datetime) -> bytes:
    """Return the figures in the words of Prometheus, at most `FRESH` seconds old. Raises Django's database errors."""
    with _kept.lock:
        if time.monotonic() >= _kept.until:
            registry = CollectorRegistry()
            registry.register(_Told(_rows(now)))
            _kept.text, _kept.until = generate_latest(registry), time.monotonic() + FRESH
        return _kept.text


def forget() -> None:
    """Look anew the next time."""
    _kept.until = 0.0


def queue_lengths() -> dict[str, int]:
    """Return how many tasks wait in each queue. Raises `redis.RedisError`."""
    prefix = settings.CELERY_BROKER_TRANSPORT_OPTIONS["global_keyprefix"]
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
        asked: Any = client.pipeline(transaction=False)
        for queue in settings.QUEUES:
            asked.llen(f"{prefix}{queue}")
        return dict(zip(settings.QUEUES, asked.execute(), strict=True))


def _rows(now: datetime) -> Iterator[_Row]:
    for name, labels, value in CHAIN.rows_within(PATIENCE, now=now, heard=since(now=now), guard=sole.NAME):
        yield name, json.loads(labels), value
    for number, shop, *figures in REGISTERS.rows_within(PATIENCE, now=now):
        labels = {"register": number, "shop": shop}
        yield from (
            (name, labels, value) for name, value in zip(_OF_A_REGISTER, figures, strict=True) if value is not None
        )
    yield from _unfinished(now)
    yield from _queues()


def _unfinished(now: datetime) -> Iterator[_Row]:
    found = unfinished.counted()
    yield "prilavok_receipts_unprocessed", {}, found.unposted
    waited = (now - found.since).total_seconds() if found.since else 0.0
    yield "prilavok_receipts_unprocessed_seconds", {}, max(waited, 0.0)
    yield "prilavok_z_reports_differing", {}, found.differing
    yield "prilavok_balances_below_zero", {}, found.below
    yield "prilavok_error_desk_transactions", {}, found.desk
    yield from (("prilavok_error_desk_causes", {"cause": code}, count) for code, count in found.causes.items())
    yield "prilavok_conflicts_unsettled", {}, found.conflicts


def _queues() -> Iterator[_Row]:
    try:
        lengths = queue_lengths()
    except redis.RedisError:
        yield "prilavok_redis_up", {}, 0
        return
    yield "prilavok_redis_up", {}, 1
    yield from (("prilavok_queue_length", {"queue": queue}, length) for queue, length in lengths.items())
