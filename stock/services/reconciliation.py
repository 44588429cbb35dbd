"""Whether a closed shift agrees three ways: its receipts, its register's counters, and what documents moved.

What does not agree is a `Discrepancy` of the shift's own Z-report. Comparing again leaves what is still the same,
resolves what has been healed, and sets a new row beside an old one whose figures have changed: an acceptance is of the
figures that a person saw. The statement finds everything at once, whatever the number of receipts and lines.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from registers.models import Shift
from registers.services import shifts
from retail.exceptions import DomainError
from retail.services.statements import beside
from stock.choices import DiscrepancyKind
from stock.models import Discrepancy, ZReport

RECONCILE = beside(__file__, "reconcile.sql")
PLACES = Decimal("0.001")

_log = structlog.get_logger(__name__)


class NotOpen(DomainError):
    """The discrepancy has been healed, or accepted by somebody already."""

    code = "discrepancy_not_open"


class ReasonMissing(DomainError):
    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__(_("Say why the difference is accepted."))


class Finding(NamedTuple):
    what: str
    key: str
    expected: Decimal
    found: Decimal
    details: dict[str, Any]

    @classmethod
    def of(cls, what: str, key: str, expected: Any, found: Any, details: dict[str, Any]) -> "Finding":
        return cls(what, key, _figure(expected), _figure(found), details)


def reconcile(*, shift: Shift, now: datetime) -> list[Discrepancy]:
    """Compare a shift anew, and return what of its own Z-report is open now. The caller holds the shift's row."""
    report = ZReport.objects.get(shift=shift, corrects=None)
    findings = {
        (finding.what, finding.key): finding
        for finding in (*_counters(shift), *(Finding.of(*row) for row in _rows(shift)))
    }
    kept: list[Discrepancy] = []
    outdated: list[int] = []
    for discrepancy in Discrepancy.objects.open().filter(report=report):
        finding = findings.get((discrepancy.what, discrepancy.key))
        if finding is not None and _same(discrepancy, finding):
            kept.append(discrepancy)
            del findings[discrepancy.what, discrepancy.key]
        else:
            outdated.append(discrepancy.pk)
    if outdated:
        Discrepancy.objects.filter(pk__in=outdated).update(resolved_at=now)
    new = [_discrepancy(report, finding, now) for finding in findings.values()]
    Discrepancy.objects.bulk_create(new)
    if new or outdated:
        _log.info("shift_reconciled", shift=shift.pk, found=len(new), resolved=len(outdated), left=len(kept))
    return [*kept, *new]


@transaction.atomic
def accept(*, discrepancy: Discrepancy, by: User, reason: str, now: datetime) -> Discrepancy:
    """Take a difference as it is: whoever accepts it says why. Raises `ReasonMissing`, `NotOpen`."""
    if not reason.strip():
        raise ReasonMissing
    accepted = {"accepted_by": by, "accepted_at": now, "reason": reason.strip()}
    if not Discrepancy.objects.waiting().filter(pk=discrepancy.pk).update(**accepted):
        raise NotOpen(_("%(discrepancy)s: nothing waits to be accepted here any more.") % {"discrepancy": discrepancy})
    discrepancy.refresh_from_db()
    return discrepancy


def _rows(shift: Shift) -> list[tuple[Any, ...]]:
    by_lines = list(settings.PROTOCOLS_NUMBERED_BY_LINES)
    found = RECONCILE.rows(shift=shift.pk, register=shift.register_id, by_lines=by_lines)
    return [(*row, json.loads(details)) for *row, details in found]  # Django's connection leaves jsonb as it came.


def _counters(shift: Shift) -> Iterator[Finding]:
    for figure in shifts.compare(shift=shift, totals=shifts.totals(shift=shift)):
        if figure.differs:
            yield Finding.of(DiscrepancyKind.COUNTER, figure.key, figure.theirs, figure.ours, {})


def _figure(value: Any) -> Decimal:
    """Return a figure as its column keeps it."""
    return Decimal(value).quantize(PLACES)


def _same(discrepancy: Discrepancy, finding: Finding) -> bool:
    kept = (discrepancy.expected, discrepancy.found, discrepancy.details)
    return kept == (finding.expected, finding.found, finding.details)


def _discrepancy(report: ZReport, finding: Finding, now: datetime) -> Discrepancy:
    return Discrepancy(
        report=report,
        what=finding.what,
        key=finding.key,
        expected=finding.expected,
        found=finding.found,
        difference=finding.found - finding.expected,
        details=finding.details,
        found_at=now,
    )
