"""Wake-ups: one message for a warehouse, and no waiting for a Redis that is away."""

import json
import os
import subprocess
import sys
import time

import pytest
import redis

from stock.services import wakeups

# No warehouses of other tests, nor of these in another process: all announce theirs in the same Redis at the same time.
FIRST, SECOND, THIRD = (7_000_000_000 + os.getpid() * 10 + place for place in (1, 2, 3))


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    """Begin and end with no client and no memory of failures."""
    monkeypatch.setattr(wakeups, "_quiet_until", 0.0)
    monkeypatch.setattr(wakeups, "GATHER", 0.05)
    wakeups.flush()
    wakeups._line.close()
    yield
    wakeups.flush()
    wakeups._line.close()


@pytest.fixture
def listener(settings):
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub(ignore_subscribe_messages=True) as pubsub:
        pubsub.subscribe(wakeups.CHANNEL)
        pubsub.get_message(timeout=1)
        yield pubsub


@pytest.fixture
def dead_redis(settings, monkeypatch):
    """Point at a port where nobody listens, and count the tries."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    tries = []
    lay = wakeups._Line._lay
    monkeypatch.setattr(wakeups._Line, "_lay", lambda line: tries.append(line) or lay(line))
    return tries


def heard(listener) -> dict:
    until = time.monotonic() + 2
    while time.monotonic() < until:
        message = listener.get_message(timeout=2)
        if message and (said := json.loads(message["data"]))["warehouse"] in {FIRST, SECOND}:
            return said
    raise AssertionError("nothing was heard")


def test_each_warehouse_is_announced(listener):
    wakeups.announce([FIRST, SECOND])

    assert heard(listener) == {"warehouse": FIRST}
    assert heard(listener) == {"warehouse": SECOND}


def test_what_changes_at_once_is_announced_once(listener):
    for _ in range(50):
        wakeups.announce([FIRST])
        wakeups.announce([SECOND])
    time.sleep(0.2)
    wakeups.announce([THIRD])

    said = [
        json.loads(message["data"])["warehouse"] for message in iter(lambda: listener.get_message(timeout=0.5), None)
    ]

    assert {FIRST, SECOND} < set(said)
    assert sum(warehouse in {FIRST, SECOND, THIRD} for warehouse in said) <= 5  # At most two rounds, and the last word.


def test_a_process_that_ends_has_announced_what_it_gathered(listener, settings):
    program = (
        "import django; django.setup(); from stock.services import wakeups; "
        f"wakeups.GATHER = 60; wakeups.announce([{FIRST}])"
    )
    environ = os.environ | {"REDIS_URL": settings.REDIS_URL}
    subprocess.run([sys.executable, "-c", program], env=environ, check=True, timeout=60)

    assert heard(listener) == {"warehouse": FIRST}


def test_a_forked_process_announces_what_it_changed_itself(listener):
    wakeups.announce([FIRST])
    wakeups.flush()
    assert heard(listener) == {"warehouse": FIRST}
    child = os.fork()
    if not child:
        try:
            wakeups.announce([SECOND])
            wakeups.flush()
        finally:
            os._exit(0)
    os.waitpid(child, 0)

    assert heard(listener) == {"warehouse": SECOND}


def test_a_redis_that_is_away_raises_nothing_and_is_left_alone_for_a_while(dead_redis):
    started = time.monotonic()

    for _ in range(100):
        wakeups.announce([7])
        wakeups.flush()

    assert len(dead_redis) == 1
    assert time.monotonic() - started < wakeups.QUIET


def test_after_a_while_redis_is_tried_again(dead_redis, monkeypatch):
    wakeups.announce([7])
    wakeups.flush()
    monkeypatch.setattr(wakeups, "_quiet_until", time.monotonic() - 1)

    wakeups.announce([7])
    wakeups.flush()

    assert len(dead_redis) == 2


def test_a_connection_that_redis_closed_is_mended_within_one_announcement(listener, settings):
    wakeups.announce([FIRST])
    heard(listener)
    host, port = wakeups._line._connection._sock.getsockname()
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        server.client_kill(f"{host}:{port}")

    wakeups.announce([SECOND])

    assert heard(listener) == {"warehouse": SECOND}
