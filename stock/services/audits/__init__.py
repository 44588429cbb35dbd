"""Proof that what is stored is what it was derived from. Names the rows that do not agree, and corrects nothing.

Each check is one statement and so one snapshot, and a `.sql` file here: it returns nothing, or a row for every figure
that differs: which row, what of it, what is stored and what was counted. Checks of shifts and their documents look at
shifts that began at or after a moment, since history only grows; those of balances look at all there is.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

import structlog
from django.utils.translation import gettext_noop

from retail.services.statements import Statement, beside

# What is checked, in the words of the log and the command. Who stands above adds checks of his own (`include`).
CHECKS: dict[str, Statement] = {
    gettext_noop("balances on hand are the sum of movements"): beside(__file__, "on_hand.sql"),
    gettext_noop("balances sold are the sum of lines in no document"): beside(__file__, "sold.sql"),
    gettext_noop("balances reserved are the sum of open reservations"): beside(__file__, "reserved.sql"),
    gettext_noop("agreed orders hold what they promise"): beside(__file__, "orders.sql"),
    gettext_noop("revisions of balances are no further than their feed"): beside(__file__, "revisions.sql"),
    gettext_noop("totals of shifts are the sum of receipts and cash"): beside(__file__, "shift_totals.sql"),
    gettext_noop("receipts wait for a document or have one"): beside(__file__, "queue.sql"),
    gettext_noop("Z-reports are the totals of their shifts"): beside(__file__, "z_reports.sql"),
    gettext_noop("lines of sales are the sum of receipts"): beside(__file__, "sales_lines.sql"),
    gettext_noop("documents of sales moved what they hold"): beside(__file__, "sales_movements.sql"),
}
LOGGED = 100

_log = structlog.get_logger(__name__)


class Difference(NamedTuple):
    """A stored figure that is not what was counted anew. All in words: it is for a person to look into."""

    check: str
    row: str
    field: str
    stored: str
    counted: str

    def __str__(self) -> str:
        return f"{self.row}: {self.field} is {self.stored}, and {self.counted} was counted"


def include(checks: Mapping[str, Statement]) -> None:
    """Let checks of an application that stands above run with these, each night and by the command."""
    CHECKS.update(checks)


def run(*, since: datetime | None = None) -> list[Difference]:
    """Check everything, log the first differences of each check as errors, and return them all.

    `since` leaves out shifts that began earlier, with their documents.
    """
    found = [difference for check in CHECKS for difference in _run(check, since)]
    _log.info("books_audited", checks=len(CHECKS), differences=len(found))
    return found


def _run(check: str, since: datetime | None) -> Iterator[Difference]:
    rows = CHECKS[check].rows(since=since)
    for place, row in enumerate(rows):
        difference = Difference(check, *row)
        if place < LOGGED:
            _log.error("books_differ", **difference._asdict())
        yield difference
