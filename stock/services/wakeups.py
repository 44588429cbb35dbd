"""Telling those who wait on a warehouse that it changed: one message in Redis, after the commit.

A wake-up carries no data: whoever is woken asks the balance table, which is the truth. So a wake-up may be lost,
repeated or late, and a Redis that is away costs time alone: a failure is logged, and for a moment Redis is left alone
so that takers of sales do not queue up behind its timeouts.
"""

import time
from collections.abc import Iterable, Mapping
from functools import cache

import msgspec
import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

CHANNEL = "prilavok:stock"
PATIENCE = 0.2  # seconds to connect, and to be answered
QUIET = 2.0  # seconds without another try after a failure

_log = structlog.get_logger(__name__)
_quiet_until = 0.0


def announce(warehouse_ids: Iterable[int]) -> None:
    """Wake whoever waits on these warehouses. Never raises for want of Redis; call it after the commit."""
    publish(CHANNEL, ({"warehouse": warehouse_id} for warehouse_id in warehouse_ids))


def publish(channel: str, messages: Iterable[Mapping[str, int]]) -> None:
    """Publish messages as JSON, the same way: a Redis that is away costs the listeners time, and us next to none."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    try:
        for message in messages:
            _client().publish(channel, msgspec.json.encode(message))
    except redis.RedisError as error:
        _quiet_until = time.monotonic() + QUIET
        _log.warning("wakeup_lost", error=str(error))


@cache
def _client() -> redis.Redis:
    """Return this process's client. One retry without a pause: it mends a connection that Redis's restart broke."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 1),
    )
