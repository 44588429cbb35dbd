"""Goods for tills that load files: by the rule of the equipment, all of them or what has changed.

A file that a till has not loaded is never overwritten; that it has, it says itself, by rewriting its second line or by
taking the file away. Then, and not before, the position that the file was written of is where the till stands. What
leaves the rule cannot be said in a file of changes, so then the whole is written.
"""

import os
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path

import msgspec
from django.db import transaction

from exchange.choices import FileDialect
from exchange.models import DeviceState, Equipment
from exchange.protocols.frontol import goods as frontol
from exchange.protocols.shtrih import goods as shtrih
from exchange.services.rules import goods, groups, positions
from exchange.services.rules.goods import Goods
from exchange.services.rules.groups import Group
from exchange.services.rules.positions import Position

GOODS, FLAG = "goods.txt", "goods-flag.txt"
GROUP_CODES = 900_000_000  # Groups and goods share their codes in a till.
SERVICE = 4
_HEAD = 4096
WRITES = frozenset({FileDialect.SHTRIH.value, FileDialect.FRONTOL.value})


def write(*, equipment: Equipment, folder: Path, now: datetime) -> bool:
    """Write what a till is to load, if it has loaded what was written before. Raises `OSError`."""
    rule = equipment.rule
    if rule is None or equipment.dialect not in WRITES:
        return False
    path = folder / GOODS
    if path.exists() and _is_new(path):
        return False
    state = _confirmed(equipment, now)
    current = positions.now(rule=rule)
    known = msgspec.convert(state.position, Position) if state.position else None
    if known == current:
        return False
    after = known if positions.fits(known, current=current) else None
    if after is not None and _has_withdrawn(equipment, after, now):
        after = None
    found = goods.changed(rule=rule, format_version=None, after=after, now=now)
    first = next(found, None)
    if first is None and after is not None:
        _stand(state, position=current)
        return False
    rows = chain([first], found) if first is not None else iter(())
    _put(path, _lines(equipment.dialect, groups.changed(rule=rule, after=after), rows, full=after is None))
    _stand(state, pending=current)
    _put(folder / FLAG, ())
    return True


def _is_new(path: Path) -> bool:
    with path.open("rb") as file:
        return shtrih.state_of(file.read(_HEAD)) == shtrih.NEW


@transaction.atomic
def _confirmed(equipment: Equipment, now: datetime) -> DeviceState:
    """Return where a till stands, now that nothing lies in its folder which it has not loaded."""
    state, _made = DeviceState.objects.select_for_update().get_or_create(equipment=equipment)
    if state.pending is not None:
        state.position, state.pending, state.confirmed_at = state.pending, None, now
        state.save(update_fields=["position", "pending", "confirmed_at"])
    return state


def _stand(state: DeviceState, *, position: Position | None = None, pending: Position | None = None) -> None:
    if position is not None:
        state.position = msgspec.to_builtins(position)
    state.pending = msgspec.to_builtins(pending) if pending is not None else None
    state.save(update_fields=["position", "pending"])


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
