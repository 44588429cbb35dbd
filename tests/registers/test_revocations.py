"""Telling long polls to forget a register: one message for each, and no harm from a Redis that is away."""

import json
import time

import pytest
import redis

from registers.services import revocations


@pytest.fixture(autouse=True)
def _fresh():
    revocations._client.cache_clear()
    yield
    revocations._client.cache_clear()


@pytest.fixture
def listener(settings):
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe("prilavok:revoked")
        pubsub.get_message(timeout=1)
        yield pubsub


def test_each_register_is_announced_once(listener):
    revocations.announce([7, 9, 7])

    heard = [json.loads(listener.get_message(timeout=2)["data"]) for _message in range(2)]
    assert heard == [{"register": 7}, {"register": 9}]
    assert listener.get_message(timeout=0.05) is None


def test_a_redis_that_is_away_is_only_logged(settings, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    began = time.monotonic()

    revocations.announce([7])

    assert time.monotonic() - began < 2
    assert "revocation_not_announced" in caplog.text


def test_nobody_to_announce_asks_redis_nothing(settings, caplog):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    revocations.announce([])

    assert not caplog.records
