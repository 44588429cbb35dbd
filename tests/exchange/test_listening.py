"""A Redis that accepts and says nothing is a Redis that is not heard."""

import asyncio

import pytest

from exchange.services.waiting import listening


class Silent:
    """A subscription to a Redis that hangs; `says` is what it brings out before."""

    def __init__(self, *says):
        self.says = list(says)
        self.pings = 0

    async def subscribe(self, *channels):
        pass

    async def get_message(self, *, timeout):
        return self.says.pop(0) if self.says else None

    async def ping(self):
        self.pings += 1


class Hearer:
    def __init__(self):
        self.warehouses = []

    def warehouse_changed(self, warehouse):
        self.warehouses.append(warehouse)


def test_a_subscription_that_is_not_confirmed_is_given_up():
    with pytest.raises(TimeoutError):
        asyncio.run(listening._subscribe(Silent({"type": "subscribe"})))


def test_silence_after_a_few_pings_is_loss():
    pubsub = Silent()

    with pytest.raises(TimeoutError):
        asyncio.run(listening._hear(pubsub, Hearer()))

    assert pubsub.pings == 3


def test_any_sign_of_life_is_enough():
    pong = {"type": "pong", "data": b""}
    pubsub, hearer = Silent(None, None, pong, None, None, {"type": "message", "data": b'{"warehouse":7}'}), Hearer()

    with pytest.raises(TimeoutError):
        asyncio.run(listening._hear(pubsub, hearer))

    assert (pubsub.pings, hearer.warehouses) == (7, [7])
