"""Telling processes that remember who signed in to forget a register.

The process that holds long polls looks a token up once and remembers it. Whatever takes a register's access away, or
changes what the register is, says so here after its commit. Losing Redis loses only time: such a process forgets by
itself within a minute or so.
"""

import functools
from collections.abc import Iterable

import msgspec
import redis
import structlog
from django.conf import settings

CHANNEL = "prilavok:revoked"

log = structlog.get_logger(__name__)


@functools.cache
def _client() -> redis.Redis:
    client: redis.Redis = redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5)
    return client


def announce(registers: Iterable[int]) -> None:
    """Publish `{"register": id}` for each register. Never raises for Redis: a failure is logged."""
    try:
        with _client().pipeline(transaction=False) as pipeline:
            for register in sorted(set(registers)):
                pipeline.publish(CHANNEL, msgspec.json.encode({"register": register}))
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("revocation_not_announced", error=type(error).__name__)
