"""Counted quantities from an Excel or CSV file: a column of codes or barcodes, and one of quantities.

The sheet of a count (`retail.admin.exports.workbook_file` writes it) has the same columns, so that it can be printed or
filled in at the shelf and sent back. Rows that make no sense are named and left out; the others go in.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import islice
from typing import BinaryIO, NamedTuple

from django.db import transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from retail.choices import ItemKind
from retail.models import Barcode, Sku
from retail.services.imports import UnreadableFile, cells
from retail.services.imports.columns import Column, Layout
from retail.services.imports.outcomes import Problem, Row
from retail.services.imports.sources import rows as file_rows
from stock.models import StockCount
from stock.services import count_lines

CODE = Column("code", _("code"), cells.code, _("The code of the SKU."), "500123", ("SKU", "код SKU", "артикул SKU"))
BARCODE = Column("barcode", _("barcode"), cells.code, _("A barcode of the SKU."), "4600000000015", ("EAN", "штрих-код"))
COUNTED = Column(
    "counted", _("counted"), cells.decimal, _("How much there is."), "12",
    ("quantity", "количество", "факт", "фактически", "кол-во"),
)  # fmt: skip
COLUMNS = (CODE, BARCODE, COUNTED)
MAX_ROWS = 100_000
_LARGEST = Decimal(10) ** 12
_CHUNK = 1000


class Loaded(NamedTuple):
    """How many SKUs got a figure, how many of those were not on the count before, and which rows make no sense."""

    counted: int
    added: int
    faults: list[tuple[int, Problem]]


@transaction.atomic
def load(*, count: StockCount, file: BinaryIO) -> Loaded:
    """Write the quantities of a file into a draft count; rows of one SKU add up, and replace what was counted of it.

    Raises `UnreadableFile`, `NotADraft`, `QuantityTooLarge`.
    """
    found = file_rows(file)
    try:
        _number, header = next(found)
    except StopIteration:
        raise UnreadableFile(_("The file is empty.")) from None
    layout = Layout(COLUMNS, header)
    layout.require(CODE, BARCODE)
    layout.require(COUNTED)
    counted: dict[int, Decimal] = defaultdict(Decimal)
    faults: list[tuple[int, Problem]] = []
    for chunk in _chunks(layout.row(number, row) for number, row in found):
        skus = _skus(chunk)
        for row in chunk:
            problem = next(iter(row.problems), None) or _problem(row, skus)
            if problem:
                faults.append((row.number, problem))
            elif row.get("counted") is not None:
                counted[skus[_key(row)].pk] += row.get("counted")
        if chunk[-1].number > MAX_ROWS:
            raise UnreadableFile(_("The file has more than %(rows)s rows: divide it.") % {"rows": MAX_ROWS})
    return Loaded(len(counted), count_lines.set_many(count=count, counted=counted), faults)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk


def _key(row: Row) -> str:
    return str(row.get("code") or row.get("barcode") or "")


def _skus(chunk: Iterable[Row]) -> dict[str, Sku]:
    """Return the SKUs that the rows mean, by what they call them: by their own code first, then by a barcode."""
    keys = [_key(row) for row in chunk]
    barcodes = Barcode.objects.filter(value__in=keys).select_related("sku__item")
    skus = Sku.objects.filter(code__in=keys).select_related("item")
    return {barcode.value: barcode.sku for barcode in barcodes} | {sku.code: sku for sku in skus}


def _problem(row: Row, skus: dict[str, Sku]) -> Problem | None:
    key, counted = _key(row), row.get("counted")
    if not key:
        return Problem("", _now("Neither a code nor a barcode."))
    if key not in skus:
        return Problem("", _now("Nothing is known under “%(code)s”.") % {"code": key[:60]})
    if skus[key].item.kind != ItemKind.GOODS:
        return Problem("", _now("A service is not counted."))
    if counted is not None and not 0 <= counted < _LARGEST:
        return Problem(str(COUNTED.title), _now("What is counted is not negative."))
    return None
