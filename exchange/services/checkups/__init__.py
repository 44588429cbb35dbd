"""A doctor's round: whether everything around the product is as it must be, in sentences for whoever is on call.

Each check is a function that yields findings; one that cannot be made says so and stops nobody else.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

import redis
from django.db import Error, connection
from django.utils.translation import gettext as _

from exchange.services.checkups import books, database, environment, journals, queues, work
from exchange.services.checkups.findings import Finding, Findings, Level, wrong

__all__ = ["Finding", "Level", "examine"]

Check = Callable[[], Findings]


def examine(*, now: datetime, with_books: bool = True) -> Iterator[tuple[str, list[Finding]]]:
    """Make every check in turn; yield what it is of, and what it found. Without the database most are left out."""
    yield _("Settings"), list(environment.check_settings())
    yield _("Folders"), list(environment.check_folders())
    reached = _made(_check_reached)
    if reached:
        yield "PostgreSQL", reached
        return
    rounds: dict[str, Check] = {
        "PostgreSQL": database.check_database,
        _("Migrations"): database.check_migrations,
        _("Clocks"): database.check_clocks,
        _("Queues"): queues.check_queues,
        _("Beat"): partial(queues.check_beat, now=now),
        _("Jobs"): partial(work.check_jobs, now=now),
        _("Journals"): partial(journals.check_journals, now=now),
        _("For people"): partial(work.check_people, now=now),
    }
    if with_books:
        rounds[_("Books")] = partial(books.check_books, now=now)
    for name, check in rounds.items():
        yield name, _made(check)


def _made(check: Check) -> list[Finding]:
    try:
        return list(check())
    except (Error, redis.RedisError) as error:
        told = {"error": str(error).strip().partition("\n")[0]}
        return [wrong(_("This could not be looked at: %(error)s") % told)]


def _check_reached() -> Findings:
    try:
        connection.ensure_connection()
    except Error as error:
        told = {"error": str(error).strip().partition("\n")[0]}
        yield wrong(
            _("PostgreSQL cannot be reached: %(error)s") % told,
            _("Start it, and look at DATABASE_URL. Registers sell off-line meanwhile."),
        )
