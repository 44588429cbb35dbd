"""«Экспорт XML»: files that УКМ 5 leaves in a folder of its store are taken in once and put away.

A file stays where it is until what it says is recorded; only then it goes to `processed/<day>`. What nobody can read
goes to `broken` and stands on the error desk, but not before it has lain still for `PATIENCE`: perhaps it is being
written. A file that is exported again overwrites its name at any moment, so what is put away is what was read: if it is
another by then, it is put back. Two looks at once do no harm, since recording is once for all.
"""

import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings

from exchange.models import Ukm5Store
from exchange.protocols.ukm5 import assumptions, splitting, xml
from exchange.protocols.ukm5.messages import Address
from exchange.services.ukm5 import taking, tills

PROCESSED, BROKEN = "processed", "broken"
PATIENCE = timedelta(minutes=1)
LARGEST = 64 * 1024 * 1024
KEPT = 1024 * 1024  # of a file that nobody can read, on the error desk; the whole of it lies in `broken`
AT_ONCE = 2000  # files of a store in one look

_log = structlog.get_logger(__name__)


@dataclass
class Looked:
    """How many files were taken in, were broken, and wait for the next look."""

    taken: int = 0
    broken: int = 0
    waiting: int = 0


class _Stamp:
    """Which file it was that was read: another one under its name differs in this."""

    def __init__(self, status: os.stat_result) -> None:
        self.status = status
        self.key = (status.st_ino, status.st_size, status.st_mtime_ns)


def look(*, now: datetime, store: Ukm5Store | None = None) -> Looked:
    """Take in the files of one store or of all. Nothing, where the settings name no folder.

    Raises `intake.Busy`: what was not recorded by then stays where it is.
    """
    looked = Looked()
    if not settings.UKM5_FILES:
        return looked
    stores = Ukm5Store.objects.exclude(folder="").select_related("shop").order_by("pk")
    for one in stores.filter(pk=store.pk) if store else stores:
        folder = Path(settings.UKM5_FILES) / one.folder
        try:
            folder.mkdir(exist_ok=True)
            found = _found(folder)
        except OSError as error:
            _log.error("ukm5_folder_not_read", folder=str(folder), why=str(error))
            continue
        for path in found[:AT_ONCE]:
            _look_at(path, one, now, looked)
        looked.waiting += len(found[AT_ONCE:])
    return looked


def _found(folder: Path) -> list[Path]:
    """Return the files of a folder in the order in which they were written; links and folders are none."""
    with os.scandir(folder) as entries:
        files = [
            (entry.stat(follow_symlinks=False).st_mtime_ns, entry.name)
            for entry in entries
            if entry.name.lower().endswith(".xml") and entry.is_file(follow_symlinks=False)
        ]
    return [folder / name for _at, name in sorted(files)]


def _look_at(path: Path, store: Ukm5Store, now: datetime, looked: Looked) -> None:
    try:
        content, stamp = _read(path)
    except FileNotFoundError:
        return  # Another look was here first.
    except OSError as error:
        _log.error("ukm5_file_not_read", file=str(path), why=str(error))
        looked.waiting += 1
        return
    if _is_whole(content, stamp):
        taking.take_in(documents=splitting.of_file(content), within=store, now=now, named=_named(path))
        put = _put_away(path, Path(PROCESSED) / f"{now:%Y-%m-%d}", stamp)
        looked.taken += put
        looked.waiting += not put
    elif abs(now.timestamp() - stamp.status.st_mtime) < PATIENCE.total_seconds():
        looked.waiting += 1
    else:
        _record_broken(path, content, store, now)
        looked.broken += _put_away(path, Path(BROKEN), stamp)


def _read(path: Path) -> tuple[bytes, _Stamp]:
    """Return what a file says, and which it was; of one that is too large only the beginning."""
    with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise FileNotFoundError(path)
        return file.read(KEPT if status.st_size > LARGEST else LARGEST), _Stamp(status)


def _is_whole(content: bytes, stamp: _Stamp) -> bool:
    """Tell whether it is a whole document, to its root's closing tag: then nobody is writing it any more."""
    if len(content) != stamp.status.st_size:
        return False
    with suppress(xml.NotOurs):
        xml.read(content)
        return True
    return False


def _record_broken(path: Path, content: bytes, store: Ukm5Store, now: datetime) -> None:
    """Put a file that nobody can read on the error desk of the till that its name names, or else keep it aside."""
    raw, named = content[:KEPT], _named(path)
    till = tills.find(store=named.store, numbers=named.tills, within=store)
    _log.warning("ukm5_file_broken", file=str(path), size=len(content))
    if till is not None:
        taking.take_in_unreadable(raw=raw, till=till, now=now)
    else:
        taking.keep_unclaimed(raw=raw, within=store, now=now)


def _named(path: Path) -> Address:
    """Return whose file it is by its name."""
    named = assumptions.FILE_NAMES.fullmatch(path.name)
    return Address(named["store"], (named["pos"], "")) if named else Address("", ("", ""))


def _put_away(path: Path, where: Path, stamp: _Stamp) -> bool:
    """Move the file that was read to a folder beside it, and say whether it was: a newer one under its name stays."""
    target = path.parent / where / path.name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if _Stamp(path.lstat()).key != stamp.key:
            return False
        path.replace(target)
        if _Stamp(target.lstat()).key != stamp.key:
            _put_back(target, path)
            return False
    except FileNotFoundError:
        return False  # Another look has put it away.
    return True


def _put_back(target: Path, path: Path) -> None:
    """Put back what came under the name at this very moment, unless a still newer one is there already."""
    with suppress(FileExistsError):
        os.link(target, path)
    target.unlink()
