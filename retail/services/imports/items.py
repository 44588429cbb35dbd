"""Items with their SKUs: a row is one SKU, and an item of several characteristics takes several rows.

A row is known by its SKU code. Without one (or with a new one) its item is known by the article, or by the name where
the item has no article, and its SKU by the characteristic. What is not known is made. Packs are not imported.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from retail.models import Constants, Item, Sku
from retail.services import skus as sku_codes
from retail.services.imports import item_columns
from retail.services.imports.columns import Column
from retail.services.imports.item_references import References
from retail.services.imports.item_shelf import Draft, Shelf
from retail.services.imports.outcomes import Action, Change, Outcome, Problem, Row, RowRefused, faulty

ITEM_FIELDS = ("name", "full_name", "article", "group", "unit", "vat_rate", "kind", "weighed", "marking")
SKU_FIELDS = ("plu", "withdrawn")


class ItemImporter:
    columns: Sequence[Column] = item_columns.ALL
    required: Sequence[Sequence[Column]] = ((item_columns.SKU, item_columns.ARTICLE, item_columns.NAME),)
    model = "retail.item"
    locks_catalogue = True

    def __init__(self, *, now: datetime) -> None:
        self._references = References(today=timezone.localdate(now))
        self._automatic_sku = Constants.objects.get().automatic_sku

    def take(self, rows: list[Row], *, dry_run: bool) -> list[Outcome]:
        shelf = Shelf(rows)
        self._references.begin_chunk()
        outcomes = [self._place(row, shelf) for row in rows]
        if not dry_run:
            self._references.save()
            _number(shelf.new_skus)
            shelf.save(item_fields=ITEM_FIELDS, sku_fields=SKU_FIELDS)
        return outcomes

    def _place(self, row: Row, shelf: Shelf) -> Outcome:
        """Find or make what a row speaks of, and change it where the row says otherwise."""
        try:
            if row.problems:
                raise RowRefused
            draft, sku = shelf.find(row)
            self._check_complete(row, draft, sku)
            values = self._resolve(row, draft)
            if "plu" in values:
                shelf.check_plu(values["plu"], sku)
        except RowRefused as refused:
            return faulty(row, *refused.problems)
        new = sku is None
        draft = draft or shelf.add_item(row)
        sku = sku or shelf.add_sku(draft, row)
        of_item = _apply(draft.item, values, ITEM_FIELDS)
        of_sku = _apply(sku, values, SKU_FIELDS)
        if "plu" in values:
            shelf.hold_plu(values["plu"], sku)
        if of_item:
            shelf.touch_item(draft.item)
        if of_sku:
            shelf.touch_sku(sku)
        subject = " ".join(filter(None, (sku.code, draft.item.name, row.get("characteristic"))))
        action = Action.NEW if new else Action.CHANGED if of_item or of_sku else Action.SAME
        return Outcome(row.number, action, subject, of_item + of_sku)

    def _check_complete(self, row: Row, draft: Draft | None, sku: Sku | None) -> None:
        """Raise `RowRefused` where the row leaves out what something new needs."""
        problems: list[Problem] = []
        if draft is None:
            missing = [name for name in ("name", "vat_rate") if name not in row.values]
            problems += [Problem(str(item_columns.TITLES[name]), _("A new item needs it.")) for name in missing]
        if sku is None and not row.get("sku") and not self._automatic_sku:
            message = _("Enter a SKU code: automatic codes are switched off in the constants.")
            problems.append(Problem(str(item_columns.TITLES["sku"]), message))
        if problems:
            raise RowRefused(*problems)

    def _resolve(self, row: Row, draft: Draft | None) -> dict[str, Any]:
        """Return the row's values as the fields take them. Raises `RowRefused`."""
        values = dict(row.values)
        if draft is None:
            values.setdefault("unit", "166" if values.get("weighed") else "796")
        problems: list[Problem] = []
        # The group comes last: it is made where it is missing, which a faulty row must not do.
        for name in ("unit", "vat_rate", "group"):
            if name in values and not problems:
                try:
                    values[name] = self._references.resolve(name, values[name])
                except ValidationError as error:
                    problems.append(Problem(str(item_columns.TITLES[name]), " ".join(error.messages)))
        if draft is not None and draft.item.pk and values.get("kind", draft.item.kind) != draft.item.kind:
            # What was sold as goods moves as goods: the stock of a document in waiting must not change its mind.
            problems.append(Problem(str(item_columns.TITLES["kind"]), _("It is chosen once, when the item is made.")))
        if problems:
            raise RowRefused(*problems)
        return values


def _apply(target: Item | Sku, values: dict[str, Any], names: Sequence[str]) -> list[Change]:
    """Set the named values that differ, and return what has changed."""
    changes: list[Change] = []
    for name in names:
        if name not in values:
            continue
        old = getattr(target, name, None) if target.pk or name in target.__dict__ else None
        if old == values[name]:
            continue
        setattr(target, name, values[name])
        changes.append(Change(str(item_columns.TITLES[name]), _shown(old), _shown(values[name])))
    return changes


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)


def _number(skus: list[Sku]) -> None:
    waiting = [sku for sku in skus if not sku.code]
    for sku, code in zip(waiting, sku_codes.next_codes(len(waiting)) if waiting else [], strict=True):
        sku.code = code
