"""Reading what a cashier asks of stock control: a line of a receipt, or all of its lines.

Strict where transactions are patient: nothing has happened yet, and who is told at once what is wrong may ask again.
"""

import re
from decimal import Decimal

import msgspec

_NUMBER = re.compile(rb"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_PATH = re.compile(r"at `\$\.?([^`]*)`")
NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Unreadable(Exception):
    """A body that is not what is asked here; `attr` names the field at fault, if one is."""

    def __init__(self, attr: str | None) -> None:
        super().__init__(attr)
        self.attr = attr


class AskedLine(msgspec.Struct, frozen=True, gc=False):
    """A line that is asked for: its number in the receipt, its goods by code or barcode, how much it shall hold."""

    line: int
    sku: str
    barcode: str
    quantity: Decimal


class _Goods(msgspec.Struct, frozen=True, gc=False):
    quantity: msgspec.Raw
    sku: str = ""
    barcode: str = ""


class _Line(msgspec.Struct, frozen=True, gc=False):
    line: int
    quantity: msgspec.Raw
    sku: str = ""
    barcode: str = ""


class _Receipt(msgspec.Struct, frozen=True, gc=False):
    lines: list[_Line]


_goods = msgspec.json.Decoder(_Goods).decode
_receipt = msgspec.json.Decoder(_Receipt).decode


def read_line(body: bytes, *, line: int) -> AskedLine:
    """Read `{"sku" or "barcode", "quantity"}`, for the line that the address names. Raises `Unreadable`."""
    try:
        asked = _goods(body)
    except NOT_JSON as error:
        raise unreadable(error) from error
    return AskedLine(line, asked.sku, asked.barcode, decimal_of(asked.quantity, "quantity"))


def read_receipt(body: bytes) -> list[AskedLine]:
    """Read `{"lines": [{"line", "sku" or "barcode", "quantity"}, …]}`. Raises `Unreadable`."""
    try:
        lines = _receipt(body).lines
    except NOT_JSON as error:
        raise unreadable(error) from error
    return [
        AskedLine(asked.line, asked.sku, asked.barcode, decimal_of(asked.quantity, f"lines[{place}].quantity"))
        for place, asked in enumerate(lines)
    ]


def decimal_of(raw: msgspec.Raw, attr: str) -> Decimal:
    """Read a decimal by its digits, in quotes or bare; `Decimal` itself would take spaces and _ within it too."""
    written = bytes(raw)
    text = written[1:-1] if written[:1] == b'"' else written
    if not _NUMBER.fullmatch(text):
        raise Unreadable(attr)
    return Decimal(text.decode())


def unreadable(error: Exception) -> Unreadable:
    found = _PATH.search(str(error)) if isinstance(error, msgspec.ValidationError) else None
    return Unreadable((found.group(1) or None) if found else None)
