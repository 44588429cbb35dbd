"""Goods for tills that load files: by the rule of the equipment, all of them or what has changed.

A file that a till has not loaded is never overwritten; that it has, it says itself, by rewriting its second line or by
taking the file away. What leaves the rule cannot be said in a file of changes, so then the whole is written.
"""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from django.db import transaction

from exchange.choices import FileDialect
from exchange.models import Equipment
from exchange.protocols.frontol import goods as frontol
from exchange.protocols.shtrih import goods as shtrih
from exchange.services.putting import put
from exchange.services.rules.goods import Goods
from exchange.services.transaction_files import encodings, outgoing
from exchange.services.transaction_files.outgoing import News

GOODS, FLAG = "goods.txt", "goods-flag.txt"
GROUP_CODES = 900_000_000  # Groups and goods share their codes in a till.
SERVICE = 4
PATIENCE = timedelta(minutes=10)
_HEAD = 4096
WRITES = frozenset({FileDialect.SHTRIH.value, FileDialect.FRONTOL.value})


def write(*, equipment: Equipment, folder: Path, now: datetime) -> bool:
    """Write what a till is to load, if it has loaded what was written before. Raises `OSError`."""
    if equipment.rule is None or equipment.dialect not in WRITES:
        return False
    path = folder / GOODS
    with transaction.atomic(durable=True):
        state = outgoing.lock(equipment)
        if state is None or not _is_free(path, now):
            return False
        outgoing.confirm(state, now)
        news = outgoing.news(equipment, state, now, says_withdrawn=False)
        if news is None:
            return False
        put(path, chain([encodings.begin(equipment.encoding)], _lines(equipment, news)))
        news.await_loading(state)
    put(folder / FLAG, ())
    outgoing.record(equipment, news, operation=GOODS, now=now)
    return True


def _is_free(path: Path, now: datetime) -> bool:
    """Tell whether no file lies there that is not loaded.

    One that has lain long without a flag is flagged now, in case we died in between: loading twice does no harm.
    """
    try:
        with path.open("rb") as file:
            is_new = shtrih.state_of(encodings.plain(file.read(_HEAD))) == shtrih.NEW
            written_at = os.fstat(file.fileno()).st_mtime
    except FileNotFoundError:
        return True
    flag = path.with_name(FLAG)
    if is_new and now.timestamp() - written_at > PATIENCE.total_seconds() and not flag.exists():
        put(flag, ())
        os.utime(path, (now.timestamp(), now.timestamp()))  # Once for each while, and not at every look.
    return not is_new


def _lines(equipment: Equipment, news: News) -> Iterator[bytes]:
    tree, rows, full, codec = news.groups, news.goods(), news.full, encodings.codec_of(equipment.encoding)
    if equipment.dialect == FileDialect.SHTRIH:
        yield from shtrih.write(
            groups=(shtrih.Group(_group(one.id), one.name, _group(one.parent)) for one in tree),
            goods=(_shtrih(row) for row in rows),
            full=full,
            encoding=codec,
        )
    else:
        yield from frontol.write(
            groups=(frontol.Group(_group(one.id), one.name, _group(one.parent)) for one in tree),
            goods=(_frontol(row) for row in rows),
            full=full,
            encoding=codec,
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
