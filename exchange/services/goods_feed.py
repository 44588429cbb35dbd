"""What a register hears about goods: the SKUs its rule lets through, and once each that has left it.

The rule of this feed is the register's warehouse: goods are priced by the warehouse's retail price type, and a SKU
without a price above zero there is not sold there. It works like the stock feed, over the catalogue's revisions.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from exchange.services.cursors import Cursor, full_load
from exchange.services.stock_feed import next_cursor
from registers.models import Register
from retail.models import Constants, ItemGroup
from retail.services.statements import beside

GOODS_FEED = beside(__file__, "goods_feed.sql")
LARGEST_PAGE = 1000


class Goods(msgspec.Struct, frozen=True, gc=False):
    """A SKU as a register knows it. `vat` is the code of the rate, `plu` the number scales print in its barcodes."""

    sku: str
    name: str
    characteristic: str
    article: str
    group: int | None
    unit: str
    weighed: bool
    vat: str
    price: Decimal
    barcodes: Sequence[str]
    marking: str
    plu: int | None
    withdrawn: bool = False


class Withdrawn(msgspec.Struct, frozen=True, gc=False):
    sku: str
    withdrawn: bool = True


class Group(msgspec.Struct, frozen=True, gc=False):
    id: int
    parent: int | None
    name: str


class GoodsPacket(msgspec.Struct, frozen=True):
    """The answer of `GET goods`; groups come with the pages whose span of revisions they changed in."""

    goods: Sequence[Goods | Withdrawn]
    groups: Sequence[Group]
    cursor: str
    more: bool


def read(*, register: Register, cursor: str | None, now: datetime) -> GoodsPacket:
    """Return the next page after `cursor` (None: a full load). Raises `ReloadRequired`."""
    price_type = register.warehouse.retail_price_type_id
    asked = Cursor.parse(cursor) if cursor else None
    limit = _page_size()
    position = asked.position if asked else 0
    rows = GOODS_FEED.rows(register=register.pk, price_type=price_type, position=position, limit=limit, now=now)
    revision, epoch, load = rows[0][:3]
    if asked is None:
        asked = full_load("g", epoch=epoch, scope=price_type, load=load, revision=revision)
    else:
        asked.check(feed="g", epoch=epoch, scope=price_type, load=load, revision=revision)
    found = [row[3:] for row in rows if row[3] is not None]
    more = len(found) > limit
    if more:
        found.pop()
    moved = next_cursor(asked, revision=revision, last=found[-1][0] if found else None, more=more)
    groups = ItemGroup.objects.filter(revision__gt=position, revision__lte=moved.position).order_by("revision")
    return GoodsPacket(
        goods=_goods(found, withdrawn_after=asked.changed_since),
        groups=[Group(*values) for values in groups.values_list("pk", "parent_id", "name")],
        cursor=str(moved),
        more=more,
    )


def _page_size() -> int:
    """A page is a packet, and never so long that a catalogue of any size needs more than a page of memory."""
    packet_size = Constants.objects.values_list("packet_size", flat=True).get()
    return min(packet_size or LARGEST_PAGE, LARGEST_PAGE)


def _goods(found: list[tuple[Any, ...]], *, withdrawn_after: int) -> list[Goods | Withdrawn]:
    """Word the rows of a page. What the register may not sell is named only if it may have known it."""
    goods: list[Goods | Withdrawn] = []
    for revision, code, sold_here, price, name, characteristic, article, group, unit, weighed, vat, marking, plu, \
            barcodes in found:  # fmt: skip
        if sold_here:
            goods.append(
                Goods(code, name, characteristic, article, group, unit, weighed, vat, price, barcodes, marking, plu)
            )
        elif price is not None and revision > withdrawn_after:
            goods.append(Withdrawn(code))
    return goods
