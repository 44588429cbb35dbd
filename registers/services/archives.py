"""Bodies of old transactions, out of the journal and into files: one for each month of UTC, under ARCHIVE_ROOT.

    the month is old enough ──> a file, under another name ──> read again, its hash taken ──> a row, and its name
        ──> in the journal each body whose hash is that in the file is emptied, a thousand at a time ──> VACUUM

A transaction's keys and its hash stay in the journal for ever, so that a repeat is known as one whatever became of its
bytes. What waits for a person keeps its body. Any step may be broken off and is gone on with (docs/adr/0030).
"""

import bisect
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, NamedTuple

import structlog
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from registers.choices import TransactionState
from registers.models import BodyArchive, KkmTransaction, TransactionConflict
from registers.services import archive_files as files
from registers.services.archive_files import Kept
from retail.exceptions import DomainError

PIECE = 1000  # bodies
_SETTLED = (TransactionState.ACCEPTED, TransactionState.MENDED)

_log = structlog.get_logger(__name__)


class ArchiveDamaged(DomainError):
    """An archive is not what was written: nothing is emptied by it."""

    code = "archive_damaged"

    def __init__(self, name: str) -> None:
        super().__init__(_("The archive “%(name)s” is not what was written.") % {"name": name})


class BodyAway(DomainError):
    """A body lies in an archive that cannot be read here."""

    code = "body_away"

    def __init__(self, archive: BodyArchive) -> None:
        super().__init__(
            _("The body lies in the archive “%(file)s” (SHA-256 %(sha256)s), which is not in its folder here.")
            % {"file": archive.file, "sha256": archive.sha256}
        )


class _Written(NamedTuple):
    size: int
    bodies: int
    places: list[tuple[int, int]]


def body(recorded: KkmTransaction) -> bytes:
    """Return a transaction's bytes as they came, from the journal or from the archive of its month.

    Raises `BodyAway` when the archive cannot be read.
    """
    if recorded.raw:
        return bytes(recorded.raw)
    archive = BodyArchive.objects.filter(month=month_of(recorded.received_at)).first()
    if archive is None:
        return b""
    try:
        return _found(archive, recorded.pk)
    except OSError:
        raise BodyAway(archive) from None


def month_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date().replace(day=1)


def due(*, now: datetime) -> list[date]:
    """Return the months whose bodies have been kept for long enough, the oldest first; those half done among them."""
    first: datetime | None = KkmTransaction.objects.order_by("pk").values_list("received_at", flat=True).first()
    if first is None or not settings.JOURNAL_BODIES_DAYS:
        return []
    last = month_of(now - timedelta(days=settings.JOURNAL_BODIES_DAYS))  # It has not ended by then.
    done = set(BodyArchive.objects.exclude(emptied_at=None).values_list("month", flat=True))
    months, month = [], month_of(first)
    while month < last:
        months += [month] if month not in done else []
        month = _next(month)
    return months


def count(*, month: date) -> int:
    """Return how many bodies of a month would go."""
    return _ready(month).count()


def archive_due(*, now: datetime) -> int:
    """Archive every month that is due, one after another. Return how many bodies have left the journal."""
    emptied = sum(archive(month=month, now=now) for month in due(now=now))
    if emptied and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            # Autovacuum waits for a fifth of the table; new receipts may fill the room tomorrow.
            cursor.execute("VACUUM registers_kkmtransaction")
    return emptied


def archive(*, month: date, now: datetime) -> int:
    """Write the bodies of a month into its file, unless that was done, then take them out of the journal.

    Returns how many bodies have left. Raises `ArchiveDamaged`, `OSError`.
    """
    made = BodyArchive.objects.filter(month=month).first() or _make(month, now)
    if made is None:  # Somebody else has made it meanwhile, and empties the journal.
        return 0
    emptied = _empty(made)
    BodyArchive.objects.filter(pk=made.pk).update(emptied_at=now)
    _log.info("bodies_archived", file=made.file, sha256=made.sha256, bodies=made.bodies, emptied=emptied)
    return emptied


def is_whole(archive: BodyArchive) -> bool:
    """Tell whether the file is there and as long as it was; its bytes are not read."""
    if not archive.bodies:
        return True
    try:
        return _path(archive).stat().st_size == archive.size
    except OSError:
        return False


def _make(month: date, now: datetime) -> BodyArchive | None:
    """Write the file of a month and the row that says so; None when somebody was quicker."""
    folder = Path(settings.ARCHIVE_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        try:
            written = _write(file, month)
            file.flush()
            os.fsync(file.fileno())
            sha256 = files.sha256(Path(file.name))
            # Named by its content too: after an older backup was restored, a month is never written over another.
            name = f"bodies-{month:%Y-%m}-{sha256[:8]}.jsonl.gz"
            with transaction.atomic():
                made = BodyArchive.objects.create(
                    month=month, file=name, sha256=sha256, made_at=now, **written._asdict()
                )  # Of two who make it the second waits here, and loses.
                Path(file.name).replace(folder / name)
                files.settle(folder)  # Before the row says that it is there.
        except IntegrityError:
            Path(file.name).unlink(missing_ok=True)
            return None
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return made


def _write(file: IO[bytes], month: date) -> _Written:
    bodies, places = 0, []
    for piece in _pieces(month):
        places.append((piece[0].id, file.tell()))
        file.write(files.pack(piece))
        bodies += len(piece)
    return _Written(file.tell(), bodies, places)


def _pieces(month: date) -> Iterator[list[Kept]]:
    first, last = _bounds(month)
    ready, after = _ready(month).order_by("pk"), first - 1
    while piece := [files.keep(recorded) for recorded in ready.filter(pk__gt=after, pk__lte=last)[:PIECE]]:
        after = piece[-1].id
        yield piece


def _bounds(month: date) -> tuple[int, int]:
    """Return the first and the last id of what was received in a month.

    Neither by a bare min() and max(), for which PostgreSQL would walk through all that was received before and since.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT coalesce(min(id), 0), coalesce(max(id), 0) FROM (
                SELECT id FROM registers_kkmtransaction WHERE received_at >= %s AND received_at < %s OFFSET 0
            ) AS received
            """,
            [_midnight(month), _midnight(_next(month))],
        )
        first, last = cursor.fetchone()
    return first, last


def _ready(month: date) -> QuerySet[KkmTransaction]:
    """Name the transactions of a month whose bodies may go: nobody is to look at them again."""
    conflicts = TransactionConflict.objects.open().filter(transaction=OuterRef("pk"))
    received = KkmTransaction.objects.filter(received_at__gte=_midnight(month), received_at__lt=_midnight(_next(month)))
    return received.filter(~Exists(conflicts), state__in=_SETTLED).exclude(raw=b"")


def _empty(made: BodyArchive) -> int:
    """Take out of the journal what the file holds, and nothing that it does not hold byte for byte."""
    if not made.bodies:
        return 0
    if files.sha256(_path(made)) != made.sha256:
        raise ArchiveDamaged(made.file)
    emptied = 0
    with _path(made).open("rb") as file:
        for place in range(len(made.places)):
            emptied += _empty_piece(made, _piece(file, made, place))
    return emptied


@transaction.atomic
def _empty_piece(made: BodyArchive, piece: list[Kept]) -> int:
    if not all(kept.is_whole for kept in piece):
        raise ArchiveDamaged(made.file)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('prilavok.archive', %s, true)", [str(made.pk)])
        cursor.execute(
            """
            UPDATE registers_kkmtransaction t SET raw = ''
            FROM unnest(%s::bigint[], %s::text[]) AS kept(id, sha256)
            WHERE t.id = kept.id AND sha256(t.raw) = decode(kept.sha256, 'hex') AND t.state = ANY (%s)
            """,
            [[kept.id for kept in piece], [kept.sha256 for kept in piece], [state.value for state in _SETTLED]],
        )
        emptied = int(cursor.rowcount)
        cursor.execute("SELECT set_config('prilavok.archive', '', true)")
    return emptied


def _found(made: BodyArchive, pk: int) -> bytes:
    """Return the body of a transaction from an archive; nothing where it came without one. Raises `OSError`."""
    place = bisect.bisect_right(made.places, pk, key=lambda one: one[0]) - 1
    if place < 0:
        return b""
    with _path(made).open("rb") as file:
        return next((kept.raw for kept in _piece(file, made, place) if kept.id == pk), b"")


def _piece(file: IO[bytes], made: BodyArchive, place: int) -> list[Kept]:
    begin = made.places[place][1]
    end = made.places[place + 1][1] if place + 1 < len(made.places) else made.size
    file.seek(begin)
    return files.unpack(file.read(end - begin))


def _path(made: BodyArchive) -> Path:
    return Path(settings.ARCHIVE_ROOT) / made.file


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)
