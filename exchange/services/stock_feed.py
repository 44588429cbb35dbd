"""What a register hears about stock: the balance rows that changed after its cursor, as absolute quantities.

One statement answers a poll, in one snapshot, whatever the number of registers. Which revisions a register follows
depends on its stock control: only those «without prompts» are told of wholesale invoices by themselves.
"""

from collections.abc import Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

import msgspec
from django.utils.translation import gettext_lazy as _

from exchange.services.cursors import Cursor, full_load
from registers.choices import StockControl
from registers.models import Register
from retail.exceptions import DomainError
from retail.services.statements import beside

STOCK_FEED = beside(__file__, "stock_feed.sql")
CHECKSUM = beside(__file__, "checksum.sql")


class StockSyncDisabled(DomainError):
    """«Синхронизировать остатки на кассах через HTTP-сервис» is off in the constants."""

    code = "stock_sync_disabled"

    def __init__(self) -> None:
        super().__init__(_("Stock synchronization is switched off in the constants."))


class Change(msgspec.Struct, frozen=True, gc=False):
    sku: str
    name: str
    available: Decimal
    revision: int


class StockPacket(msgspec.Struct, frozen=True):
    """The answer of `GET stock`; `cursor` is what the register asks with next."""

    changes: Sequence[Change]
    cursor: str
    more: bool


def told_of_invoices(stock_control: str) -> bool:
    """Say whether a register with this stock control hears a wholesale invoice when it is posted."""
    return stock_control == StockControl.WITHOUT_PROMPTS


def feed_of(*, told_of_invoices: bool) -> str:
    """Name the feed a register follows. It is part of the cursor: with the other one everything is loaded anew, for
    what invoices changed before is behind a position already passed."""
    return "a" if told_of_invoices else "s"


def next_cursor(cursor: Cursor, *, revision: int, last: int | None, more: bool) -> Cursor:
    """Move past a packet: to its last row while there is more, else to the end of the feed, where reading began anew.

    `revision` is the feed's own at the time of reading, `last` the revision of the packet's last row.
    """
    position = last if more and last is not None else revision
    return msgspec.structs.replace(cursor, position=position, floor=cursor.floor if more else revision)


_revision = attrgetter("revision")


class Asker(NamedTuple):
    """The register that a token in use belongs to, as far as an answer needs to know it."""

    register: int
    number: int


def read(*, register: Register, cursor: str | None) -> StockPacket:
    """Return the next packet after `cursor` (None: a full load). Raises `ReloadRequired`, `StockSyncDisabled`."""
    asked = Cursor.parse(cursor) if cursor else None
    return _packet(_rows(register.pk, None, asked), asked)


def read_for_token(*, digest: str, cursor: str | None) -> tuple[Asker, StockPacket] | None:
    """Return what `read` does, and to whom, in the same one statement that looks the token up.

    None unless the token is in use and its register active: `tokens.identify` says what is wrong with it.
    """
    asked = Cursor.parse(cursor) if cursor else None
    rows = _rows(None, digest, asked)
    return (Asker(*rows[0][:2]), _packet(rows, asked)) if rows else None


def _rows(register: int | None, digest: str | None, asked: Cursor | None) -> list[tuple[Any, ...]]:
    return STOCK_FEED.rows(
        register=register,
        digest=digest,
        position=asked.position if asked else 0,
        floor=asked.floor if asked else -1,
        anew=asked is None,
    )


def _packet(rows: list[tuple[Any, ...]], asked: Cursor | None) -> StockPacket:
    warehouse, stock_control, revision, epoch, load, sync_stock, packet_size, *told = rows[0][2:]
    if not sync_stock:
        raise StockSyncDisabled
    feed = feed_of(told_of_invoices=told_of_invoices(stock_control))
    if asked:
        asked.check(feed=feed, epoch=epoch, scope=warehouse, load=load, revision=revision)
    else:
        asked = full_load(feed, epoch=epoch, scope=warehouse, load=load, revision=revision)
    changes = sorted(map(Change, *told), key=_revision) if told[0] else []
    more = 0 < packet_size < len(changes)
    if more:
        changes.pop()
    moved = next_cursor(asked, revision=revision, last=changes[-1].revision if changes else None, more=more)
    return StockPacket(changes, str(moved), more)


class Checksum(msgspec.Struct, frozen=True, rename={"excepted": "except"}):
    """What a register recomputes over its own view; comparable only at the same cursor (docs/integrators.md)."""

    cursor: str
    revision: int
    count: int
    checksum: str
    excepted: Sequence[str]


def checksum(*, register: Register) -> Checksum:
    """Return the checksum of what this register should know. Raises `StockSyncDisabled`."""
    told_all = told_of_invoices(register.stock_control)
    revision, epoch, sync_stock, load, count, total, excepted = CHECKSUM.rows(
        register=register.pk,
        warehouse=register.warehouse_id,
        told_all=told_all,
    )[0]
    if not sync_stock:
        raise StockSyncDisabled
    cursor = Cursor(feed_of(told_of_invoices=told_all), epoch, register.warehouse_id, load, revision, revision)
    return Checksum(str(cursor), revision, count, f"{total:08x}", excepted)
