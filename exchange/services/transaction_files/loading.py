"""Taking a file in: a thousand pieces at a time, each batch and the file's position in one transaction.

Whoever goes on after a kill reads the file from its beginning, as a dialect must, and leaves out what is counted as
taken in; so nothing is left out or taken in twice. While the database is at a batch, another thread reads the next one
and lays it out, without the database, where it would be on a connection of its own.

Two loaders of one file do no harm: each batch locks the file's row and is given up where another has taken it in.
Locks: the file's row, then those of the intake (shifts, holds, the warehouse), of several warehouses in the order of
their keys.

When the database refuses a batch, which only a row that no check foresaw or a race makes it do, the batch is taken in
outside of that transaction, where the intake finds the culprit; the position follows.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

import structlog
from django.db import DatabaseError, transaction
from django.db.models import Value
from django.db.models.functions import Coalesce

from billing.services import records
from exchange.choices import FileState
from exchange.messages import Piece
from exchange.models import QuarantinedLine, TransactionFile
from exchange.services import sole
from exchange.services.transaction_files import archive, dialects
from exchange.services.transaction_files.owners import UNKNOWN_TILL, Owners
from registers.messages import Entry
from registers.models import Register
from stock.services import intake, wakeups

AT_ONCE = 1000
BYTES_AT_ONCE = 1 << 24  # after which a batch is full, however few pieces there are in it
RAW_KEPT = 4096
QUARANTINE_KEPT = 10_000  # rows; further faults are only counted
HOPELESS = 1000  # lines, before a file is given up that has no transaction
_LOCK = 7_041_007  # of advisory locks: files of transactions
WRONG_DIALECT, NOT_READ = "wrong_dialect", "not_read"
STATUSES = ("accepted", "duplicate", "conflict", "error_desk")

_log = structlog.get_logger(__name__)
Told = Callable[[TransactionFile], None]


class _NotRead(Exception):
    """The original is not there, or not as it was put there."""


class _Batch:
    """What a batch of pieces comes to: entries of registers, and faults. `position` is how far it was read."""

    def __init__(self, pieces: Sequence[Piece], owners: Owners, position: int, now: datetime) -> None:
        self.pieces, self.position = len(pieces), position
        self.lines = sum(piece.lines for piece in pieces)
        self.passed_over = 0
        self.faults: list[Piece] = []
        self.billing: list[Any] = []  # what the transactions tell of discount cards
        entries: dict[Register, list[Entry]] = {}
        for piece in pieces:
            if piece.entry is not None:
                register = owners.of(piece)
                if register is None:
                    self.faults.append(_nobodys(piece))
                    continue
                entries.setdefault(register, []).append(piece.entry)
                if piece.entry.transaction is not None:
                    self.billing += piece.entry.transaction.billing
            elif piece.fault:
                self.faults.append(piece)
            else:
                self.passed_over += piece.lines

        self.prepared = {
            register: intake.prepare(entries=entries[register], now=now)
            for register in sorted(entries, key=lambda one: (one.warehouse_id, one.pk))
        }

    def take_in(self, dialect: str) -> Counter[str]:
        counts: Counter[str] = Counter()
        for register, prepared in self.prepared.items():
            outcomes = intake.take_in_prepared(register=register, prepared=prepared, protocol=dialect)
            counts.update(outcome.status for outcome in outcomes)
        return counts


def load(*, file: TransactionFile, now: datetime, told: Told | None = None) -> TransactionFile:
    """Take in what of a file has not been; `told` hears of each batch. Runs outside a transaction.

    A file that cannot be taken in says why in its `error`. Raises `intake.Busy`: whoever calls again goes on.
    """
    # Another loader would only do the work once more: that a batch goes in once does not hang on this.
    with sole.alone(_LOCK, file.pk) as alone:
        begun = TransactionFile.objects.filter(pk=file.pk, state__in=[FileState.WAITING, FileState.LOADING])
        if alone and begun.update(state=FileState.LOADING, began_at=Coalesce("began_at", Value(now))):
            return _load(file, now, told)
    file.refresh_from_db()
    return file


def _load(file: TransactionFile, now: datetime, told: Told | None) -> TransactionFile:
    file = TransactionFile.objects.select_related("register__shop").get(pk=file.pk)
    try:
        with closing(_read(file, now)) as batches:
            for batch in batches:
                if not _take_in(file, batch):
                    return file  # Another loader is at it.
                if told is not None:
                    told(file)
                if _is_hopeless(file):
                    return _end(file, FileState.FAILED, now, error=WRONG_DIALECT)
                for register in batch.prepared:
                    records.after_upload(register_id=register.pk, records=batch.billing, now=now)
    except _NotRead as error:
        _log.exception("transaction_file_not_read", file=file.pk)
        return _end(file, FileState.FAILED, now, error=f"{NOT_READ}: {error}")
    if _is_hopeless(file, ended=True):
        return _end(file, FileState.FAILED, now, error=WRONG_DIALECT)
    return _end(file, FileState.DONE, now)


def load_due(*, now: datetime) -> int:
    """Load what waits, or what a loader has left; return how many files were ended.

    Trouble with one file holds up no other. Raises `intake.Busy`, `DatabaseError`.
    """
    ended = 0
    due = TransactionFile.objects.filter(state__in=[FileState.WAITING, FileState.LOADING])
    for file in due.select_related("register__shop").order_by("pk"):
        try:
            ended += load(file=file, now=now).state in (FileState.DONE, FileState.FAILED)
        except (intake.Busy, DatabaseError):
            raise
        except Exception:  # Whatever nobody foresaw in one file, the others wait behind it.
            _log.exception("transaction_file_not_loaded", file=file.pk)
    return ended


def _read(file: TransactionFile, now: datetime) -> Generator[_Batch]:
    """Yield the batches still to be taken in. Raises `_NotRead`, and never for what is done with a batch."""
    try:
        with archive.opened(file.sha256) as source, closing(_ahead(_batches(file, source, now))) as batches:
            yield from batches
    except archive.DAMAGE as error:
        raise _NotRead(str(error)) from error


def _batches(file: TransactionFile, source: BinaryIO, now: datetime) -> Iterator[_Batch]:
    """Return the batches still to be taken in. All that the database knows of them is asked here."""
    pieces = dialects.pieces(file=source, dialect=file.dialect, register=file.register)
    return _cut(pieces, Owners(file), file.pieces, source.tell, now)


def _cut(
    pieces: Iterator[Piece], owners: Owners, known: int, position: Callable[[], int], now: datetime
) -> Iterator[_Batch]:
    """Yield batches. What has been taken in is looked at for whose it is, and left out."""
    for piece in islice(pieces, known):
        if piece.entry is not None:
            owners.of(piece)
    while taken := _taken(pieces):
        yield _Batch(taken, owners, position(), now)


def _taken(pieces: Iterator[Piece]) -> list[Piece]:
    """Take as many pieces as go into a batch."""
    taken, size = [], 0
    for piece in islice(pieces, AT_ONCE):
        taken.append(piece)
        size += len(piece.entry.raw if piece.entry else piece.raw)
        if size >= BYTES_AT_ONCE:
            break
    return taken


def _ahead(batches: Iterator[_Batch]) -> Generator[_Batch]:
    """Yield batches, each made by another thread while the one before it is worked on."""
    with ThreadPoolExecutor(1, "transaction-file") as worker:
        coming = worker.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = worker.submit(next, batches, None)
            yield batch


def _take_in(file: TransactionFile, batch: _Batch) -> bool:
    """Take a batch in, and move the file's position; False, and nothing done, if another loader has moved it."""
    try:
        with transaction.atomic(durable=True):
            if not _is_ours(file):
                return False
            _store(file, batch, batch.take_in(file.dialect))
    except (DatabaseError, intake.Busy):
        _log.warning("transaction_file_batch_refused", file=file.pk, pieces=file.pieces, exc_info=True)
        file.refresh_from_db()
        counts = batch.take_in(file.dialect)
        with transaction.atomic(durable=True):
            if not _is_ours(file):
                return False
            _store(file, batch, counts)
    wakeups.announce({register.warehouse_id for register in batch.prepared})
    return True


def _is_ours(file: TransactionFile) -> bool:
    """Lock the file's row, and say whether it is where we have left it."""
    found = TransactionFile.objects.select_for_update().filter(pk=file.pk, state=FileState.LOADING)
    return found.values_list("pieces", flat=True).first() == file.pieces


def _store(file: TransactionFile, batch: _Batch, counts: Counter[str]) -> None:
    kept = max(QUARANTINE_KEPT - file.quarantined, 0)
    lines = [
        QuarantinedLine(
            file=file,
            number=piece.line,
            lines=piece.lines,
            code=piece.fault[:64],
            params=piece.params,
            raw=piece.raw[:RAW_KEPT],
        )
        for piece in batch.faults[:kept]
    ]
    QuarantinedLine.objects.bulk_create(lines)
    file.position = batch.position
    file.pieces += batch.pieces
    file.lines += batch.lines
    file.passed_over += batch.passed_over
    file.quarantined += sum(piece.lines for piece in batch.faults)
    for status in STATUSES:
        setattr(file, status, getattr(file, status) + counts[status])
    file.save(update_fields=["position", "pieces", "lines", "passed_over", "quarantined", *STATUSES])


def _is_hopeless(file: TransactionFile, *, ended: bool = False) -> bool:
    """Tell whether a file is of another dialect: it has no transaction, and more lines that make no sense than do."""
    if file.quarantined < (1 if ended else HOPELESS) or file.quarantined <= file.passed_over:
        return False
    if any(getattr(file, status) for status in STATUSES):
        return False
    return not file.quarantine.filter(code=UNKNOWN_TILL).exists()


def _end(file: TransactionFile, state: FileState, now: datetime, *, error: str = "") -> TransactionFile:
    TransactionFile.objects.filter(pk=file.pk, state=FileState.LOADING).update(state=state, ended_at=now, error=error)
    file.refresh_from_db()
    return file


def _nobodys(piece: Piece) -> Piece:
    raw = piece.entry.raw if piece.entry else b""
    params = {"till": piece.workplace[:50]}
    return Piece(piece.line, piece.lines, workplace=piece.workplace, fault=UNKNOWN_TILL, params=params, raw=raw)
