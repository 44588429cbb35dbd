"""What is held about a person, as a file: JSON for programs, a workbook for people."""

import io
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
from django.utils import timezone
from django.utils.text import capfirst
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from billing.models import CardOwner
from billing.services.owners import dossiers
from billing.services.owners.dossiers import Table
from retail.services import formulas

WIDTH = 20


def as_json(owner: CardOwner, *, now: datetime) -> bytes:
    record = dossiers.as_record(dossiers.compile_for(owner=owner), now=now)
    return json.dumps(record, ensure_ascii=False, indent=2, default=_plain).encode()


def as_workbook(owner: CardOwner) -> bytes:
    """Return a workbook with a sheet for each table."""
    book = openpyxl.Workbook(write_only=True)
    for table in dossiers.compile_for(owner=owner):
        _sheet(book, table)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _sheet(book: Any, table: Table) -> None:
    sheet = book.create_sheet(table.title)
    sheet.freeze_panes = "A2"
    titles = []
    for place, (_key, title) in enumerate(table.columns, start=1):
        cell = WriteOnlyCell(sheet, value=capfirst(title))
        cell.font = Font(bold=True)
        sheet.column_dimensions[openpyxl.utils.get_column_letter(place)].width = WIDTH
        titles.append(cell)
    sheet.append(titles)
    for row in table.rows:
        sheet.append([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return timezone.localtime(value).replace(tzinfo=None, microsecond=0)
    return formulas.cell(value)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat()
    if isinstance(value, date | Decimal):
        return str(value)
    raise TypeError(type(value))
