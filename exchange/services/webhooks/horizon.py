"""A place in a journal of which nothing earlier can appear any more.

Ids are handed out before their rows are committed, so that a row may appear behind one that was seen long before, and a
cursor that is simply the last id seen would skip it. Here nothing of a journal is read beyond a *horizon*:

1. take the largest id that can be seen;
2. note who is writing to the journal now. Whoever inserts holds a ROW EXCLUSIVE lock of the table from before its id is
   handed out until after its rows can be seen, and `pg_locks` shows it;
3. once none of those is left, all that will ever be at or before that id can be seen.

Nobody waits for anybody: writers are looked at and not locked out, and a busy journal never has to be quiet, because
those who began later got larger ids. Why not `pg_snapshot_xmin`, see docs/adr/0028.
"""

from django.db import connection

from exchange.models import EventCursor

_LAST = 'SELECT coalesce(max(id), 0) FROM "{table}"'
_WRITERS = """
    SELECT coalesce(array_agg(DISTINCT virtualtransaction), '{}')
    FROM pg_locks
    WHERE locktype = 'relation' AND mode = 'RowExclusiveLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND relation = %s::regclass AND pid IS DISTINCT FROM pg_backend_pid()
"""


def advance(cursor: EventCursor, *, table: str) -> int:
    """Move the cursor's horizon on as far as may be known now, and return up to where the journal may be read.

    Outside `REPEATABLE READ`: each statement sees what was committed before it. The caller holds the cursor's row and
    saves it.
    """
    if cursor.horizon is not None and not set(cursor.writers) & writers(table):
        safe, cursor.horizon = cursor.horizon, None
        return safe
    if cursor.horizon is not None:
        return cursor.position
    latest = last(table)
    if latest <= cursor.position:
        return cursor.position
    writing = writers(table)
    if not writing:
        return latest
    cursor.horizon, cursor.writers = latest, sorted(writing)
    return cursor.position


def last(table: str) -> int:
    """Return the largest id of a journal that can be seen."""
    with connection.cursor() as asking:
        asking.execute(_LAST.format(table=table))
        [found] = asking.fetchone()
    return int(found)


def writers(table: str) -> set[str]:
    """Return the transactions that write to a journal now, ours left out."""
    with connection.cursor() as asking:
        asking.execute(_WRITERS, [table])
        [found] = asking.fetchone()
    return set(found)
