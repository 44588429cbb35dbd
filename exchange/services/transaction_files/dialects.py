"""The dialects in which files of transactions are written: who cuts them into pieces."""

from collections.abc import Iterator
from datetime import tzinfo
from typing import BinaryIO

from exchange.choices import FileDialect
from exchange.messages import Piece
from exchange.protocols.kkmtransfer import lines as kkmtransfer
from exchange.services.transaction_files import archive
from registers.models import Register


def pieces(*, file: BinaryIO, dialect: str, register: Register) -> Iterator[Piece]:
    """Cut an open file of a register's into pieces. Reads it from its beginning, twice if the dialect needs that."""
    zone: tzinfo = register.shop.zone
    match FileDialect(dialect):
        case FileDialect.KKMTRANSFER:
            return kkmtransfer.pieces(archive.lines(file), zone)
    raise AssertionError(dialect)
