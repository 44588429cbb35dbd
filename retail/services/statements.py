"""Hot paths are SQL statements kept in `.sql` files beside the service that runs them.

A `Statement` is read once and runs as a prepared statement on Django's own connection, inside whatever transaction is
open, so a hot path costs one round trip and no query building. Parameters are named: `%(register)s`.
"""

import re
import time
from pathlib import Path
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections

KEPT_ROWS = 1000  # A cursor holds its last result, and a connection should not hold a large one for long.
_KEPT, _KEPT_TIMER = "_prilavok_statements", "_prilavok_timer"
_WITHIN = "SELECT set_config('statement_timeout', $1, true)"
_PARAMETER = re.compile(r"%\((\w+)\)s")


class Statement:
    """One SQL statement from a file. Runs of it are counted where Django counts queries.

    `prepared=False` plans it anew at each run: for what is not hot, and whose tables grow by orders between two runs
    on one connection, so that a plan made while they were empty would be kept when it no longer fits.
    """

    def __init__(self, path: Path, *, prepared: bool = True) -> None:
        self.name = path.stem
        self.sql = path.read_text(encoding="utf-8")
        self._prepared = prepared

    @property
    def sql(self) -> str:
        """The statement as it is written in its file."""
        return self._sql

    @sql.setter
    def sql(self, text: str) -> None:
        # Numbered once: psycopg would parse a long statement anew at every call.
        self._sql = text
        self._parameters = list(dict.fromkeys(_PARAMETER.findall(text)))
        numbers = {name: f"${number}" for number, name in enumerate(self._parameters, start=1)}
        self._numbered = _PARAMETER.sub(lambda found: numbers[found.group(1)], text).replace("%%", "%")

    def rows(self, **params: Any) -> list[tuple[Any, ...]]:
        """Run and return every row. Raises Django's database errors, and `KeyError` for a parameter not given."""
        return self._run(None, params)

    def rows_within(self, seconds: float, /, **params: Any) -> list[tuple[Any, ...]]:
        """Do what `rows` does, and give up after so long. It is one round trip still: the limit travels ahead.

        Inside a transaction nothing is limited, as the rest of the transaction would be too. Raises `OperationalError`
        when the time is up, besides what `rows` raises.
        """
        return self._run(seconds, params)

    def _run(self, seconds: float | None, params: dict[str, Any]) -> list[tuple[Any, ...]]:
        wrapper = connections[DEFAULT_DB_ALIAS]
        if wrapper.connection is None:
            wrapper.ensure_connection()
        started = time.monotonic()
        with wrapper.wrap_database_errors:
            cursor = _cursor_of(wrapper.connection, _KEPT)
            values = [params[name] for name in self._parameters]
            if seconds is None or wrapper.in_atomic_block:
                cursor.execute(self._numbered, values, prepare=self._prepared)
                rows = cursor.fetchall() if cursor.pgresult and cursor.pgresult.nfields else []
            else:
                # What is sent in a pipeline is one transaction, at whose end the limit is forgotten.
                with wrapper.connection.pipeline():
                    timer = _cursor_of(wrapper.connection, _KEPT_TIMER)
                    timer.execute(_WITHIN, [f"{seconds * 1000:.0f}ms"], prepare=True)
                    cursor.execute(self._numbered, values, prepare=self._prepared)
                rows = cursor.fetchall()
        if len(rows) > KEPT_ROWS:
            del wrapper.connection.__dict__[_KEPT]
        if wrapper.queries_logged:
            wrapper.queries_log.append({"sql": self.sql, "time": f"{time.monotonic() - started:.3f}"})
        return rows


def _cursor_of(held: psycopg.Connection[Any], name: str) -> psycopg.RawCursor[Any]:
    """Return the connection's own cursor of this name: making one costs as much as a small statement does."""
    cursor = held.__dict__.get(name)
    if cursor is None or cursor.closed:
        cursor = held.__dict__[name] = psycopg.RawCursor(held)
    return cursor


def beside(module_file: str, name: str, *, prepared: bool = True) -> Statement:
    """Load the statement `name` that lies beside a service: `beside(__file__, "intake.sql")`."""
    return Statement(Path(module_file).with_name(name), prepared=prepared)
