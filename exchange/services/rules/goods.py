"""The goods of a device by its rule: whole items in the order of the wire, a page of them in memory at a time."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice

import msgspec

from exchange.models import ExchangeRule
from exchange.services.rules import formats
from exchange.services.rules.positions import Position
from exchange.services.rules.readers import reader
from retail.services import skus
from retail.services.statements import beside

PAGE = 500
_ALL = beside(__file__, "items_all.sql")
_CHANGED = beside(__file__, "items_changed.sql")
_ROWS = reader("rows.sql")


class Goods(msgspec.Struct, frozen=True, gc=False):
    """A SKU as its rule tells it, by its `code`; `sku`, `item`, `characteristic`, `pack` and `group` are keys.

    `vat` is what is sent, which may be the rule's substitute; `available` is None where the rule does not tell it;
    `price` is 0 where there is none. One that is `withdrawn` must not be sold any more: the rest of it is as it is now.
    """

    sku: int
    code: str
    item: int
    characteristic: int | None
    pack: int | None
    name: str
    full_name: str
    characteristic_name: str
    pack_name: str
    pack_quantity: Decimal | None
    article: str
    group: int | None
    unit_code: str
    unit_name: str
    weighed: bool
    service: bool
    marking: str
    vat: str
    price: Decimal
    available: Decimal | None
    barcodes: Sequence[str]
    plu: int | None
    withdrawn: bool


def changed(
    *, rule: ExchangeRule, format_version: int | None, after: Position | None, now: datetime
) -> Iterator[Goods]:
    """Yield every SKU of the items of which anything has changed after a position; what left the rule as withdrawn.

    What did not pass at that position either is not told: nobody has heard of it.

    None: all that pass, and only these. The position must fit (`positions.fits`).
    """
    items = _all_items() if after is None else _changed_items(rule, after)
    while page := list(islice(items, PAGE)):
        yield from _of(page, rule=rule, format_version=format_version, after=after, now=now)


def one(*, rule: ExchangeRule, format_version: int | None, code: str, now: datetime) -> list[Goods]:
    """Return the item whose SKU a code or barcode finds, as far as the rule lets it through.

    Empty if the SKU itself is not let through. Raises `skus.UnknownSku`.
    """
    sku, _quantity = skus.find(code)
    found = _of([sku.item_id], rule=rule, format_version=format_version, after=None, now=now)
    return found if any(goods.sku == sku.pk for goods in found) else []


def _of(
    items: Sequence[int], *, rule: ExchangeRule, format_version: int | None, after: Position | None, now: datetime
) -> list[Goods]:
    told = formats.parameters(format_version)
    rows = _ROWS.rows(
        rule=rule.pk,
        items=items,
        changes=after is not None,
        catalogue=after.catalogue if after else 0,
        stock=after.stock if after else 0,
        now=now,
        **told,
    )
    return [Goods(*row) for row in rows]


def _all_items() -> Iterator[int]:
    last = 0
    while page := _ALL.rows(last=last, limit=PAGE):
        last = page[-1][0]
        yield from (item for (item,) in page)


def _changed_items(rule: ExchangeRule, after: Position) -> Iterator[int]:
    rows = _CHANGED.rows(
        catalogue=after.catalogue,
        by_stock=rule.in_stock_only or rule.balances,
        warehouse=rule.warehouse_id,
        stock=after.stock,
    )
    yield from (item for (item,) in rows)
