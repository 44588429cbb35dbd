"""A short audit: the checks of every night, over the last days, and each for as long as a person likes to wait."""

from datetime import datetime, timedelta

from django.db import OperationalError
from django.utils.translation import gettext as _

from exchange.services.checkups.findings import Findings, fine, note, wrong
from stock.services import audits

LOOKED_BACK = timedelta(days=2)
PATIENCE = 30.0  # seconds


def check_books(*, now: datetime) -> Findings:
    """Run the checks of the audit, and say which of them find a difference, or take too long."""
    agreed = 0
    for check, statement in audits.CHECKS.items():
        try:
            differing = len(statement.rows_within(PATIENCE, since=now - LOOKED_BACK))
        except OperationalError:
            yield note(_("Takes too long to be looked at now: “%(check)s”.") % {"check": _(check)}, "manage.py audit")
            continue
        if differing:
            told = _("The books differ, rows: %(count)s. “%(check)s”") % {"count": differing, "check": _(check)}
            yield wrong(told, _("Run manage.py audit: it names the rows."))
        else:
            agreed += 1
    yield fine(_("Checks of the books that agree: %(count)s.") % {"count": agreed})
