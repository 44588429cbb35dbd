"""What is broken, and the proof that it was: a trouble that did not happen ends the run in red."""

import contextlib
import random
import signal
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

import psycopg
import redis

from faults.stage import Stage, comes_true, is_gone

FROZEN_SECONDS = 5.0
WRITER_SECONDS = 4.0


class DidNotHappen(Exception):
    """The trouble was made and nothing came of it: whatever follows proves nothing."""


class Trouble(NamedTuple):
    """`make` breaks something and returns the evidence, in words."""

    name: str
    make: Callable[[Stage, random.Random], str]


def killing(part: str) -> Trouble:
    """Kill every process of a part at once, and wait until it runs again."""

    def kill(stage: Stage, chance: random.Random) -> str:
        return _kill(stage, [part])

    return Trouble(part, kill)


def a_web_worker(stage: Stage, chance: random.Random) -> str:
    """Kill one of the processes that answer registers; its master forks another."""
    before = stage.pids("web")
    victim = chance.choice(before[1:])
    stage.kill([victim])
    _must(lambda: is_gone(victim), "the worker lives")
    _must(lambda: len(stage.pids("web")) >= len(before), "no other worker came")
    return f"process {victim} of {len(before)}"


def sessions_of_the_database(stage: Stage, chance: random.Random) -> str:
    """End every session in the middle of whatever it does."""
    with stage.database() as connection:
        ended = connection.execute(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)), count(*) FILTER (WHERE state <> 'idle')"
            " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    if not ended or not ended[0]:
        raise DidNotHappen("no session was open")
    return f"{ended[0]} sessions, {ended[1]} of them at work"


def no_connections_left(stage: Stage, chance: random.Random) -> str:
    """Take every connection that the product has left over: whoever needs another one gets none."""
    with contextlib.ExitStack() as held:
        taken = 0
        try:
            while taken < 200:
                held.enter_context(stage.database())
                taken += 1
        except psycopg.OperationalError as error:
            if "too many" not in str(error) and "reserved" not in str(error):
                raise
        else:
            raise DidNotHappen("the database takes everybody")
        time.sleep(2)
    return f"{taken} connections taken"


def a_writer_who_sleeps(stage: Stage, chance: random.Random) -> str:
    """Hold every warehouse's row, as a forgotten session would."""
    with stage.database() as connection, connection.transaction():
        connection.execute("SELECT FROM stock_warehousefeed ORDER BY warehouse_id FOR UPDATE")
        time.sleep(WRITER_SECONDS / 2)
        with stage.database() as looking:
            waiting = looking.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).fetchone()
        if not waiting or not waiting[0]:
            raise DidNotHappen("nobody waited")
        time.sleep(WRITER_SECONDS / 2)
    return f"{waiting[0]} sessions waited"


def redis_forgets(stage: Stage, chance: random.Random) -> str:
    """Empty Redis: queues, cache, throttles, wake-ups."""
    client = stage.redis()
    client.set("faults", "here")
    client.flushall()
    if client.exists("faults"):
        raise DidNotHappen("it remembers")
    return "every key"


def redis_frozen(stage: Stage, chance: random.Random) -> str:
    """Stop Redis without closing a connection: whoever asks it hears nothing."""
    pids = stage.pids("valkey")
    with _frozen(stage, pids):
        try:
            stage.redis().ping()
        except redis.exceptions.TimeoutError:
            time.sleep(FROZEN_SECONDS - 2)
        else:
            raise DidNotHappen("it answers")
    return f"{FROZEN_SECONDS:.0f} s"


def database_frozen(stage: Stage, chance: random.Random) -> str:
    """Stop PostgreSQL in the middle of everything, and let it go on."""
    pids = stage.pids("postgres")
    with _frozen(stage, pids):
        asking = threading.Thread(target=_connect, args=(stage,), daemon=True)
        asking.start()
        asking.join(FROZEN_SECONDS)
        if not asking.is_alive():
            raise DidNotHappen("it answers")
    return f"{FROZEN_SECONDS:.0f} s"


def _connect(stage: Stage) -> None:
    with contextlib.suppress(psycopg.OperationalError):
        stage.database().close()


def everything(stage: Stage, chance: random.Random) -> str:
    """Kill every process there is."""
    return _kill(stage, ["web", "wait", "worker", "beat", "valkey", "postgres"])


def _kill(stage: Stage, parts: list[str]) -> str:
    leaders = {part: stage.pids(part)[0] for part in parts}
    pids = [pid for part in parts for pid in stage.pids(part)]
    with contextlib.suppress(ProcessLookupError):  # One of them may have ended with its leader.
        for pid in pids:
            stage.kill([pid])
    _must(lambda: all(is_gone(pid) for pid in leaders.values()), "somebody lives")
    _must(lambda: all(_runs_anew(stage, part, leader) for part, leader in leaders.items()), "somebody stays dead")
    return f"{len(pids)} processes"


def _runs_anew(stage: Stage, part: str, leader: int) -> bool:
    pids = stage.pids(part)
    return bool(pids) and pids[0] != leader


@contextlib.contextmanager
def _frozen(stage: Stage, pids: list[int]):  # type: ignore[no-untyped-def]
    with contextlib.suppress(ProcessLookupError):
        stage.kill(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                stage.kill([pid], signal.SIGCONT)


def _must(condition: Callable[[], bool], otherwise: str) -> None:
    if comes_true(condition, seconds=60) is None:
        raise DidNotHappen(otherwise)


TROUBLES = {
    trouble.name: trouble
    for trouble in (
        Trouble("web-worker", a_web_worker),
        killing("web"),
        killing("wait"),
        killing("worker"),
        killing("beat"),
        killing("valkey"),
        Trouble("redis-forgets", redis_forgets),
        Trouble("redis-frozen", redis_frozen),
        killing("postgres"),
        Trouble("sessions", sessions_of_the_database),
        Trouble("connections", no_connections_left),
        Trouble("sleeping-writer", a_writer_who_sleeps),
        Trouble("database-frozen", database_frozen),
        Trouble("everything", everything),
    )
}
