"""Files as people send them."""

import io
from datetime import UTC, datetime

import openpyxl

from retail.services import imports

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def csv_file(*rows, encoding="utf-8-sig", delimiter=";"):
    text = "\r\n".join(delimiter.join(str(cell) for cell in row) for row in rows)
    return io.BytesIO(text.encode(encoding))


def workbook(*rows):
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    return file


def take_in(kind, *rows, now=NOW, dry_run=False):
    """Import rows, the first of which is the header, and return the outcomes."""
    source = imports.read(kind=kind, file=csv_file(*rows))
    return list(source.check(now=now) if dry_run else source.run(now=now, file_name="goods.csv"))


def actions(outcomes):
    return [outcome.action.value for outcome in outcomes]


def problems(outcomes):
    return [str(problem) for outcome in outcomes for problem in outcome.problems]
