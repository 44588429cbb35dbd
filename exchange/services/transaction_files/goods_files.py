"""Goods for tills that load files: by the rule of the equipment, all of them or what has changed.

A file that a till has not loaded is never overwritten; that it has, it says itself, by rewriting its second line or by
taking the file away. Then, and not before, the position that the file was written of is where the till stands. What
leaves the rule cannot be said in a file of changes, so then the whole is written.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

import msgspec
from django.db import transaction
from django.utils.translation import ngettext

from exchange.choices import FileDialect
from exchange.models import DeviceState, Equipment
from exchange.protocols.frontol import goods as frontol
from exchange.protocols.shtrih import goods as shtrih
from exchange.services.equipment_service import sessions, transfers
from exchange.services.equipment_service.sessions import Told
from exchange.services.rules import goods, groups, positions
from exchange.services.rules.goods import Goods
from exchange.services.rules.groups import Group
from exchange.services.rules.positions import Position

GOODS, FLAG = "goods.txt", "goods-flag.txt"
GROUP_CODES = 900_000_000  # Groups and goods share their codes in a till.
SERVICE = 4
PATIENCE = timedelta(minutes=10)
_HEAD = 4096
WRITES = frozenset({FileDialect.SHTRIH.value, FileDialect.FRONTOL.value})


def write(*, equipment: Equipment, folder: Path, now: datetime) -> bool:
    """Write what a till is to load, if it has loaded what was written before. Raises `OSError`.

    The row of the device's state is locked meanwhile, and whoever finds it locked leaves it to the other.
    """
    if equipment.rule is None or equipment.dialect not in WRITES:
        return False
    path = folder / GOODS
    with transaction.atomic(durable=True):
        state = _lock(equipment)
        if state is None or not _is_free(path, now):
            return False
        _confirm(state, now)
        written = _write(equipment, state, path, now)
    if written is None:
        return False
    _put(folder / FLAG, ())
    _record(equipment, *written, now=now)
    return True


def _lock(equipment: Equipment) -> DeviceState | None:
    """Lock the state of a device; None if somebody else is at it."""
    DeviceState.objects.get_or_create(equipment=equipment)
    return DeviceState.objects.select_for_update(skip_locked=True).filter(equipment=equipment).first()


def _is_free(path: Path, now: datetime) -> bool:
    """Tell whether no file lies there that is not loaded.

    One that has lain long without a flag is flagged now, in case we died in between: loading twice does no harm.
    """
    try:
        with path.open("rb") as file:
            is_new = shtrih.state_of(file.read(_HEAD)) == shtrih.NEW
            written_at = os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return True
    flag = path.with_name(FLAG)
    if is_new and now.timestamp() - written_at > PATIENCE.total_seconds() and not flag.exists():
        _put(flag, ())
        os.utime(path, (now.timestamp(), now.timestamp()))  # Once for each while, and not at every look.
    return not is_new


def _confirm(state: DeviceState, now: datetime) -> None:
    """Let a till stand where the file that it has loaded was written."""
    if state.pending is not None:
        state.position, state.pending, state.confirmed_at = state.pending, None, now
        state.save(update_fields=["position", "pending", "confirmed_at"])


def _write(equipment: Equipment, state: DeviceState, path: Path, now: datetime) -> tuple[int, bool] | None:
    """Write a file, and return how many goods it has and whether it is full; None if there is nothing to tell."""
    rule = equipment.rule
    assert rule is not None  # Looked at by who asks.
    current, ordered = positions.now(rule=rule), transfers.ordered_load(equipment)
    known = msgspec.convert(state.position, Position) if state.position and state.load == ordered else None
    if known == current:
        return None
    after = known if positions.fits(known, current=current) else None
    if after is not None and _has_withdrawn(equipment, after, now):
        after = None
    rows = goods.changed(rule=rule, format_version=None, after=after, now=now)
    tree = groups.changed(rule=rule, after=after)
    first = next(rows, None)
    if first is None and not tree and after is not None:
        state.position = msgspec.to_builtins(current)
        state.save(update_fields=["position"])
        return None
    count = _Count()
    told = count.of(chain([first] if first is not None else [], rows))
    _put(path, _lines(equipment.dialect, tree, told, full=after is None))
    state.pending, state.load = msgspec.to_builtins(current), ordered
    state.save(update_fields=["pending", "load"])
    return count.goods, after is None


def _record(equipment: Equipment, count: int, full: bool, *, now: datetime) -> None:
    summary = ngettext("%(count)d good, all there are.", "%(count)d goods, all there are.", count)
    if not full:
        summary = ngettext("%(count)d good that has changed.", "%(count)d goods that have changed.", count)
    told = Told(operation=GOODS, device_id=equipment.device_id or "", equipment=equipment)
    told.summary = summary % {"count": count}
    sessions.record(told=told, asked=b"", answered=b"", by=None, address="", began=now, ended=now)


class _Count:
    """Counts goods on their way."""

    def __init__(self) -> None:
        self.goods = 0

    def of(self, rows: Iterable[Goods]) -> Iterator[Goods]:
        for row in rows:
            self.goods += 1
            yield row


def _has_withdrawn(equipment: Equipment, after: Position, now: datetime) -> bool:
    assert equipment.rule is not None  # Checked by who asks.
    changed = goods.changed(rule=equipment.rule, format_version=None, after=after, now=now)
    return any(row.withdrawn for row in changed)


def _lines(dialect: str, tree: Iterable[Group], rows: Iterable[Goods], *, full: bool) -> Iterator[bytes]:
    if dialect == FileDialect.SHTRIH:
        yield from shtrih.write(
            groups=(shtrih.Group(_group(one.id), one.name, _group(one.parent)) for one in tree),
            goods=(_shtrih(row) for row in rows),
            full=full,
        )
    else:
        yield from frontol.write(
            groups=(frontol.Group(_group(one.id), one.name, _group(one.parent)) for one in tree),
            goods=(_frontol(row) for row in rows),
            full=full,
        )


def _shtrih(row: Goods) -> shtrih.Good:
    return shtrih.Good(
        code=row.code,
        name=_name(row),
        price=row.price,
        text=row.name,
        barcodes=row.barcodes,
        balance=row.available,
        fractional=row.weighed,
        vat=row.vat,
        article=row.article,
        group=_group(row.group),
        unit=row.unit_name,
        marking=row.marking,
        subject=SERVICE if row.service else 1,
    )


def _frontol(row: Goods) -> frontol.Good:
    return frontol.Good(
        code=row.code,
        name=_name(row),
        price=row.price,
        text=row.name,
        barcodes=row.barcodes,
        balance=row.available,
        fractional=row.weighed,
        vat=row.vat,
        article=row.article,
        group=_group(row.group),
        marking=row.marking,
        subject=SERVICE if row.service else 1,
    )


def _name(row: Goods) -> str:
    return " ".join(filter(None, (row.name, row.characteristic_name, row.pack_name)))


def _group(pk: int | None) -> str:
    return str(GROUP_CODES + pk) if pk is not None else ""


def _put(path: Path, lines: Iterable[bytes]) -> None:
    """Write a file under another name, and rename it when it is whole."""
    made = path.with_name(f".{path.name}.part")
    with made.open("wb") as file:
        file.writelines(lines)
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)
