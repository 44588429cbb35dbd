"""Being the only one: a lock of the database that lives as long as a connection of its own.

It is an advisory lock of a transaction that stays open and does nothing else. So whoever dies lets go of it, and it
holds behind a pooler too: one that hands out connections by the transaction gives us one for as long as ours lasts,
while a lock of a session would stay behind on a connection that is somebody else's by then. Between its statements
the transaction sees nothing, so it keeps no old rows from being vacuumed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from exchange.services.connections import connection_params

NAME = "prilavok sole"  # how PostgreSQL lists the connections: open for long, and rightly
CONNECT_TIMEOUT = 3
_ALIVE = {
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}
# It is no forgotten transaction; and that our machine has vanished is noticed within half a minute, not two hours.
_SETTINGS = """
    SET LOCAL idle_in_transaction_session_timeout = 0;
    SET LOCAL tcp_keepalives_idle = 10;
    SET LOCAL tcp_keepalives_interval = 5;
    SET LOCAL tcp_keepalives_count = 3
"""


class Sole:
    """A claim to be the only one of a kind, told by two numbers. Take it, ask whether it holds, let go of it."""

    def __init__(self, kind: int, which: int = 0) -> None:
        self._place = (kind, which % 2**31)
        self._connection: psycopg.Connection[Any] | None = None

    def take(self) -> bool:
        """Try to be the one; return whether we are, now or still. Raises `psycopg.Error`."""
        if self.holds():
            return True
        params = {
            **connection_params(),
            **_ALIVE,
            "autocommit": False,
            "prepare_threshold": None,
            "application_name": NAME,
        }
        connection = psycopg.connect(**params, connect_timeout=CONNECT_TIMEOUT)
        try:
            connection.execute(_SETTINGS)
            # Without parameters: a statement that has any stays open with what it saw, until the next one.
            kind, which = self._place
            row = connection.execute(f"SELECT pg_try_advisory_xact_lock({kind:d}, {which:d})").fetchone()
        except BaseException:
            connection.close()
            raise
        if row and row[0]:
            self._connection = connection
        else:
            connection.close()
        return self._connection is not None

    def holds(self) -> bool:
        """Ask the database whether we are still the one: a connection that was lost has let go."""
        if self._connection is None:
            return False
        try:
            self._connection.execute("SELECT 1")
        except psycopg.Error:
            self.leave()
            return False
        return True

    def leave(self) -> None:
        """Let go; somebody else may be the one from now on."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


@contextmanager
def alone(kind: int, which: int) -> Iterator[bool]:
    """Tell whether nobody else is at it, and keep others away from it until the block ends. Raises `psycopg.Error`."""
    claim = Sole(kind, which)
    try:
        yield claim.take()
    finally:
        claim.leave()
