"""Barcodes of SKUs that exist. A barcode that belongs to another SKU is a problem: it is never taken away silently."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from retail.fields import validate_barcode
from retail.models import Barcode, Sku
from retail.services.imports import cells
from retail.services.imports.columns import Column
from retail.services.imports.outcomes import Action, Change, Outcome, Problem, Row, faulty


def _barcode(cell: Any) -> str:
    value = cells.code(cell)
    if "E+" in value:
        raise ValidationError(_("Excel has rounded this barcode: format the column as text and enter it again."))
    validate_barcode(value)
    return value


SKU = Column("sku", _("SKU code"), cells.code, _("Code of an existing SKU."), "10001", ("sku", "код", "код sku"))
BARCODE = Column(
    "barcode",
    _("Barcode"),
    _barcode,
    _("Digits of 8, 12, 13 or 14 carry a check digit, which is verified."),
    "4600000000015",
    ("штрихкод", "штрих-код", "ean", "ean13", "ean-13"),
)


class BarcodeImporter:
    columns: Sequence[Column] = (SKU, BARCODE)
    required: Sequence[Sequence[Column]] = ((SKU,), (BARCODE,))
    model = "retail.barcode"
    locks_catalogue = True

    def __init__(self, *, now: datetime) -> None:
        pass

    def take(self, rows: list[Row], *, dry_run: bool) -> list[Outcome]:
        skus = {sku.code: sku for sku in Sku.objects.filter(code__in={row.get("sku") for row in rows})}
        values = {row.get("barcode") for row in rows}
        known = {barcode.value: barcode for barcode in Barcode.objects.filter(value__in=values).select_related("sku")}
        new: list[Barcode] = []
        outcomes = []
        for row in rows:
            outcome = self._compare(row, skus, known)
            if outcome.action is Action.NEW:
                barcode = Barcode(value=row.values["barcode"], sku=skus[row.values["sku"]])
                known[barcode.value] = barcode
                new.append(barcode)
            outcomes.append(outcome)
        if not dry_run:
            Barcode.objects.bulk_create(new)
        return outcomes

    def _compare(self, row: Row, skus: dict[str, Sku], known: dict[str, Barcode]) -> Outcome:
        if row.problems:
            return faulty(row)
        if missing := [column for column in self.columns if column.name not in row.values]:
            return faulty(row, *(Problem(str(column.title), _now("Nothing is entered.")) for column in missing))
        sku = skus.get(row.values["sku"])
        if sku is None:
            return faulty(row, unknown_sku(row.values["sku"]))
        value = row.values["barcode"]
        if (held := known.get(value)) is None:
            return Outcome(row.number, Action.NEW, str(sku), [Change(str(BARCODE.title), "", value)])
        if held.sku.code != sku.code:
            message = _now("Barcode %(value)s belongs to %(sku)s.") % {"value": value, "sku": held.sku}
            return faulty(row, Problem(str(BARCODE.title), message))
        return Outcome(row.number, Action.SAME, str(sku))


def unknown_sku(code: str) -> Problem:
    return Problem(str(SKU.title), _now("There is no SKU with the code %(code)s.") % {"code": code})
