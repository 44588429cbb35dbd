"""Rows of a file, whatever program wrote it: .xlsx, or CSV in UTF-8, UTF-16 or CP1251 with ; , or tabs between cells.

The kind is told by the first bytes, never by the name. Nothing holds more than a row, except that Excel keeps the
distinct texts of a workbook in one part that has to be read whole.
"""

import codecs
import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import openpyxl
from django.utils.translation import gettext_lazy as _
from openpyxl.utils.exceptions import InvalidFileException

from retail.exceptions import DomainError

Cells = tuple[int, list[Any]]

_BLOCK = 1 << 16
_MAX_UNPACKED = 1 << 30  # A million rows of prices unpack to a quarter of this; more is a bomb or a mistake.
_MAX_TEXTS = 1 << 27
_MAX_ROWS = 1_048_576  # Of Excel. A row may call itself the billionth, and the reader counts up to it.
_MAX_COLUMNS = 1000  # Each row is made as wide as its last cell says that it is.


_TOO_LARGE = _("The workbook is too large when unpacked: save it as CSV and try again.")
# Whoever parses a part of it, the library's own parser or lxml, calls what is no XML a SyntaxError.
_BROKEN = (
    *(zipfile.BadZipFile, InvalidFileException, SyntaxError, KeyError, IndexError, ValueError, TypeError),
    *(AttributeError, EOFError, NotImplementedError, RuntimeError, OverflowError, zlib.error),
)


class UnreadableFile(DomainError):
    code = "unreadable_file"
    status = 400


def rows(file: BinaryIO) -> Iterator[Cells]:
    """Yield the number and the cells of every row that holds anything. Raises `UnreadableFile`, also while reading."""
    file.seek(0)
    signature = file.read(8)
    file.seek(0)
    if not signature:
        raise UnreadableFile(_("The file is empty."))
    if signature.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableFile(_("This is a workbook of old Excel (.xls): save it as .xlsx or CSV and try again."))
    source = _workbook_rows(file) if signature.startswith(b"PK\x03\x04") else _csv_rows(file)
    return ((number, cells) for number, cells in source if any(cell not in (None, "") for cell in cells))


def _workbook_rows(file: BinaryIO) -> Iterator[Cells]:
    try:
        _refuse_bomb(file)
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # Programs other than Excel write them wrong.
            for number, cells in enumerate(sheet.iter_rows(max_row=_MAX_ROWS, values_only=True), start=1):
                if len(cells) > _MAX_COLUMNS:
                    raise UnreadableFile(_TOO_LARGE)
                yield number, list(cells)
        finally:
            book.close()
    except _BROKEN as error:
        raise UnreadableFile(
            _("This is not a workbook that can be read: open it in Excel and save it anew.")
        ) from error


def _refuse_bomb(file: BinaryIO) -> None:
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    texts = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    if sum(part.file_size for part in parts) > _MAX_UNPACKED or texts > _MAX_TEXTS:
        raise UnreadableFile(_TOO_LARGE)
    file.seek(0)


def _csv_rows(file: BinaryIO) -> Iterator[Cells]:
    encoding = _encoding(file)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        delimiter = _delimiter(text.readline(_BLOCK))
        text.seek(0)
        yield from enumerate(csv.reader(text, delimiter=delimiter), start=1)
    except (csv.Error, UnicodeError) as error:
        raise UnreadableFile(_("This is neither an Excel workbook nor a CSV file in UTF-8 or Windows-1251.")) from error
    finally:
        text.detach()


def _encoding(file: BinaryIO) -> str:
    """Tell the encoding; CP1251 is what Excel writes in Russia where it does not write UTF-8."""
    start = file.read(3)
    file.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while block := file.read(_BLOCK):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1251"
    finally:
        file.seek(0)
    return "utf-8-sig"


def _delimiter(header: str) -> str:
    return max(";,\t", key=header.count)
