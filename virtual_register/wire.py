"""The contract's messages as frozen structs, and how numbers and times are written on the wire.

Money and quantities are `Decimal` here and strings there; answers are read leniently, so that a server which learns to
say more does not break a register in the field.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

BASE_PATH = "/kkm/v1"
KOPECK = Decimal("0.01")
GRAM = Decimal("0.001")

Kind = Literal["sale", "return", "cancelled", "shift_open", "shift_close", "cash_in", "cash_out"]


class Good(msgspec.Struct, frozen=True, gc=False):
    sku: str
    name: str = ""
    characteristic: str | None = None
    article: str | None = None
    group: str | int | None = None
    unit: str | None = None
    weighed: bool = False
    vat: str | None = None
    price: Decimal | None = None
    barcodes: list[str] = []
    marking: str | None = None
    plu: int | None = None
    withdrawn: bool = False


class GoodsPacket(msgspec.Struct, frozen=True):
    goods: list[Good]
    cursor: str
    more: bool


class Change(msgspec.Struct, frozen=True, gc=False):
    """What is left of a SKU, absolutely: it replaces whatever the register believed."""

    sku: str
    name: str
    available: Decimal
    revision: int


class StockPacket(msgspec.Struct, frozen=True):
    changes: list[Change]
    cursor: str
    more: bool


class Checksum(msgspec.Struct, frozen=True):
    """What the server believes at `cursor`; `left_out` ("except" on the wire) are SKUs the register is not told of."""

    cursor: str
    revision: int
    count: int
    checksum: str
    left_out: list[str] = msgspec.field(name="except", default_factory=list)


class Result(msgspec.Struct, frozen=True):
    number: int | None
    status: Literal["accepted", "duplicate", "conflict", "error_desk"]
    problem: Any = None


class Results(msgspec.Struct, frozen=True):
    results: list[Result]
    last_number: int | None = None


class Settings(msgspec.Struct, frozen=True):
    """What the register is told about itself, as far as a till needs it."""

    stock_control: str = "none"
    wait_url: str | None = None
    weighed_prefixes: list[str] = []
    organization: Any = None
    shop: Any = None
    warehouse: Any = None


class Line(msgspec.Struct, frozen=True):
    line: int
    sku: str
    barcode: str
    quantity: Decimal
    price: Decimal
    discount: Decimal
    amount: Decimal
    vat: str
    marks: list[str] = []


class Payment(msgspec.Struct, frozen=True):
    kind: str
    amount: Decimal


class Fiscal(msgspec.Struct, frozen=True):
    drive: str
    document: int
    sign: str


class Receipt(msgspec.Struct, frozen=True):
    uid: str
    number: int
    cashier: str
    total: Decimal
    lines: list[Line]
    payments: list[Payment]
    order: str | None = None
    card: str | None = None
    of: str | msgspec.UnsetType = msgspec.UNSET
    fiscal: Fiscal | msgspec.UnsetType = msgspec.UNSET


class Counters(msgspec.Struct, frozen=True):
    """What the register itself counted in a shift; `cash` and `card` are what came in less what was given back."""

    sales: Decimal
    returns: Decimal
    receipts: int
    return_receipts: int
    cash: Decimal
    card: Decimal
    cash_in_drawer: Decimal


class Transaction(msgspec.Struct, frozen=True):
    number: int
    occurred_at: str
    uid: str
    kind: Kind
    shift: int
    receipt: Receipt | msgspec.UnsetType = msgspec.UNSET
    amount: Decimal | msgspec.UnsetType = msgspec.UNSET
    counters: Counters | msgspec.UnsetType = msgspec.UNSET


encode = msgspec.json.Encoder().encode
read_goods = msgspec.json.Decoder(GoodsPacket).decode
read_stock = msgspec.json.Decoder(StockPacket).decode
read_checksum = msgspec.json.Decoder(Checksum).decode
read_results = msgspec.json.Decoder(Results).decode
read_settings = msgspec.json.Decoder(Settings).decode
read_transaction = msgspec.json.Decoder(Transaction).decode


def batch(bodies: Iterable[bytes]) -> bytes:
    """Join transactions into one body without touching their bytes: a repeat is the same byte for byte."""
    return b'{"transactions":[' + b",".join(bodies) + b"]}"


def money(value: Decimal) -> Decimal:
    """Round to kopecks, half up, as tills do."""
    return value.quantize(KOPECK, ROUND_HALF_UP)


def quantity(value: Decimal) -> Decimal:
    """Write a quantity with its three decimals."""
    return value.quantize(GRAM)


def rfc3339(moment: datetime) -> str:
    """Write a moment with the offset of this machine's clock."""
    return moment.astimezone().isoformat(timespec="seconds")


def api_url(url: str) -> str:
    """Return the address of the service for a server's address, which may already end with it."""
    url = url.rstrip("/")
    return url if urlsplit(url).path.endswith(BASE_PATH) else url + BASE_PATH


def wait_address(wait_url: str) -> str:
    """Return the address to wait at; `wait_url` may be the host, the service or the very address."""
    url = wait_url.rstrip("/")
    return url if urlsplit(url).path.endswith("/wait") else f"{api_url(url)}/wait"


def label(value: Any) -> str:
    """Say an organization, a shop or a warehouse, given by name or as an object that has one."""
    if isinstance(value, dict):
        return str(value.get("name") or value.get("code") or value.get("id") or "")
    return "" if value is None else str(value)
