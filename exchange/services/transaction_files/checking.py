"""What a file would do, for whoever is about to load it: nothing is recorded."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from itertools import islice

import msgspec

from exchange.messages import Piece
from exchange.models import TransactionFile
from exchange.services.transaction_files import archive, dialects
from exchange.services.transaction_files.owners import UNKNOWN_TILL, Owners
from registers.messages import Entry
from registers.models import KkmTransaction, Register
from stock.services import flattening

AT_ONCE = 1000
FAULTS_SHOWN = 20


class Fault(msgspec.Struct, frozen=True):
    line: int
    code: str
    params: dict[str, str]
    raw: bytes


class Preview(msgspec.Struct):
    """`counts` are transactions by what would become of them: new, error_desk, duplicate, conflict.

    `kinds` counts what is new or for the error desk, `sums` is the money of its receipts by kind. Not `whole` is a look
    at the beginning of the file only.
    """

    whole: bool = True
    lines: int = 0
    passed_over: int = 0
    quarantined: int = 0
    counts: Counter[str] = msgspec.field(default_factory=Counter)
    kinds: Counter[str] = msgspec.field(default_factory=Counter)
    sums: dict[str, Decimal] = {}
    shifts: set[int] = msgspec.field(default_factory=set)
    first: datetime | None = None
    last: datetime | None = None
    faults: list[Fault] = []


def check(
    *,
    file: TransactionFile,
    now: datetime,
    most: int | None = None,
    told: Callable[[int], None] | None = None,
) -> Preview:
    """Look through a file, or its first `most` pieces; `told` hears how many bytes were read.

    Raises one of `archive.DAMAGE`.
    """
    preview = Preview()
    owners = Owners(file)
    with archive.opened(file.sha256) as source:
        pieces = dialects.pieces(file=source, dialect=file.dialect, register=file.register)
        limited = islice(pieces, most) if most is not None else pieces
        while batch := list(islice(limited, AT_ONCE)):
            _look(preview, batch, owners, now)
            if told is not None:
                told(source.tell())
        preview.whole = most is None or next(pieces, None) is None
    return preview


def _look(preview: Preview, batch: Iterable[Piece], owners: Owners, now: datetime) -> None:
    entries: dict[Register, list[Entry]] = {}
    for piece in batch:
        preview.lines += piece.lines
        register = owners.of(piece) if piece.entry is not None else None
        if piece.entry is not None and register is not None:
            entries.setdefault(register, []).append(piece.entry)
        elif piece.entry is not None:
            _fault(preview, piece, UNKNOWN_TILL, {"till": piece.workplace[:50]}, piece.entry.raw)
        elif piece.fault:
            _fault(preview, piece, piece.fault, piece.params, piece.raw)
        else:
            preview.passed_over += piece.lines
    for register, told in entries.items():
        known = _known(register, told)
        for entry in told:
            _count(preview, entry, known, now)


def _fault(preview: Preview, piece: Piece, code: str, params: dict[str, str], raw: bytes) -> None:
    preview.quarantined += piece.lines
    if len(preview.faults) < FAULTS_SHOWN:
        preview.faults.append(Fault(piece.line, code, params, raw))


def _known(register: Register, entries: Iterable[Entry]) -> dict[str, bytes]:
    """Return the hash of what is recorded under each unique id: one statement."""
    uids = [entry.uid for entry in entries if entry.uid]
    found = KkmTransaction.objects.filter(register=register, uid__in=uids).values_list("uid", "body_hash")
    return {uid: bytes(body_hash) for uid, body_hash in found if uid is not None}


def _count(preview: Preview, entry: Entry, known: dict[str, bytes], now: datetime) -> None:
    recorded = known.get(entry.uid or "")
    if recorded is not None:
        preview.counts["duplicate" if recorded == entry.body_hash else "conflict"] += 1
        return
    preview.counts["error_desk" if flattening.problems_of(entry, now) else "new"] += 1
    preview.kinds[entry.kind] += 1
    receipt = entry.transaction.receipt if entry.transaction else None
    if receipt is not None and receipt.total.is_finite() and entry.kind != "cancelled":
        preview.sums[entry.kind] = preview.sums.get(entry.kind, Decimal(0)) + receipt.total
    if entry.shift is not None:
        preview.shifts.add(entry.shift)
    at = entry.occurred_at
    if at is not None:
        preview.first = min(preview.first or at, at)
        preview.last = max(preview.last or at, at)
