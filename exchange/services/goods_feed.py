"""What a register hears about goods: the SKUs its rule lets through, and once each that has left it.

Without an exchange rule of its own the rule is the register's warehouse: goods are priced by the warehouse's retail
price type, and a SKU without a price above zero there is not sold there. It works like the stock feed, over the
catalogue's revisions. A register with a rule (`exchange.services.rules.feed`) is found out by the same statement.
"""

from datetime import datetime
from typing import Any

from exchange.services.cursors import Cursor, full_load
from exchange.services.goods_packets import Goods, GoodsPacket, Group, Withdrawn, page_size
from exchange.services.rules import feed
from exchange.services.stock_feed import next_cursor
from registers.models import Register
from retail.models import ItemGroup
from retail.services.statements import beside

GOODS_FEED = beside(__file__, "goods_feed.sql")


def read(*, register: Register, cursor: str | None, now: datetime) -> GoodsPacket:
    """Return the next page after `cursor` (None: a full load). Raises `ReloadRequired`."""
    price_type = register.warehouse.retail_price_type_id
    asked = Cursor.parse(cursor) if cursor else None
    limit = page_size()
    position = asked.position if asked else 0
    rows = GOODS_FEED.rows(register=register.pk, price_type=price_type, position=position, limit=limit, now=now)
    rule, revision, epoch, load = rows[0][:4]
    if rule is not None:
        return feed.read(rule=rule, register=register, asked=asked, limit=limit, now=now)
    if asked is None:
        asked = full_load("g", epoch=epoch, scope=price_type, load=load, revision=revision)
    else:
        asked.check(feed="g", epoch=epoch, scope=price_type, load=load, revision=revision)
    found = [row[4:] for row in rows if row[4] is not None]
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
