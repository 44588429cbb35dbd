"""Telling those who wait on a warehouse that it changed: one message in Redis, after the commit.

A wake-up carries no data: whoever is woken asks the balance table, which is the truth. So a wake-up may be lost,
repeated or late, and a Redis that is away costs time alone: a failure is logged, and for a moment Redis is left alone
so that takers of sales do not queue up behind its timeouts.

What changes within a few milliseconds is announced together, by a thread of its own: whoever sells neither waits
for Redis nor pays for speaking to it, and a warehouse that sells a hundred times a second is named once in that time.
"""

import atexit
import os
import threading
import time
from collections.abc import Iterable, Mapping
from typing import cast

import msgspec
import redis
import structlog
from django.conf import settings

CHANNEL = "prilavok:stock"
PATIENCE = 0.2  # seconds to connect, and to be rid of what is sent
QUIET = 2.0  # seconds without another try after a failure
GATHER = 0.025  # seconds in which changes are put together

_log = structlog.get_logger(__name__)


class _Line:
    """A connection to Redis on which nothing is answered: what is published is a hint, so nobody waits for "got it".

    Redis says nothing on it, so that something to read means that it has hung up, and the line is laid anew before
    the next word. One line serves all threads of a process; a process forked from another lays its own.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: redis.Connection | None = None
        self._process = 0

    def send(self, packed: bytes) -> None:
        """Send packed commands. Raises `redis.RedisError` when Redis cannot be reached."""
        with self._lock:
            connection = self._open()
            try:
                connection.send_packed_command([packed], check_health=False)  # type: ignore[no-untyped-call]
            except redis.RedisError:
                self._connection = None
                raise

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._process == os.getpid():
                self._connection.disconnect()  # type: ignore[no-untyped-call]
            self._connection = None

    def _open(self) -> redis.Connection:
        """Return the connection, laid anew if there is none of this process or Redis has hung up."""
        connection = self._connection
        if connection is None or self._process != os.getpid():
            return self._lay()
        try:
            return self._lay() if connection.can_read(timeout=0) else connection
        except redis.RedisError:
            return self._lay()

    def _lay(self) -> redis.Connection:
        pool = redis.ConnectionPool.from_url(
            settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
        )
        connection = cast(redis.Connection, pool.make_connection())
        connection.connect()  # type: ignore[no-untyped-call]
        connection.send_command("CLIENT", "REPLY", "OFF")  # type: ignore[no-untyped-call]
        self._connection, self._process = connection, os.getpid()
        return connection


class _Gathering:
    """Warehouses that changed and are not announced yet, and the thread that announces them."""

    def __init__(self) -> None:
        self._warehouses: set[int] = set()
        self._waiting = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def forget(self) -> None:
        """Begin anew in a process forked from another: what was gathered is the other's to announce."""
        self._warehouses, self._waiting = set(), threading.Event()
        self._lock, self._thread = threading.Lock(), None

    def add(self, warehouse_ids: Iterable[int]) -> None:
        with self._lock:
            self._warehouses.update(warehouse_ids)
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_announcing, name="wakeups", daemon=True)
                self._thread.start()
        if not self._waiting.is_set():
            self._waiting.set()

    def flush(self) -> None:
        """Announce now what was gathered."""
        with self._lock:
            gathered, self._warehouses = self._warehouses, set()
        if gathered:
            publish(CHANNEL, ({"warehouse": warehouse_id} for warehouse_id in sorted(gathered)))

    def _keep_announcing(self) -> None:
        while True:
            self._waiting.wait()
            time.sleep(GATHER)
            self._waiting.clear()
            try:
                self.flush()
            except Exception:
                _log.exception("wakeup_lost")


_line = _Line()
_gathering = _Gathering()
_quiet_until = 0.0
atexit.register(_gathering.flush)
os.register_at_fork(after_in_child=_gathering.forget)


def announce(warehouse_ids: Iterable[int]) -> None:
    """Wake whoever waits on these warehouses, in a moment. Never raises for want of Redis; call it after the commit."""
    _gathering.add(warehouse_ids)


def flush() -> None:
    """Send what was announced a moment ago."""
    _gathering.flush()


def publish(channel: str, messages: Iterable[Mapping[str, int]]) -> None:
    """Publish messages as JSON, the same way: a Redis that is away costs the listeners time, and us next to none."""
    global _quiet_until
    if time.monotonic() < _quiet_until:
        return
    packed = b"".join(_packed(channel.encode(), msgspec.json.encode(message)) for message in messages)
    try:
        _line.send(packed)
    except redis.RedisError as error:
        _quiet_until = time.monotonic() + QUIET
        _log.warning("wakeup_lost", error=str(error))


def _packed(channel: bytes, content: bytes) -> bytes:
    """Return a PUBLISH as Redis reads it (RESP: the number of parts, then each with its length)."""
    return b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(channel), channel, len(content), content)
