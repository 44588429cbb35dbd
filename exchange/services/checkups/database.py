"""PostgreSQL: what it is, how it stands, and whether our tables are those of this release. And the clocks."""

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import cast
from zoneinfo import available_timezones

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange.services import renewal, sole
from exchange.services.checkups.findings import Finding, Findings, fine, note, wrong
from retail.models import Shop
from retail.services.statements import beside

STANDING = beside(__file__, "database.sql", prepared=False)
OLDEST = 15
MOST_CONNECTIONS = 0.85
OPEN_LONG = 600  # seconds
OLD_ROWS = 1_200_000_000  # transactions; at two thousand millions PostgreSQL writes nothing any more
SKEW = timedelta(seconds=2)
SKEW_WRONG = timedelta(seconds=30)


def check_database() -> Findings:
    """Look at the server. Raises Django's database errors."""
    [(version, encoding, russian, unsafe, used, most, oldest, age, zones)] = STANDING.rows_within(20, guard=sole.NAME)
    if version < OLDEST:
        yield wrong(
            _("PostgreSQL is of version %(version)s.") % {"version": version},
            _("Upgrade it to %(oldest)s or later.") % {"oldest": OLDEST},
        )
    else:
        yield fine(_("PostgreSQL %(version)s answers.") % {"version": version})
    if encoding != "UTF8" or not russian:
        yield wrong(
            _("Russian letters have no upper and lower case in this database: searches will not find them."),
            "CREATE DATABASE … TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'",
        )
    if unsafe:
        yield wrong(
            _("Off: %(names)s. A sale that a register was told is safe may be lost when the power goes.")
            % {"names": ", ".join(unsafe)},
            _("Turn them on in postgresql.conf."),
        )
    if renewal.is_awaited():
        yield wrong(
            _("This database was restored, and registers hold cursors of a time that it does not know."),
            "manage.py renew_feeds",
        )
    yield from _load(used, most, oldest, age)
    if zones:
        yield wrong(
            _("PostgreSQL does not know these time zones of shops: %(zones)s.") % {"zones": ", ".join(zones)},
            _("Install the time zones (tzdata) on its host."),
        )


def _load(used: int, most: int, oldest: int, age: int) -> Findings:
    told = _("Connections: %(used)s of %(most)s.") % {"used": used, "most": most}
    if used > most * MOST_CONNECTIONS:
        yield wrong(told, _("Fewer web workers or threads, a higher max_connections, or a pooler."))
    else:
        yield fine(told)
    if oldest > OPEN_LONG:
        yield note(
            _("A transaction has been open for %(minutes)s minutes: old rows cannot be cleaned up.")
            % {"minutes": oldest // 60},
            "SELECT * FROM pg_stat_activity WHERE xact_start IS NOT NULL ORDER BY xact_start",
        )
    if age > OLD_ROWS:
        yield wrong(
            _("Rows have not been frozen for %(age)s million transactions.") % {"age": age // 1_000_000},
            _("See that autovacuum runs, and run VACUUM."),
        )


def check_migrations() -> Findings:
    """Compare the tables with this release."""
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    known = set(executor.loader.disk_migrations)
    ours = {app for app, _name in known}
    newer = sorted(
        f"{app}.{name}" for app, name in executor.loader.applied_migrations if app in ours and (app, name) not in known
    )
    if waiting:
        count = len(waiting)
        yield wrong(
            ngettext("%(count)s migration is not applied.", "%(count)s migrations are not applied.", count)
            % {"count": count},
            "manage.py migrate",
        )
    if newer:
        yield wrong(
            _("The tables are those of a newer release: %(names)s.") % {"names": ", ".join(newer)},
            _("Start that release: this one may misunderstand them."),
        )
    if not waiting and not newer:
        yield fine(_("The tables are those of this release."))


def check_clocks() -> Findings:
    """Compare the clocks of PostgreSQL and Redis with ours, and see that we know all time zones of shops."""
    yield _compared("PostgreSQL", _database_clock)
    with contextlib.suppress(redis.RedisError):  # That it does not answer is said where queues are looked at.
        yield _compared("Redis", _redis_clock)
    if unknown := sorted(set(Shop.objects.values_list("time_zone", flat=True)) - available_timezones()):
        yield wrong(
            _("This machine does not know these time zones of shops: %(zones)s.") % {"zones": ", ".join(unknown)},
            "pip install --upgrade tzdata",
        )


def _compared(name: str, clock: Callable[[], datetime]) -> Finding:
    before = datetime.now(UTC)
    told = clock()
    after = datetime.now(UTC)
    skew = max(before - told, told - after, timedelta(0))  # Nothing, if it was told while we waited.
    if skew <= SKEW:
        return fine(_("The clock of %(name)s agrees with ours.") % {"name": name})
    text = _("The clock of %(name)s differs from ours by %(seconds)s s.")
    return (wrong if skew > SKEW_WRONG else note)(
        text % {"name": name, "seconds": f"{skew.total_seconds():.1f}"},
        _("Let both hosts keep time by NTP: holds and prices begin and end by the clock."),
    )


def _database_clock() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        told: datetime = cursor.fetchone()[0]
    return told


def _redis_clock() -> datetime:
    with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1) as client:
        seconds, microseconds = cast(tuple[int, int], client.time())
    return datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
