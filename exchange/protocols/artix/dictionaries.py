"""What a till of Artix is to load: commands, each an object of JSON.

An `.aif` file has `---` after each of them, over HTTP they go as one list. Whatever a command says of a thing replaces
what was known of it. A full load clears first. What has no value is left out.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from exchange.protocols.artix import assumptions

CLEARS = ("clearInventory", "clearBarcode", "clearPrice", "clearInventGroup", "clearUnit")
LONGEST_NAME = 200
MARKED, TOBACCO = 7, 3
OF_AGE = 18
GOODS, EXCISABLE, SERVICE = 1, 2, 4  # «Признак предмета расчёта», as fiscal documents number them.
_ADULT = frozenset({"tobacco", "alcohol", "beer"})
_EXCISABLE = frozenset({"tobacco", "alcohol"})
_END = b"\n---\n"
_encode = msgspec.json.Encoder(decimal_format="number").encode


class Unit(msgspec.Struct, frozen=True):
    """A unit of measure by its code in ОКЕИ; it is `fractional` where parts of it are sold."""

    code: str
    name: str
    fractional: bool = False


class Tax(msgspec.Struct, frozen=True):
    """A group of taxes; `rate` None is without VAT."""

    code: int
    name: str
    rate: Decimal | None = None


class Group(msgspec.Struct, frozen=True, gc=False):
    code: str
    name: str
    parent: str = ""


class Good(msgspec.Struct, frozen=True, gc=False):
    """A good; `remain` None is not told. One that is `withdrawn` is deleted."""

    code: str
    name: str
    text: str
    price: Decimal
    unit: str
    tax: int
    barcodes: Sequence[str] = ()
    article: str = ""
    group: str = ""
    remain: Decimal | None = None
    weighed: bool = False
    service: bool = False
    marking: str = ""
    fixed_price: bool = False
    withdrawn: bool = False


def in_file(commands: Iterable[bytes]) -> Iterator[bytes]:
    """Yield commands as an `.aif` file has them."""
    for command in commands:
        yield command + _END


def in_list(commands: Iterable[bytes]) -> Iterator[bytes]:
    """Yield commands as they go over HTTP: one list of JSON."""
    before = b"["
    for command in commands:
        yield before + command
        before = b",\n"
    yield b"]" if before != b"[" else b"[]"


def commands(
    *,
    units: Iterable[Unit],
    taxes: Iterable[Tax],
    groups: Iterable[Group],
    goods: Iterable[Good],
    full: bool,
    at: datetime,
) -> Iterator[bytes]:
    """Yield the commands of a load; `at` is when goods were counted, by the clock of the shop."""
    if full:
        yield from (_command(name) for name in CLEARS)
    for unit in units:
        told = {"unitCode": unit_code(unit.code), "name": unit.name, "fractional": unit.fractional}
        yield _command("addUnit", unit=told)
    for tax in taxes:
        rates = [] if tax.rate is None else [{"changebase": False, "name": tax.name, "rate": tax.rate}]
        yield _command("addTaxGroup", taxGroup={"idTaxGroup": tax.code, "taxes": rates})
    for group in groups:
        told = {"groupCode": group.code, "parentGroupCode": group.parent or None, "groupname": _text(group.name)}
        yield _command("addInventGroup", inventGroup=told)
    for good in goods:
        if good.withdrawn:
            yield _command("deleteInventItem", inventcode=good.code)
        else:
            yield _command("addInventItem", invent=_invent(good, at))


def unit_code(code: str) -> int:
    """Return the number of a unit: its code in ОКЕИ, or one made of a code that is no number."""
    return int(code) if code.isascii() and code.isdecimal() else 1_000_000 + zlib.crc32(code.encode()) % 1_000_000


def _invent(good: Good, at: datetime) -> dict[str, Any]:
    kind = TOBACCO if good.marking == "tobacco" else MARKED if good.marking not in ("", "alcohol") else None
    unit = unit_code(good.unit)
    return {
        "inventcode": good.code,
        "barcode": good.barcodes[0] if good.barcodes else None,
        "barcodes": [
            _told({"barcode": one, "tmctype": kind, "quantdefault": 1, "measureCode": unit, "price": good.price})
            for one in good.barcodes
        ],
        "deptcode": 1,
        "price": good.price,
        "minprice": good.price if good.fixed_price else None,
        "isInventItem": True,
        "articul": good.article or None,
        "rtext": _text(good.text),
        "name": _text(good.name),
        "measurecode": unit,
        "taxgroupcode": good.tax,
        "remain": good.remain,
        "remaindate": None if good.remain is None else f"{at:%Y-%m-%dT%H:%M:%S}",
        "inventgroup": good.group or assumptions.NO_GROUP,
        "paymentobject": SERVICE if good.service else EXCISABLE if good.marking in _EXCISABLE else GOODS,
        "age": OF_AGE if good.marking in _ADULT else None,
        "options": _options(good),
    }


def _options(good: Good) -> dict[str, Any]:
    options: dict[str, Any] = {
        "inventitemoptions": {
            "disableinventback": 0,
            "disableinventsale": 0,
            "ageverify": int(good.marking in _ADULT),
            "tobacco": int(good.marking == "tobacco"),
            "egaisverify": int(good.marking == "alcohol"),
        }
    }
    if good.weighed:
        options["quantityoptions"] = {"enablequantityscales": 1}
    return options


def _text(said: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in said)[:LONGEST_NAME].strip()


def _told(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _command(name: str, **payload: Any) -> bytes:
    said = {key: _told(value) if isinstance(value, dict) else value for key, value in payload.items()}
    return _encode({**said, "command": name})
