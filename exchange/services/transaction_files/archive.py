"""Originals of files, each once, by the SHA-256 of what is in them, packed, under MEDIA_ROOT.

Web servers and workers share that folder.
"""

import gzip
import hashlib
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from django.conf import settings

from exchange.messages import FileLine

BLOCK = 1 << 20
DAMAGE = (OSError, EOFError, zlib.error)  # of an original that is not there, or not as it was put there
LONGEST = 1 << 20  # bytes of a line; of a longer one the beginning is kept
_LEVEL = 3


class Kept(NamedTuple):
    sha256: str
    size: int


def keep(source: BinaryIO) -> Kept:
    """Put a file into the archive, and say what it is. Raises `OSError`."""
    digest, size = hashlib.sha256(), 0
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as made:
        try:
            with gzip.GzipFile(fileobj=made, mode="wb", compresslevel=_LEVEL, mtime=0) as packed:
                while block := source.read(BLOCK):
                    digest.update(block)
                    size += len(block)
                    packed.write(block)
            made.flush()
            os.fsync(made.fileno())
            path = path_of(digest.hexdigest())
            path.parent.mkdir(exist_ok=True)
            Path(made.name).replace(path)
        except BaseException:
            Path(made.name).unlink(missing_ok=True)
            raise
    return Kept(digest.hexdigest(), size)


def path_of(sha256: str) -> Path:
    return _folder() / sha256[:2] / f"{sha256}.gz"


def opened(sha256: str) -> BinaryIO:
    """Open an original for reading. Raises `OSError`; whoever reads it, one of `DAMAGE`."""
    return cast(BinaryIO, gzip.open(path_of(sha256), "rb"))


def lines(file: BinaryIO) -> Iterator[FileLine]:
    """Yield the lines of an open file, one in memory at a time, however long they are."""
    number = 0
    while raw := file.readline(LONGEST):
        number += 1
        whole = raw.endswith(b"\n") or len(raw) < LONGEST
        rest = raw
        while len(rest) == LONGEST and not rest.endswith(b"\n"):
            rest = file.readline(LONGEST)
        yield FileLine(number, raw, whole)


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "transaction-files"
