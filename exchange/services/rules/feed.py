"""What a register that has a rule hears of goods: `GET goods`, and its cursor, which is over with the rule's revision.

It is read as the catalogue's feed is. With a rule that looks at stock a second reading follows, of what is left: it
begins where a full load began, and goes on each time the catalogue has been read to its end.
"""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from exchange.services.cursors import Cursor, full_load
from exchange.services.goods_packets import Goods, GoodsPacket, Group, Withdrawn
from exchange.services.rules import formats, groups
from exchange.services.rules.readers import reader
from exchange.services.stock_feed import next_cursor
from registers.models import Register

_FEED = reader("feed.sql")
_BY_STOCK, _AT = 0, 1
_NO_PRICE = Decimal("0.00")


def read(*, rule: int, register: Register, asked: Cursor | None, limit: int, now: datetime) -> GoodsPacket:
    """Return the next page after a cursor (None: a full load). Raises `ReloadRequired`."""
    began = asked.stock if asked and asked.floor >= 0 else None
    rows = _FEED.rows(
        rule=rule,
        register=register.pk,
        position=asked.position if asked else 0,
        stock=-1 if began is None else began,
        limit=limit,
        now=now,
        **formats.parameters(None),
    )
    revision, epoch, load, rule_revision, stock_revision = rows[0][:5]
    if asked is None:
        start = full_load("r", epoch=epoch, scope=rule_revision, load=load, revision=revision)
        start = msgspec.structs.replace(start, stock=stock_revision)
    else:
        asked.check(feed="r", epoch=epoch, scope=rule_revision, load=load, revision=revision)
        start = asked
    found = [row[5:] for row in rows if row[5] is not None]
    more = len(found) > limit
    if more:
        found.pop()
    return GoodsPacket(
        goods=_goods(found, withdrawn_after=start.changed_since),
        groups=_groups(rule, asked),
        cursor=str(_moved(start, found, more=more, revision=revision, stock_revision=stock_revision)),
        more=more,
    )


def _moved(start: Cursor, found: list[tuple[Any, ...]], *, more: bool, revision: int, stock_revision: int) -> Cursor:
    """Move past a page: the catalogue first; once it is at its end, stock."""
    last_by_stock = found[-1][_AT] if found and found[-1][_BY_STOCK] else None
    if more and last_by_stock is None:
        return next_cursor(start, revision=revision, last=found[-1][_AT], more=True)
    moved = next_cursor(start, revision=revision, last=None, more=False)
    if start.floor < 0:  # A full load has just ended: what is left is followed from where it began.
        return moved
    return msgspec.structs.replace(moved, stock=last_by_stock if more else stock_revision)


def _groups(rule: int, asked: Cursor | None) -> list[Group]:
    """A full load begins with all groups; its other pages tell what has changed since it began."""
    after = -1 if asked is None else asked.position if asked.floor >= 0 else asked.changed_since
    return [Group(group.id, group.parent, group.name) for group in groups.since(rule=rule, catalogue=after)]


def _goods(found: list[tuple[Any, ...]], *, withdrawn_after: int) -> list[Goods | Withdrawn]:
    """Word the rows of a page. What the register may not sell is named only if it may have known it."""
    goods: list[Goods | Withdrawn] = []
    for by_stock, at, code, sold_here, price, ever_sold_here, name, characteristic, article, group, unit, weighed, \
            vat, marking, plu, barcodes in found:  # fmt: skip
        if sold_here:
            amount = price if price is not None else _NO_PRICE
            goods.append(
                Goods(code, name, characteristic, article, group, unit, weighed, vat, amount, barcodes, marking, plu)
            )
        elif ever_sold_here and (by_stock or at > withdrawn_after):
            goods.append(Withdrawn(code))
    return goods
