"""What a till of Штрих-М is to load: a header of commands, then a line for each good, group and further barcode.

Texts lose semicolons and hashes, which mean something in a file, and what does not fit. Numbers have a point.
"""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

import msgspec

ENCODING = "cp1251"
LONGEST = 100
TAX_GROUPS = {"20": 1, "10": 2, "none": 3, "0": 4, "18": 5, "22": 6, "5": 7, "7": 8}
MARKING = {
    "clothes": "0004", "tobacco": "0005", "perfume": "0006", "tyres": "0007", "dairy": "0009", "water": "0012",
    "beer": "0013", "medicine": "0003", "shoes": "1520",
}  # fmt: skip
FULL, PARTIAL = "$$$CLR {COM_GR_TOV} $$$ADD", "$$$RPL"
NEW, LOADED = "#", "@"
_TAXES = "$$$CLR {NAL} {GR_NL} "
_FIELDS = 30
_EXTRA_FIELDS = 10


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
    unit: str = ""
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
    """Yield the lines of a file; a full one clears what the till knows, and names the rates of tax."""
    yield f"##@@&&{_TAXES if full else ''}{FULL if full else PARTIAL}"
    yield NEW
    if full:
        yield from _taxes()
    for group in groups:
        yield _fields({1: group.code, 3: _text(group.name), 16: group.parent, 17: "0"}, _FIELDS)
    for good in goods:
        yield _fields(_good(good), _FIELDS)
        for barcode in good.barcodes[1:]:
            name = _text(good.name)
            extra = {1: good.code, 2: barcode, 3: name, 4: name, 5: _decimal(good.price), 10: "1"}
            yield "#" + _fields(extra, _EXTRA_FIELDS)


def state_of(head: bytes) -> str:
    """Return the second line of a file, given its beginning: `NEW`, or `LOADED` once a till has rewritten it."""
    lines = head.split(b"\n", 2)
    return lines[1].strip().decode("ascii", "replace") if len(lines) > 1 else ""


def _good(good: Good) -> dict[int, str]:
    is_excise = good.marking == "alcohol"
    is_marked = is_excise or good.marking in MARKING
    return {
        1: good.code,
        2: good.barcodes[0] if good.barcodes else "",
        3: _text(good.name),
        4: _text(good.text or good.name),
        5: _decimal(good.price),
        6: _decimal(good.balance) if good.balance is not None else "",
        8: _flag(good.fractional),
        9: "1",
        11: str(TAX_GROUPS.get(good.vat, TAX_GROUPS["none"])),
        12: _text(good.article),
        13: _flag(is_excise),
        16: good.group,
        17: "1",
        19: _flag(is_marked),
        26: str(2 if is_excise else good.subject),
        28: MARKING.get(good.marking, ""),
        29: _text(good.unit),
    }


def _taxes() -> Iterator[str]:
    for rate, code in TAX_GROUPS.items():
        name = "Без НДС" if rate == "none" else f"НДС {rate}%"
        yield f"+{code};{name};{name};{0 if rate == 'none' else rate};{code}"
    for rate, code in TAX_GROUPS.items():
        name = "Без НДС" if rate == "none" else f"НДС {rate}%"
        yield f"*{code};{name};1;{code};"


def _fields(told: dict[int, str], count: int) -> str:
    return "".join(f"{told.get(place, '')};" for place in range(1, count + 1))


def _text(said: str) -> str:
    return "".join(" " if sign in ";#" or not sign.isprintable() else sign for sign in said)[:LONGEST].strip()


def _decimal(number: Decimal) -> str:
    return f"{number:f}"


def _flag(is_so: bool) -> str:
    return "1" if is_so else "0"
