"""Hot paths are SQL statements kept in `.sql` files beside the service that runs them.

A `Statement` is read once and runs as a prepared statement on Django's own connection, inside whatever transaction is
open, so a hot path costs one round trip and no query building. Parameters are named: `%(register)s`.
"""

import time
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection


class Statement:
    """One SQL statement from a file. Runs of it are counted where Django counts queries."""

    def __init__(self, path: Path) -> None:
        self.sql = path.read_text(encoding="utf-8")
        self.name = path.stem

    def rows(self, **params: Any) -> list[tuple[Any, ...]]:
        """Run and return every row. Raises Django's database errors."""
        connection.ensure_connection()
        started = time.monotonic()
        with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(self.sql, params, prepare=True)
            rows = cursor.fetchall() if cursor.description else []
        if connection.queries_logged:
            connection.queries_log.append({"sql": self.sql, "time": f"{time.monotonic() - started:.3f}"})
        return rows


def beside(module_file: str, name: str) -> Statement:
    """Load the statement `name` that lies beside a service: `beside(__file__, "intake.sql")`."""
    return Statement(Path(module_file).with_name(name))
