"""What a courier's register hears of customer orders: those it is to deliver, and once each that it is not any more.

It works like the feed of goods, over the register's own revisions (`stock.OrderFeed`): nothing of another register's
orders is ever read. What is told for the first time is noted in the order's life (`stock.services.orders.tell`).
"""

from collections.abc import Sequence
from datetime import date as Date
from datetime import datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from exchange.services.cursors import Cursor, full_load
from exchange.services.stock_feed import next_cursor
from registers.models import Register
from retail.services.statements import beside
from stock.services import orders

ORDERS_FEED = beside(__file__, "orders_feed.sql")
LARGEST_PAGE = 200
FAR = 2**62  # A full load tells nothing of what left before it began.


class OrderLine(msgspec.Struct, frozen=True, gc=False):
    line: int
    sku: str
    name: str
    quantity: Decimal
    price: Decimal
    vat: str | None
    amount: Decimal


class Order(msgspec.Struct, frozen=True, gc=False):
    """An order to deliver. `uid` is what a receipt made from it names as its order."""

    uid: str
    number: str
    date: datetime
    customer: str
    phone: str
    address: str
    delivery_date: Date | None
    delivery_from: str | None
    delivery_to: str | None
    prepaid: Decimal
    total: Decimal
    comment: str
    lines: Sequence[OrderLine]
    withdrawn: bool = False


class Withdrawn(msgspec.Struct, frozen=True, gc=False):
    uid: str
    withdrawn: bool = True


class OrdersPacket(msgspec.Struct, frozen=True):
    """The answer of `GET orders`."""

    orders: Sequence[Order | Withdrawn]
    cursor: str
    more: bool


_lines = msgspec.json.Decoder(list[OrderLine]).decode


def read(*, register: Register, cursor: str | None, now: datetime) -> OrdersPacket:
    """Return the next page after `cursor` (None: a full load). Raises `ReloadRequired`."""
    asked = Cursor.parse(cursor) if cursor else None
    rows = ORDERS_FEED.rows(
        register=register.pk,
        position=asked.position if asked else 0,
        floor=asked.changed_since if asked else FAR,
        most=LARGEST_PAGE,
    )
    revision, epoch, load, packet_size = rows[0][:4]
    if asked is None:
        asked = full_load("o", epoch=epoch, scope=register.pk, load=load, revision=revision)
    else:
        asked.check(feed="o", epoch=epoch, scope=register.pk, load=load, revision=revision)
    found = [row[4:] for row in rows if row[4] is not None]
    more = len(found) > min(packet_size or LARGEST_PAGE, LARGEST_PAGE)
    if more:
        found.pop()
    moved = next_cursor(asked, revision=revision, last=found[-1][0] if found else None, more=more)
    if fresh := [at for at, live, told, *_order in found if live and not told]:
        orders.tell(register=register, revisions=fresh, now=now)
    return OrdersPacket([_order(*row[1:]) for row in found], str(moved), more)


def _order(live: bool, _told: bool, uid: str, *rest: Any) -> Order | Withdrawn:
    if not live:
        return Withdrawn(uid)
    number, date, customer, phone, address, day, begins, ends, prepaid, comment, told_lines = rest
    lines = _lines(told_lines or "[]")
    return Order(
        uid=uid,
        number=number,
        date=date,
        customer=customer,
        phone=phone,
        address=address,
        delivery_date=day,
        delivery_from=_clock(begins),
        delivery_to=_clock(ends),
        prepaid=prepaid,
        total=sum((line.amount for line in lines), Decimal("0.00")),
        comment=comment,
        lines=lines,
    )


def _clock(moment: time | None) -> str | None:
    return moment.strftime("%H:%M") if moment else None
