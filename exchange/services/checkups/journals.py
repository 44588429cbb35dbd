"""Journals with a table for each month, and the archives of bodies."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from exchange.services import retention
from exchange.services.checkups.findings import Finding, Findings, fine, note, wrong
from registers.models import BodyArchive
from registers.services import archives
from retail.services.partitions import month_after


def check_journals(*, now: datetime) -> Findings:
    """See that months to come have their tables, and that no archive is lost. Raises Django's database errors."""
    found: list[Finding] = []
    remedy = _("Run manage.py retention, and see whether a worker takes from the queue “night”.")
    for journal in retention.MONTHLY:
        if journal.ends() < month_after(now, 2):
            found.append(wrong(_("%(table)s has no table for the next month.") % {"table": journal.table}, remedy))
        if journal.has_stray():
            text = _("Rows of %(table)s have landed in its default table: their month has none.")
            found.append(note(text % {"table": journal.table}, remedy))
    for archive in BodyArchive.objects.defer("places").order_by("month"):
        if not archives.is_whole(archive):
            told = {"file": archive.file, "month": date_format(archive.month, "F Y")}
            text = _("The archive %(file)s with the bodies of %(month)s is not in ARCHIVE_ROOT as it was written.")
            found.append(wrong(text % told, _("Put it back from a backup: nothing else has these bodies.")))
    yield from found or [fine(_("Months to come have their tables."))]
