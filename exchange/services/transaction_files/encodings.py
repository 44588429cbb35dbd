"""Files of tills in any of their encodings, as lines of UTF-8 or CP1251, which dialects read by themselves.

UTF-16 is known by the sign that it begins with, or by the zero of its first letter. OEM (CP866) cannot be told from
CP1251 and is chosen on the page of the equipment; a line that is UTF-8 all the same stays what it is.
"""

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO, cast

import msgspec

from exchange.choices import FileEncoding
from exchange.messages import FileLine
from exchange.services.transaction_files import archive

_BLOCK = 1 << 16
_UTF_16 = (
    (codecs.BOM_UTF16_LE, "utf-16-le", 2), (codecs.BOM_UTF16_BE, "utf-16-be", 2), (b"#\x00", "utf-16-le", 0),
    (b"@\x00", "utf-16-le", 0), (b"\x00#", "utf-16-be", 0), (b"\x00@", "utf-16-be", 0),
)  # fmt: skip


class _Recoded(io.RawIOBase):
    """A file of UTF-16 as UTF-8. What is no letter becomes a sign that says so."""

    def __init__(self, file: BinaryIO, codec: str) -> None:
        self._file, self._ready = file, b""
        self._decode = codecs.getincrementaldecoder(codec)("replace").decode

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._ready:
            block = self._file.read(_BLOCK)
            self._ready = self._decode(block, final=not block).encode("utf-8", "replace")
            if not block and not self._ready:
                return 0
        size = min(len(buffer), len(self._ready))
        buffer[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


def lines(file: BinaryIO, encoding: str) -> Iterator[FileLine]:
    """Yield the lines of a file from its beginning; `encoding` is that of its equipment."""
    file.seek(0)
    found = _utf_16(file.read(2))
    if found is not None:
        codec, begins = found
        file.seek(begins)
        yield from archive.lines(cast(BinaryIO, io.BufferedReader(_Recoded(file, codec))))
        return
    file.seek(0)
    for line in archive.lines(file):
        yield _from_oem(line) if encoding == FileEncoding.OEM else line


def mark_at(head: bytes) -> tuple[int, bytes]:
    """Return where the first letter of a file stands, given its beginning, and the byte that it is."""
    found = _utf_16(head[:2])
    place = 3 if head.startswith(codecs.BOM_UTF8) else 0
    if found is not None:
        place = found[1] + (1 if found[0] == "utf-16-be" else 0)
    return place, head[place : place + 1]


def plain(head: bytes) -> bytes:
    """Return the beginning of a file in bytes of ASCII where that is what its letters are."""
    found = _utf_16(head[:2])
    if found is None:
        return head.removeprefix(codecs.BOM_UTF8)
    return head[found[1] :].decode(found[0], "replace").encode("utf-8", "replace")


def begin(encoding: str) -> bytes:
    """Return what a file of this encoding begins with."""
    return codecs.BOM_UTF16_LE if encoding == FileEncoding.UTF_16 else b""


def codec_of(encoding: str) -> str:
    """Return the codec in which lines of a file are written."""
    return "utf-16-le" if encoding == FileEncoding.UTF_16 else encoding


def _utf_16(head: bytes) -> tuple[str, int] | None:
    return next(((codec, begins) for sign, codec, begins in _UTF_16 if head == sign), None)


def _from_oem(line: FileLine) -> FileLine:
    try:
        line.raw.decode("utf-8")
    except UnicodeDecodeError:
        return msgspec.structs.replace(line, raw=line.raw.decode("cp866").encode())
    return line
