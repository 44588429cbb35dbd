"""Goods for Artix: an `.aif` file of commands and an empty `.flz` of the same name, which says that it is whole.

A cash server deletes both once it has loaded them. Until then nothing is written. A cash server that is told over HTTP
(`artix_sending`) is told the same commands, and no file is written for it.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from exchange.choices import FileDialect
from exchange.models import Equipment
from exchange.protocols.artix import assumptions, dictionaries
from exchange.services.putting import put
from exchange.services.rules.goods import Goods
from exchange.services.transaction_files import outgoing
from exchange.services.transaction_files.outgoing import News
from retail.models import Item, Unit, VatRate

GOODS, FLAG = ".aif", ".flz"
DRAFT = ".goods.aif.part"
PATIENCE = timedelta(minutes=1)
_OURS = re.compile(r"pos\d{14}\.(?:aif|flz)", re.ASCII)


def write(*, equipment: Equipment, folder: Path, now: datetime) -> bool:
    """Write what a till is to load, if it has loaded what was written before. Raises `OSError`."""
    if equipment.rule is None or equipment.register is None or equipment.dialect != FileDialect.ARTIX:
        return False
    if hasattr(equipment, "artix_server"):
        return False
    at = now.astimezone(equipment.register.shop.zone)
    path = folder / f"pos{at:%Y%m%d%H%M%S}{GOODS}"
    with transaction.atomic(durable=True):
        state = outgoing.lock(equipment)
        if state is None or not _is_free(folder, now):
            return False
        outgoing.confirm(state, now)
        news = outgoing.news(equipment, state, now, says_withdrawn=True)
        if news is None:
            return False
        put(path, dictionaries.in_file(commands(equipment, news, at=at)), draft=DRAFT)
        news.await_loading(state)
    path.with_suffix(FLAG).touch()
    outgoing.record(equipment, news, operation=path.name, now=now)
    return True


def lies_since(equipment: Equipment) -> datetime | None:
    """Return since when goods have lain there that nobody has loaded; None if there are none. Raises `OSError`."""
    folder = Path(settings.EQUIPMENT_FILES) / equipment.folder
    if not settings.EQUIPMENT_FILES or not folder.is_dir():
        return None
    written = [path.lstat().st_mtime for path in folder.glob(f"pos*{GOODS}") if _OURS.fullmatch(path.name)]
    return datetime.fromtimestamp(min(written), UTC) if written else None


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


def commands(equipment: Equipment, news: News, *, at: datetime) -> Iterator[bytes]:
    """Yield the commands that tell a cash server what is new; `at` is by the clock of its shop."""
    assert equipment.register is not None  # Looked at by who asks.
    taxes = {rate.code: _tax(rate) for rate in VatRate.objects.order_by("pk")}
    fixed = not equipment.register.discounts
    return dictionaries.commands(
        units=_units(),
        taxes=taxes.values(),
        groups=(dictionaries.Group(str(one.id), one.name, _group(one.parent)) for one in news.groups),
        goods=(_good(row, taxes, fixed=fixed) for row in news.goods()),
        full=news.full,
        at=at,
    )


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
