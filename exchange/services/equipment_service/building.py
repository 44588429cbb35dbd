"""The goods of a rule into packages: read by pages, written as they go out, and checked against the schema.

A package is kept in parts of some hundreds of goods, so that one of any size passes through memory in pieces. Groups go
with the first package, units with each that names them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice

from exchange.models import PricePart, PriceTransfer
from exchange.protocols.equipment_service import schemas, writing, writing_1
from exchange.protocols.equipment_service.formats import FORMATS, Format
from exchange.protocols.equipment_service.messages import Good, Group, Unit
from exchange.services.equipment_service import assembling
from exchange.services.rules import goods, groups
from exchange.services.rules.positions import Position

PART = 500  # goods
HEAD = 0


def build(*, transfer: PriceTransfer, after: Position | None, now: datetime) -> tuple[int, int]:
    """Write the packages of a transfer, whose earlier ones are thrown away. Returns how many packages and goods.

    Raises `schemas.Mismatch` for goods that the format cannot express.
    """
    rule = transfer.equipment.rule
    assert rule is not None  # Checked before anything is prepared.
    known = FORMATS[transfer.format_version]
    size = 0 if transfer.whole else rule.package_size
    told_groups = [assembling.group(one) for one in groups.changed(rule=rule, after=after)]
    rows = goods.changed(rule=rule, format_version=known.code, after=after, now=now)
    PricePart.objects.filter(transfer=transfer).delete()
    told = assembling.goods(rows)
    package = count = 0
    while True:
        package += 1
        taken = _write_package(transfer, known, package, told_groups, islice(told, size) if size else told)
        count += taken
        told_groups = []
        if taken == 0 and package > 1:
            PricePart.objects.filter(transfer=transfer, package=package).delete()
            return package - 1, count
        if not size or taken < size:
            return package, count


def good_list(told: Iterable[Good], known: Format) -> str:
    """Write a price list of a few goods, which is checked. Raises `schemas.Mismatch`."""
    listed = list(told)
    inner = contents(
        known, [], {one.unit.code: one.unit for one in listed}.values(), [_good(one, known) for one in listed]
    )
    document = price_list(inner, known, full=False)
    schemas.check_text(document, known)
    return document


def price_list(inner: str, known: Format, *, full: bool, number: int = 1, total: int = 1) -> str:
    """Write the document of a price list."""
    if known.is_modern:
        return writing.price_list(inner, known, full=full)
    return writing_1.price_list(inner, known, full=full, number=number, total=total)


def contents(known: Format, told: Iterable[Group], units: Iterable[Unit], written: list[str]) -> str:
    """Write what a price list holds."""
    return writing.contents(told, units, written) if known.is_modern else writing_1.contents(told, written)


def package_contents(transfer: PriceTransfer, number: int) -> Iterator[str]:
    """Yield what a package holds, part by part."""
    parts = PricePart.objects.filter(transfer=transfer, package=number).order_by("part")
    opened = False
    for part, body in parts.values_list("part", "body").iterator(chunk_size=8):
        if part > HEAD and not opened:
            opened = True
            yield "<Goods>"
        yield body
    if opened:
        yield "</Goods>"


def _write_package(
    transfer: PriceTransfer, known: Format, number: int, told_groups: list[Group], told: Iterable[Good]
) -> int:
    """Write one package, and return how many goods are in it."""
    units: dict[str, Unit] = {}
    part = count = 0
    rest = iter(told)
    while chunk := list(islice(rest, PART)):
        part += 1
        count += len(chunk)
        units.update((one.unit.code, one.unit) for one in chunk)
        written = [_good(one, known) for one in chunk]
        _check(contents(known, [], [], written), known)
        PricePart.objects.create(transfer=transfer, package=number, part=part, body="".join(written))
    head = contents(known, told_groups, units.values(), [])
    _check(head, known)
    PricePart.objects.create(transfer=transfer, package=number, part=HEAD, body=head)
    return count


def _check(inner: str, known: Format) -> None:
    schemas.check_text(price_list(inner, known, full=False), known)


def _good(told: Good, known: Format) -> str:
    return writing.good(told, known) if known.is_modern else writing_1.good(told)
