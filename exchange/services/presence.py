"""When a register was last heard and how far it has come: noticed by every request, written by none.

A request leaves a note in its process's memory (about a microsecond); a thread of that process brings the notes of
two seconds to `registers.RegisterStatus` in two statements, whatever their number, on a connection of its own. Redis
and a task in between would cost every request a round trip, and would save nothing: the notes are already together
where they are made. A process that is killed loses two seconds of notes, which the next request of a register mends.
"""

import atexit
import os
import re
import threading
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypedDict, Unpack

import psycopg
import structlog
from django.conf import settings

from exchange.services.connections import connection_params

SQL = Path(__file__).with_name("presence.sql").read_text()
BEGIN_STATUSES = """
    INSERT INTO registers_registerstatus (
        register_id, serial, software, version, load, goods_sent, goods_acknowledged, stock_sent, stock_acknowledged
    )
    SELECT r.id, '', '', '', 0, 0, 0, 0, 0
    FROM registers_register r
    WHERE r.id = ANY (%s)
      AND NOT EXISTS (SELECT FROM registers_registerstatus s WHERE s.register_id = r.id)
    ORDER BY r.id
    ON CONFLICT DO NOTHING
"""
INTERVAL = 2.0  # seconds, unless PRESENCE_INTERVAL in the settings says otherwise; 0: nothing is written by itself
CONNECT_TIMEOUT = 3
AT_ONCE = 500  # registers in a statement: a process full of waiting registers must not swell when it writes

_COUNTERS = (
    "load", "goods_sent", "goods_acknowledged", "stock_sent", "stock_acknowledged", "last_transaction_number"
)  # fmt: skip
_OF_A_LOAD = {"load", "goods_sent", "goods_acknowledged", "stock_sent", "stock_acknowledged"}
_AGENT = re.compile(r"([^\s/]{1,100})(?:/([^\s]{1,50}))?")
_log = structlog.get_logger(__name__)


class Noticed(TypedDict, total=False):
    """`*_sent` is the feed's revision last answered, `*_acknowledged` the one the register came back with, `load` the
    full load it answered for; `agent` is a User-Agent header, "till/2.1 (…)". None is "not known"."""

    address: str | None
    agent: str | None
    load: int | None
    goods_sent: int | None
    goods_acknowledged: int | None
    stock_sent: int | None
    stock_acknowledged: int | None
    last_transaction_number: int | None


class _Notes:
    """What this process noticed and has not written yet."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.waiting: dict[int, dict[str, Any]] = {}
        self.writer: threading.Thread | None = None
        self.ending = threading.Event()


_notes = _Notes()


def note(*, register_id: int, now: datetime, **noticed: Unpack[Noticed]) -> None:
    """Remember that a register was heard, and what else was noticed. Touches neither the database nor Redis."""
    with _notes.lock:
        earlier = _notes.waiting.get(register_id, {})
        told = {name: value for name, value in noticed.items() if value is not None}
        _notes.waiting[register_id] = {**_put_together(earlier, told), "last_seen": now}
    if _notes.writer is None:
        _start_writer()


def flush() -> int:
    """Write what this process noticed, and return of how many registers. Raises `psycopg.Error`."""
    if not _notes.waiting:
        return 0
    with psycopg.connect(**connection_params(), connect_timeout=CONNECT_TIMEOUT) as connection:
        return _write(connection)


def stop() -> None:
    """End the writer, and write what is left; what cannot be written is logged and lost."""
    atexit.unregister(stop)
    _notes.ending.set()
    if _notes.writer is not None and _notes.writer.is_alive():
        _notes.writer.join(CONNECT_TIMEOUT)
    _notes.writer, _notes.ending = None, threading.Event()
    try:
        flush()
    except psycopg.Error as error:
        _log.warning("presence_not_written", error=str(error))


def _write(connection: psycopg.Connection[Any]) -> int:
    with _notes.lock:
        taken, _notes.waiting = _notes.waiting, {}
    left = list(taken.items())
    try:
        while left:
            columns = _columns(left[-AT_ONCE:])
            with connection.transaction():
                # Nothing here is worth waiting for a disk. Of the transaction alone: a pooler may give the connection
                # to whoever takes in sales next.
                connection.execute("SET LOCAL synchronous_commit = off")
                connection.execute(BEGIN_STATUSES, [columns["register_id"]])
                connection.execute(SQL, columns)
            del left[-AT_ONCE:]
    except psycopg.OperationalError:
        _put_back(left)
        raise
    return len(taken)


def _put_back(left: list[tuple[int, dict[str, Any]]]) -> None:
    with _notes.lock:
        for register_id, noticed in left:
            _notes.waiting[register_id] = _put_together(noticed, _notes.waiting.get(register_id, {}))


def _put_together(earlier: dict[str, Any], later: dict[str, Any]) -> dict[str, Any]:
    """Add a later note to an earlier one; of two that speak of different full loads the older load's places go."""
    if "load" in earlier and "load" in later and earlier["load"] != later["load"]:
        outdated = earlier if earlier["load"] < later["load"] else later
        kept = {name: value for name, value in outdated.items() if name not in _OF_A_LOAD}
        earlier, later = (kept, later) if outdated is earlier else (earlier, kept)
    return {**earlier, **later}


def _columns(taken: list[tuple[int, dict[str, Any]]]) -> dict[str, list[Any]]:
    notes = [noticed for _register_id, noticed in taken]
    agents = [_AGENT.match(noticed.get("agent", "").replace("\0", "")) for noticed in notes]
    return {
        "register_id": [register_id for register_id, _noticed in taken],
        "last_seen": [noticed["last_seen"] for noticed in notes],
        "address": [_address(noticed.get("address")) for noticed in notes],
        "software": [agent and agent[1] for agent in agents],
        "version": [agent and agent[2] for agent in agents],
        **{name: [_counter(noticed.get(name)) for noticed in notes] for name in _COUNTERS},
    }


def _address(given: str | None) -> str | None:
    """Return an address that PostgreSQL will take; a request may come from something that has none."""
    try:
        return str(ip_address(given.partition("%")[0])) if given else None
    except ValueError:
        return None


def _counter(given: int | None) -> int | None:
    return given if given is not None and 0 <= given < 2**63 else None


def _start_writer() -> None:
    """Begin to write; a process does so at its first note, and therefore after it was forked."""
    with _notes.lock:
        if _notes.writer is None:
            _notes.writer = threading.Thread(target=_keep_writing, args=[_notes.ending], name="presence", daemon=True)
            if _interval() > 0:
                _notes.writer.start()
                atexit.register(stop)


def _interval() -> float:
    return float(getattr(settings, "PRESENCE_INTERVAL", INTERVAL))


def _keep_writing(ending: threading.Event) -> None:
    complained = False
    while not ending.is_set():
        try:
            with psycopg.connect(**connection_params(), connect_timeout=CONNECT_TIMEOUT) as connection:
                complained = False
                while not ending.wait(_interval()):
                    _write(connection)
        except Exception as error:
            if not complained:
                _log.warning("presence_not_written", error=str(error))
            complained = True
            ending.wait(INTERVAL)


def _begin_anew() -> None:
    """A forked process has none of its parent's threads, and its notes are the parent's to write."""
    global _notes
    _notes = _Notes()


os.register_at_fork(after_in_child=_begin_anew)
