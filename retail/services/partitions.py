"""Journals that have a table for each month of UTC: making the tables of months to come, and dropping what is old.

Only journals that nothing unique hangs on and nothing points at (docs/adr/0030). Each change locks its journal for a
moment, and gives up rather than have people wait behind it: the next run tries again.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from django.db import OperationalError, connection, transaction

AHEAD = 2  # months after this one that have a table

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Partition:
    """`until` is where it ends; None of the default one, which takes what has no table."""

    name: str
    until: datetime | None
    size: int


@dataclass(frozen=True)
class Monthly:
    """A journal: its table, and the column by which it is parted."""

    table: str
    stamp: str

    def partitions(self) -> list[Partition]:
        """Return its partitions, the default one last."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name::text, until, pg_total_relation_size(name) FROM retail_partitions(%s::regclass)",
                [self.table],
            )
            return [Partition(*row) for row in cursor.fetchall()]

    def ends(self) -> datetime:
        """Return until when there are tables."""
        return max(part.until for part in self.partitions() if part.until)

    def has_stray(self) -> bool:
        """Tell whether anything has landed in the default partition."""
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT EXISTS (SELECT FROM {self.table}_default)")
            return bool(cursor.fetchone()[0])

    def prepare(self, *, now: datetime) -> list[str]:
        """Make the tables of the months to come, and return their names."""
        made: list[str] = []
        while self.ends() <= month_after(now, AHEAD):
            name = self._do("SELECT retail_add_month(%s::regclass, %s)", [self.table, self.stamp])
            if name is None:
                break
            made.append(name)
        return made

    def old(self, *, before: datetime) -> list[Partition]:
        """Return the partitions in which everything is of before that moment; the last one stays in any case."""
        *parted, _last = (part for part in self.partitions() if part.until)
        return [part for part in parted if part.until and part.until <= before]

    def drop(self, *, before: datetime) -> int:
        """Drop the partitions in which everything is of before that moment. Return how many rows went."""
        return sum(self._drop(part) for part in self.old(before=before))

    def _drop(self, part: Partition) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {part.name}")
            count = int(cursor.fetchone()[0])
        return 0 if self._do(f"DROP TABLE {part.name}") is None else count

    def _do(self, statement: str, params: list[str] | None = None) -> str | None:
        """Change the tables, and return what was said; None when somebody has been in the way for too long."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '2s'")
                cursor.execute(statement, params)
                done = str(cursor.fetchone()[0]) if cursor.description else ""
        except OperationalError as error:
            _log.warning("partition_not_changed", table=self.table, error=str(error).partition("\n")[0])
            return None
        _log.info("partition_changed", table=self.table, done=done or statement)
        return done


def month_after(moment: datetime, months: int = 0) -> datetime:
    """Return when a month of UTC begins, so many after the one of a moment."""
    here = moment.astimezone(UTC)
    years, month = divmod(here.month - 1 + months, 12)
    return datetime(here.year + years, month + 1, 1, tzinfo=UTC)


EDITS = Monthly("retail_edit", "at")
