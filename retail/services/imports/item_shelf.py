"""The items and SKUs that a chunk of rows speaks of, as they are and as they become.

Five queries find them and five at most write them, whatever the length of the chunk.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from retail.models import Characteristic, Item, Sku
from retail.services.imports.item_columns import TITLES
from retail.services.imports.outcomes import Problem, Row, RowRefused


@dataclass(slots=True, eq=False)
class Draft:
    """An item with its SKUs by the names of their characteristics; "" is the SKU without one. Packs are left out."""

    item: Item
    characteristics: dict[str, Characteristic] = field(default_factory=dict)
    skus: dict[str, Sku] = field(default_factory=dict)


class Shelf:
    def __init__(self, rows: Sequence[Row]) -> None:
        self._by_code: dict[str, tuple[Draft, Sku]] = {}
        self._by_article: defaultdict[str, list[Draft]] = defaultdict(list)
        self._by_name: defaultdict[str, list[Draft]] = defaultdict(list)
        self._plu: dict[int, str] = {}
        self._new_items: list[Item] = []
        self._new_characteristics: list[Characteristic] = []
        self.new_skus: list[Sku] = []
        self._changed_items: dict[int, Item] = {}
        self._changed_skus: dict[int, Sku] = {}
        self._load(rows)

    def find(self, row: Row) -> tuple[Draft | None, Sku | None]:
        """Return the item and the SKU a row speaks of, where they exist. Raises `RowRefused`."""
        code, variant = row.get("sku"), row.get("characteristic") or ""
        if code and code in self._by_code:
            draft, sku = self._by_code[code]
            if variant and draft.skus.get(variant) is not sku:
                message = _("SKU %(code)s has another characteristic, which an import does not change.")
                raise RowRefused(Problem(str(TITLES["characteristic"]), message % {"code": code}))
            return draft, sku
        found = self._find_item(row)
        known = found.skus.get(variant) if found else None
        if found and known and code:
            if not known.code:
                raise RowRefused(Problem("", _("The same item stands above in this file without a SKU code.")))
            message = _("This item and characteristic have the SKU code %(code)s already.")
            raise RowRefused(Problem(str(TITLES["sku"]), message % {"code": known.code}))
        return found, known

    def check_plu(self, plu: int, sku: Sku | None) -> None:
        """Raise `RowRefused` where the scales code is another SKU's."""
        holder = self._plu.get(plu)
        if holder is not None and (sku is None or holder != sku.code):
            message = _("Scales code %(plu)s belongs to SKU %(code)s.") % {"plu": plu, "code": holder}
            raise RowRefused(Problem(str(TITLES["plu"]), message))

    def hold_plu(self, plu: int, sku: Sku) -> None:
        self._plu[plu] = sku.code

    def add_item(self, row: Row) -> Draft:
        draft = Draft(Item())
        self._new_items.append(draft.item)
        self._by_name[row.values["name"]].append(draft)
        if article := row.get("article"):
            self._by_article[article].append(draft)
        return draft

    def add_sku(self, draft: Draft, row: Row) -> Sku:
        sku = Sku(code=row.get("sku") or "", item=draft.item)
        if variant := row.get("characteristic"):
            if variant not in draft.characteristics:
                draft.characteristics[variant] = Characteristic(item=draft.item, name=variant)
                self._new_characteristics.append(draft.characteristics[variant])
            sku.characteristic = draft.characteristics[variant]
        draft.skus[variant or ""] = sku
        if sku.code:
            self._by_code[sku.code] = draft, sku
        self.new_skus.append(sku)
        return sku

    def touch_item(self, item: Item) -> None:
        if item.pk:
            self._changed_items[item.pk] = item

    def touch_sku(self, sku: Sku) -> None:
        if sku.pk:
            self._changed_skus[sku.pk] = sku

    def save(self, *, item_fields: Sequence[str], sku_fields: Sequence[str]) -> None:
        """Write what is new and what has changed; SKUs must have their codes by now."""
        Item.objects.bulk_create(self._new_items)
        # One INSERT … ON CONFLICT: bulk_update would write a CASE per row and field, thirty times slower.
        if self._changed_items:
            Item.objects.bulk_create(
                self._changed_items.values(), update_conflicts=True, unique_fields=["id"], update_fields=item_fields
            )
        Characteristic.objects.bulk_create(self._new_characteristics)
        Sku.objects.bulk_create(self.new_skus)
        if self._changed_skus:
            Sku.objects.bulk_create(
                self._changed_skus.values(), update_conflicts=True, unique_fields=["id"], update_fields=sku_fields
            )

    def _find_item(self, row: Row) -> Draft | None:
        article, name = row.get("article"), row.get("name")
        found = self._by_article.get(article, []) if article else []
        what = _("Several items have the article %(value)s: give the SKU code.") % {"value": article}
        if not found and name:
            found = self._by_name.get(name, [])
            if article:  # An item of this name under another article is another item.
                found = [draft for draft in found if not draft.item.article]
            what = _("Several items are called “%(value)s”: give the SKU code or the article.") % {"value": name}
        if len(found) > 1:
            raise RowRefused(Problem("", what))
        return found[0] if found else None

    def _load(self, rows: Sequence[Row]) -> None:
        codes = {row.get("sku") for row in rows} - {None}
        ids = set(Sku.objects.filter(code__in=codes).values_list("item_id", flat=True))
        for name in ("article", "name"):
            values = {row.get(name) for row in rows} - {None}
            ids.update(Item.objects.filter(**{f"{name}__in": values}).values_list("pk", flat=True))
        drafts = {}
        for item in Item.objects.filter(pk__in=ids).select_related("group", "unit", "vat_rate"):
            draft = drafts[item.pk] = Draft(item)
            self._by_name[item.name].append(draft)
            if item.article:
                self._by_article[item.article].append(draft)
        self._load_skus(drafts)
        holders = Sku.objects.filter(plu__in={row.get("plu") for row in rows} - {None})
        self._plu = {plu: code for plu, code in holders.values_list("plu", "code") if plu is not None}

    def _load_skus(self, drafts: dict[int, Draft]) -> None:
        names = {}
        for characteristic in Characteristic.objects.filter(item__in=drafts):
            drafts[characteristic.item_id].characteristics[characteristic.name] = characteristic
            names[characteristic.pk] = characteristic.name
        for sku in Sku.objects.filter(item__in=drafts):
            draft = drafts[sku.item_id]
            self._by_code[sku.code] = draft, sku
            if sku.pack_id is None:
                draft.skus[names[sku.characteristic_id] if sku.characteristic_id else ""] = sku
