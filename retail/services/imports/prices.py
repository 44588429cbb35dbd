"""Prices from a moment on; without one, from the moment of the import.

A price equal to the one that would be in force anyway is left out, so that sending a whole price list again stamps
nothing and tells registers nothing. What has begun is history: a file can repeat it but not rewrite it.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from retail.models import Barcode, Price, PriceType, Sku
from retail.services.imports import cells
from retail.services.imports.barcodes import BARCODE, SKU, unknown_sku
from retail.services.imports.columns import Column
from retail.services.imports.outcomes import Action, Change, Outcome, Problem, Row, faulty

PRICE_TYPE = Column(
    "price_type",
    _("Price type"),
    cells.text,
    _("Name of a price type; may be left out while there is only one."),
    "Розничная",
    ("вид цен", "вид цены", "тип цен"),
)
PRICE = Column(
    "price", _("Price"), cells.money, _("In roubles; 0 stops selling by this price type."), "99.90", ("цена",)
)
VALID_FROM = Column(
    "valid_from",
    _("Valid from"),
    cells.moment,
    _("A date or a date and time; empty: from now on."),
    "01.12.2026 00:00",
    ("действует с", "дата", "период"),
)

Series = dict[tuple[int, int], dict[datetime, Decimal]]


class PriceImporter:
    columns: Sequence[Column] = (SKU, BARCODE, PRICE_TYPE, PRICE, VALID_FROM)
    required: Sequence[Sequence[Column]] = ((SKU, BARCODE), (PRICE,))
    model = "retail.price"
    locks_catalogue = True

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        types = list(PriceType.objects.all())
        self._types = {price_type.name.casefold(): price_type for price_type in types}
        self._only_type = types[0] if len(types) == 1 else None

    def take(self, rows: list[Row], *, dry_run: bool) -> list[Outcome]:
        by_code, by_barcode = self._find_skus(rows)
        sku_ids = {sku.pk for sku in (*by_code.values(), *by_barcode.values())}
        series = self._load(sku_ids, {row.values["valid_from"] for row in rows if "valid_from" in row.values})
        written: dict[tuple[int, int, datetime], Price] = {}
        outcomes = []
        for row in rows:
            sku, price_type, problems = self._resolve(row, by_code, by_barcode)
            if sku is None or price_type is None or problems or row.problems:
                outcomes.append(faulty(row, *problems))
                continue
            outcomes.append(self._compare(row, sku, price_type, series, written))
        if not dry_run and written:
            Price.objects.bulk_create(
                written.values(),
                update_conflicts=True,
                unique_fields=["sku", "price_type", "valid_from"],
                update_fields=["amount"],
            )
        return outcomes

    def _find_skus(self, rows: list[Row]) -> tuple[dict[str, Sku], dict[str, Sku]]:
        codes = {row.get("sku") for row in rows}
        barcodes = {row.get("barcode") for row in rows if not row.get("sku")}
        by_code = {sku.code: sku for sku in Sku.objects.filter(code__in=codes)}
        found = Barcode.objects.filter(value__in=barcodes).select_related("sku")
        return by_code, {barcode.value: barcode.sku for barcode in found}

    def _load(self, sku_ids: set[int], moments: set[datetime]) -> Series:
        """Return the prices that matter to the rows, by SKU and price type: in force, ahead, and of their moments."""
        prices = Price.objects.filter(sku__in=sku_ids)
        in_force = prices.in_force(at=self._now)
        others = prices.filter(Q(valid_from__gt=self._now) | Q(valid_from__in=moments))
        series: Series = {}
        for price in (*in_force, *others):
            series.setdefault((price.sku_id, price.price_type_id), {})[price.valid_from] = price.amount
        return series

    def _resolve(
        self, row: Row, by_code: dict[str, Sku], by_barcode: dict[str, Sku]
    ) -> tuple[Sku | None, PriceType | None, list[Problem]]:
        problems = []
        code, barcode = row.get("sku"), row.get("barcode")
        sku = by_code.get(code) if code else by_barcode.get(barcode or "")
        if sku is None and code:
            problems.append(unknown_sku(code))
        elif sku is None and barcode:
            message = _now("No SKU has the barcode %(barcode)s.") % {"barcode": barcode}
            problems.append(Problem(str(BARCODE.title), message))
        elif sku is None and not row.problems:
            problems.append(Problem("", _now("A row needs a SKU code or a barcode.")))
        name = row.get("price_type")
        price_type = self._types.get(name.casefold()) if name else self._only_type
        if price_type is None and name:
            message = _now("There is no price type “%(name)s”.") % {"name": name}
            problems.append(Problem(str(PRICE_TYPE.title), message))
        elif price_type is None:
            problems.append(Problem(str(PRICE_TYPE.title), _now("There are several price types: name one.")))
        if "price" not in row.values and not row.problems:
            problems.append(Problem(str(PRICE.title), _now("Nothing is entered.")))
        return sku, price_type, problems

    def _compare(
        self,
        row: Row,
        sku: Sku,
        price_type: PriceType,
        series: Series,
        written: dict[tuple[int, int, datetime], Price],
    ) -> Outcome:
        amount: Decimal = row.values["price"]
        begins: datetime = row.get("valid_from") or self._now
        line = series.setdefault((sku.pk, price_type.pk), {})
        before = max((moment for moment in line if moment <= begins), default=None)
        if before and line[before] == amount:
            return Outcome(row.number, Action.SAME, str(sku))
        if begins <= self._now and (begun := [moment for moment in line if begins <= moment <= self._now]):
            message = _now("A price has begun at %(moment)s already: name a later moment.")
            return faulty(row, Problem(str(VALID_FROM.title), message % {"moment": _shown(max(begun))}))
        title = _now("%(price_type)s from %(moment)s") % {"price_type": price_type, "moment": _shown(begins)}
        change = Change(title, str(line[before]) if before else "", str(amount))
        action = Action.CHANGED if begins in line else Action.NEW
        line[begins] = amount
        written[sku.pk, price_type.pk, begins] = Price(sku=sku, price_type=price_type, valid_from=begins, amount=amount)
        return Outcome(row.number, action, str(sku), [change])


def _shown(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
