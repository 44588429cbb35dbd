"""What is kept for how long: of each journal how much there is, how much of it would go, and having it go.

What makes a repeat known (the keys and hashes of transactions, receipts, documents, operations) is not among them.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from exchange.models import ExchangeSession, OutgoingMessage, UploadFetch
from exchange.services.equipment_service import sessions
from exchange.services.uploads import fetching
from exchange.services.webhooks import telling
from registers.services import archives
from retail.models import Constants, Edit
from retail.services import edits
from retail.services.partitions import EDITS

MONTHLY = (EDITS, sessions.LOG)
SIGN_INS = ("accesslog", "accessfailurelog", "accessattempt")


class Standing(NamedTuple):
    """A journal: bytes with indexes, how long it is kept, how many rows of it would go now."""

    name: str
    size: int
    kept: str
    going: int


def keep(*, now: datetime) -> None:
    """Make the tables of months to come, then let go what no other task does. Raises `ArchiveDamaged`, `OSError`."""
    for journal in MONTHLY:
        journal.prepare(now=now)
    for signs in _old_sign_ins(now):
        signs.delete()
    archives.archive_due(now=now)


def clear(*, now: datetime) -> None:
    """Do all that tasks do in a night about what is old."""
    keep(now=now)
    edits.forget_old(now=now)
    sessions.forget_bodies(now=now)
    sessions.forget_rows(now=now)
    fetching.forget(now=now)
    telling.forget_old(now=now)


def standings(*, now: datetime) -> Iterator[Standing]:
    """Look at each journal and change nothing."""
    ever = _("for ever")
    bodies = sum(archives.count(month=month) for month in archives.due(now=now))
    kept = _days(settings.JOURNAL_BODIES_DAYS) if settings.JOURNAL_BODIES_DAYS else ever
    yield Standing(_("Transactions: bodies"), _size("registers_kkmtransaction"), kept, bodies)
    before = edits.forgotten_before(now=now)
    old_edits = Edit.objects.filter(at__lt=before).count() if before else 0
    months = Constants.objects.get().history_months
    kept = _("%(count)s months") % {"count": months} if months else ever
    yield Standing(_("History of edits"), _size("retail_edit"), kept, old_edits)
    calls = ExchangeSession.objects.filter(began_at__lt=sessions.forgotten_before(now=now)).count()
    yield Standing(_("Exchange log"), _size(sessions.LOG.table), _days(settings.EXCHANGE_LOG_ROWS_DAYS), calls)
    letters = ExchangeSession.objects.with_bodies().filter(
        began_at__lt=now - timedelta(days=settings.EXCHANGE_LOG_DAYS)
    )
    yield Standing(_("Exchange log: what was said"), 0, _days(settings.EXCHANGE_LOG_DAYS), letters.count())
    visits = UploadFetch.objects.filter(began_at__lt=now - timedelta(days=settings.UPLOAD_VISITS_DAYS))
    yield Standing(
        _("Fetches of sales"), _size("exchange_uploadfetch"), _days(settings.UPLOAD_VISITS_DAYS), visits.count()
    )
    ended = OutgoingMessage.objects.filter(next_at=None, made_at__lt=now - timedelta(days=settings.MESSAGES_DAYS))
    yield Standing(
        _("Outgoing messages"), _size("exchange_outgoingmessage"), _days(settings.MESSAGES_DAYS), ended.count()
    )
    size = sum(_size(f"axes_{name}") for name in SIGN_INS)
    going = sum(signs.count() for signs in _old_sign_ins(now))
    yield Standing(_("Sign-ins"), size, _days(settings.SIGN_INS_DAYS), going)


def _old_sign_ins(now: datetime) -> list[QuerySet[Model]]:
    old = now - timedelta(days=settings.SIGN_INS_DAYS)
    return [apps.get_model("axes", name)._default_manager.filter(attempt_time__lt=old) for name in SIGN_INS]


def _days(days: int) -> str:
    return _("%(count)s days") % {"count": days}


def _size(table: str) -> int:
    """Return how many bytes a table takes with its indexes and partitions."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT (pg_total_relation_size(%(table)s::regclass)
                    + coalesce(sum(pg_total_relation_size(inhrelid)), 0))::bigint
            FROM pg_inherits
            WHERE inhparent = %(table)s::regclass
            """,
            {"table": table},
        )
        return int(cursor.fetchone()[0])
