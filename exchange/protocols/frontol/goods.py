"""What Frontol is to load: commands, each followed by its lines. A semicolon within a value is written as ¤."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

ENCODING = "cp1251"
LONGEST = 100
TAX_GROUPS = {"20": 1, "10": 2, "none": 3, "0": 4, "18": 5, "22": 6, "5": 7, "7": 8}
MARKING = {
    "clothes": 4, "tobacco": 5, "shoes": 1520, "perfume": 6, "tyres": 7, "dairy": 9, "water": 12, "beer": 13,
    "medicine": 3,
}  # fmt: skip
NEW, LOADED = "#", "@"
CLEAR, REPLACE = "$$$DELETEALLWARES", "$$$REPLACEQUANTITY"
_FIELDS = 66


class Good(msgspec.Struct, frozen=True, gc=False):
    """A good; `balance` None is not told. `subject` is the payment-subject code of fiscal documents."""

    code: str
    name: str
    price: Decimal
    text: str = ""
    barcodes: Sequence[str] = ()
    balance: Decimal | None = None
    fractional: bool = False
    vat: str = "none"
    article: str = ""
    group: str = ""
    marking: str = ""
    subject: int = 1


class Group(msgspec.Struct, frozen=True, gc=False):
    code: str
    name: str
    parent: str = ""


def write(*, groups: Iterable[Group], goods: Iterable[Good], full: bool, encoding: str = ENCODING) -> Iterator[bytes]:
    """Yield the lines of a file, in an encoding."""
    for line in _lines(groups, goods, full=full):
        yield f"{line}\r\n".encode(encoding, "replace")


def _lines(groups: Iterable[Group], goods: Iterable[Good], *, full: bool) -> Iterator[str]:
    """Yield the lines of a file; a full one clears what the till knows."""
    yield "##@@&&"
    yield NEW
    if full:
        yield CLEAR
    yield REPLACE
    for group in groups:
        yield _fields({1: group.code, 3: _text(group.name), 16: group.parent, 17: "0"})
    for good in goods:
        yield _fields(_good(good))


def _good(good: Good) -> dict[int, str]:
    return {
        1: good.code,
        2: ",".join(good.barcodes),
        3: _text(good.name),
        4: _text(good.text or good.name),
        5: f"{good.price:f}",
        6: f"{good.balance:f}" if good.balance is not None else "",
        8: ",".join(["1" if good.fractional else "0", *["1"] * 14]),
        13: str(2 if good.marking == "alcohol" else good.subject),
        14: "1",
        16: good.group,
        17: "1",
        23: str(TAX_GROUPS.get(good.vat, TAX_GROUPS["none"])),
        26: _text(good.article),
        55: "1" if good.marking == "alcohol" else "0",
        56: str(MARKING.get(good.marking, "")),
    }


def _fields(told: dict[int, str]) -> str:
    return ";".join(told.get(place, "") for place in range(1, _FIELDS + 1))


def _text(said: str) -> str:
    return "".join("¤" if sign == ";" else sign if sign.isprintable() else " " for sign in said)[:LONGEST].strip()
