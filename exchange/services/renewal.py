"""A new epoch for every feed, after a restore: what registers hold are places in a future that has not happened.

A cursor ahead of its feed is refused by itself, but a feed that has caught up would not notice, and a register would
miss for ever what it was told under other revisions. With a new epoch every cursor is refused (410) and each register
loads anew; a device that is told by files or packages is told everything. It proves itself: cursors that were good
before are asked with afterwards.

`script/restore` leaves a mark in the database before it fills it, which is taken off here: no host says that it is
ready until then (`config.health`).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Func, Value
from django.utils.translation import gettext_lazy as _

from exchange.services import goods_feed, stock_feed
from exchange.services.cursors import ReloadRequired
from exchange.services.stock_feed import StockSyncDisabled
from registers.models import Register
from retail.exceptions import DomainError
from retail.models import Catalogue
from stock.models import WarehouseFeed
from stock.services import wakeups

MARK = "prilavok_restoring"  # A schema, so that the database is still empty of tables.


class CursorGood(DomainError):
    """A cursor of before is answered still: the feeds are not renewed."""

    code = "cursor_good"

    def __init__(self, register: Register) -> None:
        super().__init__(_("Register %(register)s is still answered by an old cursor.") % {"register": register})


class Renewed(NamedTuple):
    """So many feeds have a new epoch, which so many cursors of registers have proved."""

    feeds: int
    refused: int


class _Asking(NamedTuple):
    register: Register
    feed: Callable[..., object]
    cursor: str


def renew(*, now: datetime) -> Renewed:
    """Give every feed a new epoch and prove it. May be run at any time, and again. Raises `CursorGood`."""
    asking = [one for register in _sample() for one in _good(register, now)]
    epoch = Func(Func(Func(function="gen_random_uuid"), function="md5", template="md5(%(expressions)s::text)"),
                 Value(12), function="left")  # fmt: skip
    with transaction.atomic(durable=True):
        list(WarehouseFeed.objects.order_by("warehouse_id").select_for_update())
        feeds = WarehouseFeed.objects.update(epoch=epoch)
    feeds += Catalogue.objects.update(epoch=epoch)
    for one in asking:
        _check_refused(one)
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA IF EXISTS {MARK}")
    wakeups.announce(WarehouseFeed.objects.values_list("warehouse_id", flat=True))
    return Renewed(feeds, len(asking))


def is_awaited() -> bool:
    """Tell whether the database was restored and its feeds were not renewed since."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regnamespace(%s) IS NOT NULL", [MARK])
        awaited: bool = cursor.fetchone()[0]
    return awaited


def _sample() -> list[Register]:
    """Return a register of each warehouse that has any."""
    found = Register.objects.active().select_related("warehouse")
    return list(found.order_by("warehouse_id", "pk").distinct("warehouse_id"))


def _good(register: Register, now: datetime) -> Iterator[_Asking]:
    """Yield a cursor of each feed of a register that is good at this moment."""
    goods = partial(goods_feed.read, register=register, now=now)
    yield _Asking(register, goods, goods(cursor=None).cursor)
    stock = partial(stock_feed.read, register=register)
    try:
        yield _Asking(register, stock, stock(cursor=None).cursor)
    except StockSyncDisabled:
        return


def _check_refused(one: _Asking) -> None:
    try:
        one.feed(cursor=one.cursor)
    except ReloadRequired:
        return
    raise CursorGood(one.register)
