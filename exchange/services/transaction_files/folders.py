"""Folders of tills that speak by files: what a till has left is taken in, what it is to load is put there.

A report is taken when nobody has written to it for a moment, longer where its last line does not end, and stays where
it is until all of it is recorded; only then its mark `#` becomes `@`, or, where a dialect has no mark, it goes to
`processed/<day>`. One that has grown since it was marked is taken once more: what is known of it adds nothing. What
cannot be a report of the dialect goes to `broken`. Links, folders and names that begin with a point are left alone.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import structlog
from django.conf import settings
from django.db import DatabaseError

from exchange.choices import ExchangeKind, FileDialect, FileState
from exchange.models import Equipment, TransactionFile
from exchange.services.transaction_files import artix_folders, artix_goods, encodings, goods_files, loading, receiving
from stock.services import intake

PROCESSED, BROKEN = "processed", "broken"
SETTLED = timedelta(seconds=10)
CUT_OFF = timedelta(minutes=2)  # without a word after which a line that does not end is one that never will
GROWS = timedelta(days=2)  # for which a report that was taken is watched for more
NEW, TAKEN = b"#", b"@"
AT_ONCE = 100  # files of a folder that are taken in in one look
SUFFIXES = {
    FileDialect.KKMTRANSFER.value: (".jsonl", ".json", ".txt"),
    FileDialect.SHTRIH.value: (".txt", ".rep"),
    FileDialect.FRONTOL.value: (".txt", ".rep"),
    FileDialect.ARTIX.value: (".json",),
}
MARKED = frozenset({FileDialect.SHTRIH.value, FileDialect.FRONTOL.value})
REQUEST = "sales-flag.txt"
NOT_REPORTS = frozenset({goods_files.GOODS, goods_files.FLAG, REQUEST})

_log = structlog.get_logger(__name__)
_Stamp = tuple[int, int, int]


@dataclass
class Looked:
    """How many files were taken in, were broken, wait for the next look; and how many were written for tills."""

    taken: int = 0
    broken: int = 0
    waiting: int = 0
    written: int = 0


def look(*, now: datetime) -> Looked:
    """Exchange files with all equipment that has a folder and a dialect. Nothing, where settings name no folder.

    Trouble with one file or folder holds up no other. Raises `intake.Busy` and `DatabaseError`: what was not recorded
    stays where it is.
    """
    looked = Looked()
    if not settings.EQUIPMENT_FILES:
        return looked
    speaking = Equipment.objects.filter(exchange_kind=ExchangeKind.FOLDER, dialect__in=SUFFIXES)
    found = speaking.filter(register__active=True)
    for equipment in found.select_related("register__shop", "rule", "artix_server").order_by("pk"):
        folder = Path(settings.EQUIPMENT_FILES) / equipment.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _take_in_all(folder, equipment, now, looked)
            looked.written += goods_files.write(equipment=equipment, folder=folder, now=now)
            looked.written += artix_goods.write(equipment=equipment, folder=folder, now=now)
        except (intake.Busy, DatabaseError):
            raise
        except Exception:
            _log.exception("transaction_folder_failed", folder=str(folder))
    return looked


def _found(folder: Path, equipment: Equipment) -> list[Path]:
    """Return the files of a folder in the order in which they were written."""
    dialect = equipment.dialect
    files: list[tuple[int, str]] = []
    for place in artix_folders.to_look_at(equipment, folder) if dialect == FileDialect.ARTIX else [folder]:
        with os.scandir(place) as entries:
            files += [
                (entry.stat(follow_symlinks=False).st_mtime_ns, entry.path)
                for entry in entries
                if entry.name.lower().endswith(SUFFIXES[dialect])
                and entry.name not in NOT_REPORTS
                and not entry.name.startswith(".")
                and entry.is_file(follow_symlinks=False)
            ]
    return [Path(path) for _at, path in sorted(files)]


def _take_in_all(folder: Path, equipment: Equipment, now: datetime, looked: Looked) -> None:
    """Take in what is new in a folder. Reports that are marked lie there for ever, and do not count."""
    known, tried = _known(equipment, now), 0
    for path in _found(folder, equipment):
        if tried == AT_ONCE:
            break
        name = _readable(path.relative_to(folder))
        try:
            tried += _take_in(path, name, equipment, known, now, looked)
        except (intake.Busy, DatabaseError):
            raise
        except Exception:  # Of this file alone: unreadable, replaced while we read, or what nobody foresaw.
            _log.exception("transaction_folder_file_failed", equipment=equipment.pk, file=name)
            looked.waiting += 1


def _known(equipment: Equipment, now: datetime) -> dict[str, int]:
    """Return how large the reports were that have come of late; none where a report that was taken is moved away."""
    if equipment.dialect not in MARKED:
        return {}
    files = TransactionFile.objects.filter(register=equipment.register_id, came_at__gte=now - GROWS)
    return dict(files.order_by("pk").values_list("name", "size"))


def _readable(path: Path) -> str:
    """Return a name that can be kept: tills of old write theirs in CP1251."""
    raw = os.fsencode(path)
    try:
        return receiving.fit_name(raw.decode())
    except UnicodeDecodeError:
        return receiving.fit_name(raw.decode("cp1251", "replace"))


def _take_in(
    path: Path, name: str, equipment: Equipment, known: Mapping[str, int], now: datetime, looked: Looked
) -> bool:
    """Take in a report if it is new and whole; return whether it was tried. Raises `intake.Busy`, `OSError`."""
    register = equipment.register
    assert register is not None  # Only equipment with a register is looked at.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return False  # Another look was here first.
    with open(descriptor, "rb") as source:
        status = os.fstat(source.fileno())
        place, mark = encodings.mark_at(source.read(4)) if equipment.dialect in MARKED else (0, b"")
        if not stat.S_ISREG(status.st_mode) or not status.st_size:
            return False
        if mark == TAKEN and status.st_size <= known.get(name, status.st_size):
            return False
        if abs(now.timestamp() - status.st_mtime) < _patience(source, equipment.dialect).total_seconds():
            looked.waiting += 1
            return False
        source.seek(0)
        file, _made = receiving.receive(
            source=source, name=name, dialect=equipment.dialect, register=register, by=None, now=now
        )
        stamp = _stamp(os.fstat(source.fileno()))
    if _stamp(status) != stamp:
        looked.waiting += 1  # It was still being written: what we have of it is known when all comes.
        return True
    file = loading.load(file=receiving.confirm(file=file), now=now)
    if file.state == FileState.FAILED:
        _put_away(path, Path(BROKEN), stamp)
        looked.broken += 1
    elif file.state != FileState.DONE:
        looked.waiting += 1
    elif mark == NEW:
        looked.taken += _mark(path, place, stamp)
    elif mark == TAKEN:
        looked.taken += 1
    else:
        looked.taken += _put_away(path, Path(PROCESSED) / f"{now:%Y-%m-%d}", stamp)
    return True


def _patience(source: BinaryIO, dialect: str) -> timedelta:
    """Return how long nobody must have written: what ends within a line may lack the last digits of a sum."""
    source.seek(max(source.seek(0, os.SEEK_END) - 2, 0))
    end = source.read(2)
    is_whole = b"\n" in end or (dialect == FileDialect.ARTIX and end in (b"--", b"##"))
    return SETTLED if is_whole else CUT_OFF


def _mark(path: Path, place: int, stamp: _Stamp) -> bool:
    """Rewrite the mark of the very file that was taken in: a newer one under its name is new."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return False
    with open(descriptor, "r+b") as file:
        if _stamp(os.fstat(file.fileno())) != stamp:
            return False
        file.seek(place)
        file.write(TAKEN)
    return True


def _put_away(path: Path, where: Path, stamp: _Stamp) -> bool:
    target = path.parent / where / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if _stamp(path.lstat()) != stamp:
            return False
        path.replace(target)
    except FileNotFoundError:
        return False
    return True


def _stamp(status: os.stat_result) -> _Stamp:
    return (status.st_ino, status.st_size, status.st_mtime_ns)
