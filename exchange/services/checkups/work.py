"""Work that ought to be done by now: claims that nobody holds any more, and what waits for a person."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from exchange.services import fleet
from exchange.services.checkups.findings import Finding, Findings, Level, fine
from retail.services.statements import beside
from stock.services import unfinished

OVERDUE = beside(__file__, "work.sql", prepared=False)
PROCESSED_WITHIN = timedelta(hours=1)
_NEAR = gettext_lazy("See whether a worker takes from the queue “near”.")
_FILES = gettext_lazy("See whether a worker takes from the queue “files”.")
STUCK = (
    (
        Level.WRONG,
        ngettext_lazy(
            "%(count)s hold has expired and is not released.",
            "%(count)s holds have expired and are not released.",
            "count",
        ),
        _NEAR,
    ),
    (
        Level.WRONG,
        ngettext_lazy(
            "%(count)s file of transactions has waited for half an hour.",
            "%(count)s files of transactions have waited for half an hour.",
            "count",
        ),
        _FILES,
    ),
    (
        Level.WRONG,
        ngettext_lazy(
            "%(count)s price list that a device waits for has not been built.",
            "%(count)s price lists that devices wait for have not been built.",
            "count",
        ),
        _NEAR,
    ),
    (
        Level.WRONG,
        ngettext_lazy(
            "Records of discount cards of %(count)s transaction are not applied.",
            "Records of discount cards of %(count)s transactions are not applied.",
            "count",
        ),
        _NEAR,
    ),
    (
        Level.WRONG,
        ngettext_lazy(
            "%(count)s night of cards has been under way for three hours.",
            "%(count)s nights of cards have been under way for three hours.",
            "count",
        ),
        "manage.py run_cards_night",
    ),
    (
        Level.NOTE,
        ngettext_lazy(
            "%(count)s card could not be written by the last night.",
            "%(count)s cards could not be written by the last night.",
            "count",
        ),
        gettext_lazy("The page of the run names them."),
    ),
    (
        Level.NOTE,
        ngettext_lazy(
            "%(count)s message of a UKM 5 till that nobody has named.",
            "%(count)s messages of UKM 5 tills that nobody has named.",
            "count",
        ),
        gettext_lazy("Name the tills on the pages of their stores."),
    ),
    (
        Level.NOTE,
        ngettext_lazy(
            "%(count)s record of a discount card could not be applied.",
            "%(count)s records of discount cards could not be applied.",
            "count",
        ),
        gettext_lazy("They wait for a person among the operations that could not be applied."),
    ),
)


def check_jobs(*, now: datetime) -> Findings:
    """Name the jobs that are stuck. Raises Django's database errors."""
    [counts] = OVERDUE.rows_within(20, now=now)
    found = [
        Finding(level, str(text % {"count": count}), str(remedy))
        for (level, text, remedy), count in zip(STUCK, counts, strict=True)
        if count
    ]
    waiting = unfinished.counted()
    if waiting.since and now - waiting.since > PROCESSED_WITHIN:
        hours = int((now - waiting.since).total_seconds() // 3600)
        text = ngettext(
            "A receipt has waited for its document for %(count)s hour.",
            "A receipt has waited for its document for %(count)s hours.",
            hours,
        )
        found.append(Finding(Level.WRONG, text % {"count": hours}, "manage.py process_transactions"))
    yield from found or [fine(_("Nothing is stuck."))]


def check_people(*, now: datetime) -> Findings:
    """Count what waits for people, and registers that are not as they should be. Raises Django's database errors."""
    waiting, registers = unfinished.counted(), fleet.state(now=now)
    told = {
        _("Transactions on the error desk: %(count)s."): waiting.desk,
        _("Conflicts not settled: %(count)s."): waiting.conflicts,
        _("Z-reports with differences: %(count)s."): waiting.differing,
        _("Registers that are silent: %(count)s."): registers.silent,
        _("Registers that are online and behind: %(count)s."): registers.behind,
    }
    for text, count in told.items():
        if count:
            yield Finding(Level.NOTE, text % {"count": count}, _("See the first page of the admin."))
    yield fine(_("Registers online: %(count)s.") % {"count": registers.online})
