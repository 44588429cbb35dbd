"""Rows of goods by a rule into goods of the protocol: an item with its characteristics and packs.

A pack of an item that has characteristics cannot be said as one: it goes as a characteristic of its own name. UUIDs are
made of our keys, so the same thing has the same one for ever.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from uuid import UUID, uuid5

from exchange.protocols.equipment_service.messages import Characteristic, Good, Group, Pack, Unit
from exchange.services.rules import groups
from exchange.services.rules.goods import Goods

NAMES = UUID("0c1a9f6e-6c4b-5a7e-9d1f-6f2b7c3d8e90")
GOODS, EXCISABLE, SERVICE = 1, 2, 4  # «Признак предмета расчёта», as fiscal documents number them.


def uuid_of(kind: str, key: object) -> UUID:
    """Return the UUID of a thing of ours, the same for ever."""
    return uuid5(NAMES, f"{kind}:{key}")


def uuid_of_pack(pack: int, characteristic: int | None) -> UUID:
    """Return the UUID of a pack, of an item or of its characteristic."""
    return uuid_of("pack", pack if characteristic is None else f"{pack}:{characteristic}")


def goods(rows: Iterable[Goods]) -> Iterator[Good]:
    """Put rows together that come item by item; what must not be sold any more goes without price and balance."""
    for _item, of_item in groupby(rows, key=attrgetter("item")):
        yield _good(list(of_item))


def group(told: groups.Group) -> Group:
    """Return a group of goods as it is told."""
    return Group(
        code=str(told.id),
        name=told.name,
        uuid=uuid_of("group", told.id),
        parent_code=None if told.parent is None else str(told.parent),
        parent_uuid=None if told.parent is None else uuid_of("group", told.parent),
    )


def _good(rows: Sequence[Goods]) -> Good:
    first = rows[0]
    base = next((row for row in rows if row.characteristic is None and row.pack is None), None)
    packs = [row for row in rows if row.characteristic is None and row.pack is not None]
    varied = [row for row in rows if row.characteristic is not None]
    characteristics = [_characteristic(list(of_one)) for _key, of_one in groupby(varied, attrgetter("characteristic"))]
    if characteristics:
        characteristics += [_as_characteristic(row) for row in packs]
        packs = []
    return Good(
        code=base.code if base else None,
        name=first.full_name or first.name,
        uuid=uuid_of("item", first.item),
        article=first.article,
        price=_price(base),
        balance=_balance(base),
        vat=first.vat,
        barcodes=base.barcodes if base else (),
        unit=Unit(first.unit_code, first.unit_name, uuid_of("unit", first.unit_code)),
        group_code=None if first.group is None else str(first.group),
        group_uuid=None if first.group is None else uuid_of("group", first.group),
        weighed=first.weighed,
        service=first.service,
        subject=SERVICE if first.service else EXCISABLE if first.marking in ("alcohol", "tobacco") else GOODS,
        marking=first.marking,
        characteristics=characteristics,
        packs=[_pack(row) for row in packs],
    )


def _characteristic(rows: Sequence[Goods]) -> Characteristic:
    base = next((row for row in rows if row.pack is None), None)
    return Characteristic(
        code=base.code if base else None,
        name=rows[0].characteristic_name,
        uuid=uuid_of("characteristic", rows[0].characteristic),
        price=_price(base),
        balance=_balance(base),
        barcodes=base.barcodes if base else (),
        packs=[_pack(row) for row in rows if row.pack is not None],
    )


def _as_characteristic(row: Goods) -> Characteristic:
    return Characteristic(
        code=row.code,
        name=row.pack_name,
        uuid=uuid_of_pack(row.pack or 0, None),
        price=_price(row),
        balance=_balance(row),
        barcodes=row.barcodes,
    )


def _pack(row: Goods) -> Pack:
    return Pack(
        code=row.code,
        name=row.pack_name,
        uuid=uuid_of_pack(row.pack or 0, row.characteristic),
        quantity=row.pack_quantity or Decimal(1),
        price=_price(row),
        balance=_balance(row),
        barcodes=row.barcodes,
    )


def _price(row: Goods | None) -> Decimal:
    return Decimal(0) if row is None or row.withdrawn else row.price


def _balance(row: Goods | None) -> Decimal | None:
    return None if row is None or row.withdrawn else row.available
