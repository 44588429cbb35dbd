"""Goods for Artix: an `.aif` file of commands and an empty `.flz` of the same name, which says that it is whole.

A cash server deletes both once it has loaded them. Until then nothing is written; then the position of what it has
loaded is where it stands. The first file of a rule is a full one, and so is the next after an order of a full load.

The row of the device's state is locked while a file is written, so that nobody else writes one.
"""

import os
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path

import msgspec
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import ngettext

from exchange.choices import FileDialect
from exchange.models import DeviceState, Equipment
from exchange.protocols.artix import assumptions, dictionaries
from exchange.services.equipment_service import sessions, transfers
from exchange.services.equipment_service.sessions import Told
from exchange.services.rules import goods, groups, positions
from exchange.services.rules.goods import Goods
from exchange.services.rules.positions import Position
from retail.models import Item, Unit, VatRate

GOODS, FLAG = ".aif", ".flz"
PATIENCE = timedelta(minutes=1)
_OURS = re.compile(r"pos\d{14}\.(?:aif|flz)", re.ASCII)


class _Count:
    """Passes goods through, and counts them."""

    def __init__(self) -> None:
        self.goods = 0

    def of(self, rows: Iterable[Goods]) -> Iterator[Goods]:
        for row in rows:
            self.goods += 1
            yield row


def write(*, equipment: Equipment, folder: Path, now: datetime) -> bool:
    """Write what a till is to load, if it has loaded what was written before. Raises `OSError`."""
    if equipment.rule is None or equipment.register is None or equipment.dialect != FileDialect.ARTIX:
        return False
    with transaction.atomic(durable=True):
        state = _lock(equipment)
        if state is None or not _is_free(folder, now):
            return False
        _confirm(state, now)
        written = _write(equipment, state, folder, now)
    if written is None:
        return False
    path, count, full = written
    path.with_suffix(FLAG).touch()
    _record(equipment, path, count, full=full, now=now)
    return True


def lies_since(equipment: Equipment) -> datetime | None:
    """Return since when goods have lain there that nobody has loaded; None if there are none. Raises `OSError`."""
    folder = Path(settings.EQUIPMENT_FILES) / equipment.folder
    if not settings.EQUIPMENT_FILES or not folder.is_dir():
        return None
    written = [path.lstat().st_mtime for path in folder.glob(f"pos*{GOODS}") if _OURS.fullmatch(path.name)]
    return datetime.fromtimestamp(min(written), UTC) if written else None


def _lock(equipment: Equipment) -> DeviceState | None:
    """Lock the state of a device; None if somebody else is at it."""
    DeviceState.objects.get_or_create(equipment=equipment)
    return DeviceState.objects.select_for_update(skip_locked=True).filter(equipment=equipment).first()


def _is_free(folder: Path, now: datetime) -> bool:
    """Tell whether nothing lies there that is not loaded. A pair of which half has stayed is mended.

    What was written and not flagged is flagged now, in case we died in between: what is loaded twice does no harm. A
    flag without a file says nothing to anybody.
    """
    found = [path for path in folder.iterdir() if _OURS.fullmatch(path.name)]
    for path in found:
        other = path.with_suffix(FLAG if path.suffix == GOODS else GOODS)
        if other in found or now.timestamp() - path.lstat().st_mtime < PATIENCE.total_seconds():
            continue
        if path.suffix == GOODS:
            other.touch()
        else:
            path.unlink(missing_ok=True)
    return not found


def _confirm(state: DeviceState, now: datetime) -> None:
    """Move a device to what it has loaded."""
    if state.pending is not None:
        state.position, state.pending, state.confirmed_at = state.pending, None, now
        state.save(update_fields=["position", "pending", "confirmed_at"])


def _write(equipment: Equipment, state: DeviceState, folder: Path, now: datetime) -> tuple[Path, int, bool] | None:
    """Write a file, and return it with how many goods it has and whether it is full; None if there is nothing new."""
    rule, register = equipment.rule, equipment.register
    assert rule is not None  # Looked at by who asks.
    assert register is not None
    current, ordered = positions.now(rule=rule), transfers.ordered_load(equipment)
    known = msgspec.convert(state.position, Position) if state.position and state.load == ordered else None
    if known == current:
        return None
    after = known if positions.fits(known, current=current) else None
    count = _Count()
    rows = count.of(goods.changed(rule=rule, format_version=None, after=after, now=now))
    tree = groups.changed(rule=rule, after=after)
    first = next(rows, None)
    if first is None and not tree and after is not None:
        state.position = msgspec.to_builtins(current)
        state.save(update_fields=["position"])
        return None
    at = now.astimezone(register.shop.zone)
    path = folder / f"pos{at:%Y%m%d%H%M%S}{GOODS}"
    taxes = {rate.code: _tax(rate) for rate in VatRate.objects.order_by("pk")}
    told = dictionaries.write(
        units=_units(),
        taxes=taxes.values(),
        groups=(dictionaries.Group(str(one.id), one.name, _group(one.parent)) for one in tree),
        goods=(_good(row, taxes, fixed=not register.discounts) for row in chain([first] if first else [], rows)),
        full=after is None,
        at=at,
    )
    _put(path, told)
    state.pending, state.load = msgspec.to_builtins(current), ordered
    state.save(update_fields=["pending", "load"])
    return path, count.goods, after is None


def _units() -> Iterator[dictionaries.Unit]:
    weighed = Exists(Item.objects.filter(unit=OuterRef("pk"), weighed=True))
    for unit in Unit.objects.annotate(fractional=weighed).order_by("pk"):
        yield dictionaries.Unit(unit.code, unit.short_name, unit.fractional)


def _tax(rate: VatRate) -> dictionaries.Tax:
    """Return a rate as a group of taxes, whose number is the rate itself where that is whole."""
    if rate.percent is None:
        return dictionaries.Tax(assumptions.NO_VAT, rate.name)
    is_whole = rate.percent == rate.percent.to_integral_value()
    code = int(rate.percent) if is_whole and rate.percent < assumptions.NO_VAT else 100 + rate.pk
    return dictionaries.Tax(code, rate.name, rate.percent.quantize(Decimal("0.1")) if is_whole else rate.percent)


def _good(row: Goods, taxes: dict[str, dictionaries.Tax], *, fixed: bool) -> dictionaries.Good:
    variant = filter(None, (row.characteristic_name, row.pack_name))
    return dictionaries.Good(
        code=row.code,
        name=" ".join((row.name, *variant)),
        text=" ".join(filter(None, (row.full_name, row.characteristic_name, row.pack_name))),
        price=row.price,
        unit=row.unit_code,
        tax=taxes[row.vat].code if row.vat in taxes else assumptions.NO_VAT,
        barcodes=row.barcodes,
        article=row.article,
        group=_group(row.group),
        remain=None if row.service else row.available,
        weighed=row.weighed,
        service=row.service,
        marking=row.marking,
        fixed_price=fixed,
        withdrawn=row.withdrawn,
    )


def _group(pk: int | None) -> str:
    return "" if pk is None else str(pk)


def _put(path: Path, told: Iterable[bytes]) -> None:
    """Write a file under another name, and rename it when it is whole."""
    draft = path.parent / ".goods.aif.part"
    with draft.open("wb") as file:
        file.writelines(told)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _record(equipment: Equipment, path: Path, count: int, *, full: bool, now: datetime) -> None:
    summary = ngettext("%(count)d good, all there are.", "%(count)d goods, all there are.", count)
    if not full:
        summary = ngettext("%(count)d good that has changed.", "%(count)d goods that have changed.", count)
    told = Told(operation=path.name, device_id=equipment.device_id or "", equipment=equipment)
    told.summary = summary % {"count": count}
    sessions.record(told=told, asked=b"", answered=b"", by=None, address="", began=now, ended=now)
