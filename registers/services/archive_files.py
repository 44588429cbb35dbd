"""How bodies lie in an archive: lines of JSON with a transaction's keys and its body, packed in pieces.

Each piece is a gzip of its own, so that one body is found without reading a month, and `zcat` reads all of them.
"""

import gzip
import hashlib
import os
import zlib
from base64 import b64decode, b64encode
from datetime import datetime
from pathlib import Path

import msgspec

from registers.models import KkmTransaction

_LEVEL = 6


class Kept(msgspec.Struct, omit_defaults=True):
    """A line of an archive; `sha256` is of the body's bytes."""

    id: int
    register: int
    number: int | None
    occurred_at: datetime | None
    uid: str | None
    kind: str
    protocol: str
    received_at: datetime
    body_hash: str
    sha256: str
    text: str | None = None
    base64: str | None = None

    @property
    def raw(self) -> bytes:
        return (self.text or "").encode() if self.base64 is None else b64decode(self.base64)

    @property
    def is_whole(self) -> bool:
        return hashlib.sha256(self.raw).hexdigest() == self.sha256


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Kept).decode


def keep(recorded: KkmTransaction) -> Kept:
    """Make the line of a transaction."""
    raw = bytes(recorded.raw)
    kept = Kept(
        id=recorded.pk,
        register=recorded.register_id,
        number=recorded.number,
        occurred_at=recorded.occurred_at,
        uid=recorded.uid,
        kind=recorded.kind,
        protocol=recorded.protocol,
        received_at=recorded.received_at,
        body_hash=bytes(recorded.body_hash).hex(),
        sha256=hashlib.sha256(raw).hexdigest(),
    )
    try:
        kept.text = raw.decode()
    except UnicodeDecodeError:
        kept.base64 = b64encode(raw).decode()
    return kept


def pack(piece: list[Kept]) -> bytes:
    return gzip.compress(b"".join(_encode(kept) + b"\n" for kept in piece), _LEVEL, mtime=0)


def unpack(packed: bytes) -> list[Kept]:
    """Read a piece. Raises `OSError` when it is damaged."""
    try:
        return [_decode(line) for line in gzip.decompress(packed).splitlines()]
    except (EOFError, zlib.error, msgspec.DecodeError) as error:
        raise OSError(str(error)) from error


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def settle(folder: Path) -> None:
    """Have the names of new files outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
