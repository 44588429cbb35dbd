"""Redis, as the long poll hears it: three channels, and whether it is heard at all.

    prilavok:stock    {"warehouse": id}   stock of a warehouse changed
    prilavok:loads    {"register": id}    a register was ordered to load everything again
    prilavok:revoked  {"register": id}    a register's token, or what the register is, changed

A message is a hint: it carries nothing but whom to ask the database about.
"""

import asyncio
from typing import Any, Protocol

import msgspec
import redis.asyncio
import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from exchange.services import loads
from registers.services import revocations
from stock.services import wakeups

CHANNELS = (wakeups.CHANNEL, loads.CHANNEL, revocations.CHANNEL)
PING_EVERY = 2.0  # seconds of silence before we ask whether Redis is still there
RETRY_EVERY = 0.5

_log = structlog.get_logger(__name__)


class Hearer(Protocol):
    """Who is told of what is heard. Between `heard` and `lost` every message arrives."""

    def heard(self) -> None: ...
    def lost(self) -> None: ...
    def warehouse_changed(self, warehouse: int) -> None: ...
    def register_changed(self, register: int) -> None: ...


class _Message(msgspec.Struct):
    warehouse: int | None = None
    register: int | None = None


_decode = msgspec.json.Decoder(_Message).decode


async def listen(url: str, hearer: Hearer) -> None:
    """Tell the hearer what Redis says, for ever; come back to Redis whenever it was lost."""
    complained = False
    while True:
        client = redis.asyncio.Redis.from_url(url, socket_connect_timeout=1, socket_keepalive=True)
        try:
            async with client, client.pubsub() as pubsub:
                await _subscribe(pubsub)
                complained = False
                hearer.heard()
                try:
                    await _hear(pubsub, hearer)
                finally:
                    hearer.lost()
        except Exception as error:
            if not complained or not isinstance(error, RedisError | OSError):  # A TimeoutError is an OSError.
                _log.warning("redis_not_heard", error=str(error), exc_info=not isinstance(error, RedisError | OSError))
            complained = True
        await asyncio.sleep(RETRY_EVERY)


async def _subscribe(pubsub: PubSub) -> None:
    """Subscribe, and wait until Redis has said so of every channel."""
    await pubsub.subscribe(*CHANNELS)
    for _channel in CHANNELS:
        if await pubsub.get_message(timeout=PING_EVERY) is None:
            raise TimeoutError("Redis does not confirm the subscription")


async def _hear(pubsub: PubSub, hearer: Hearer) -> None:
    """Pass on what is said. Silence is counted in pings, not in seconds: a busy process may itself be late to hear."""
    unanswered = 0
    while unanswered < 3:
        message = await pubsub.get_message(timeout=PING_EVERY)
        if message is None:
            await pubsub.ping()
            unanswered += 1
            continue
        unanswered = 0
        if message["type"] == "message":
            _pass_on(message["data"], hearer)
    raise TimeoutError("Redis is silent")


def _pass_on(data: Any, hearer: Hearer) -> None:
    try:
        message = _decode(data)
    except msgspec.DecodeError:
        _log.warning("message_not_understood", data=repr(data))
        return
    if message.warehouse is not None:
        hearer.warehouse_changed(message.warehouse)
    if message.register is not None:
        hearer.register_changed(message.register)
