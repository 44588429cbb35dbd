"""The dialects in which files of transactions are written: who cuts them into pieces."""

from collections.abc import Iterator
from typing import BinaryIO

from exchange.choices import FileDialect
from exchange.messages import Piece
from exchange.protocols.artix import report as artix
from exchange.protocols.frontol import report as frontol
from exchange.protocols.kkmtransfer import lines as kkmtransfer
from exchange.protocols.shtrih import report as shtrih
from exchange.services.transaction_files import archive, encodings, reading
from registers.models import Register


def pieces(*, file: BinaryIO, dialect: str, register: Register) -> Iterator[Piece]:
    """Cut an open file of a register's into pieces. Reads it from its beginning, twice if the dialect needs that.

    What the database knows is asked now, so that another thread may do the cutting.
    """
    zone = register.shop.zone
    match FileDialect(dialect):
        case FileDialect.SHTRIH:
            encoding, kinds = reading.encoding(register), reading.kinds(register.number)
            shifts = shtrih.Shifts(encodings.lines(file, encoding), reading.open_shifts(register))
            lines = encodings.lines(file, encoding)
            return shtrih.pieces(lines, shifts=shifts, zone=zone, register=register.number, kinds=kinds)
        case FileDialect.ARTIX:
            return artix.pieces(file, zone=zone, register=register.number, kinds=reading.kinds(register.number))
        case FileDialect.FRONTOL:
            lines, kinds = encodings.lines(file, reading.encoding(register)), reading.kinds(register.number)
            return frontol.pieces(lines, zone=zone, register=register.number, kinds=kinds)
        case FileDialect.KKMTRANSFER:
            return kkmtransfer.pieces(archive.lines(file), zone)
