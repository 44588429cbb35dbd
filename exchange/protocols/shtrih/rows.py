"""One line of a report: `no;date;time;type;till;receipt;cashier;f8;f9;f10;f11;f12`, in CP1251 or UTF-8."""

import re
from datetime import datetime
from decimal import Decimal

import msgspec

FREE_SALE, SALE = 1, 11
STORNO = frozenset({2, 12})
RETURNED = frozenset({3, 4, 13, 14})
LINE_DISCOUNTS = {15: -1, 16: 1, 17: -1, 18: 1}
RECEIPT_DISCOUNTS = {35: -1, 36: 1, 37: -1, 38: 1}
PERCENT = frozenset({17, 18, 37, 38})
DETAIL = 70
PAYMENTS = frozenset({40, 41})
CASH = {50: "cash_in", 51: "cash_out"}
CLOSED = 55
CANCELLED = frozenset({56, 58})
X_REPORT = 60
Z_REPORTS = frozenset({61, 63})
RETURN_BY_NUMBER = 80
MARKS = frozenset({160, 180})
KEG = 186
DOCUMENT, REVALUATION = 300, 309
OF_A_RECEIPT = frozenset({
    FREE_SALE, SALE, *STORNO, *RETURNED, *LINE_DISCOUNTS, *RECEIPT_DISCOUNTS, DETAIL, *PAYMENTS, RETURN_BY_NUMBER,
    *MARKS,
})  # fmt: skip
PASSED_OVER = frozenset({X_REPORT, KEG, DOCUMENT, REVALUATION})
KNOWN = OF_A_RECEIPT | CASH.keys() | {CLOSED, *CANCELLED, *Z_REPORTS} | PASSED_OVER

_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})", re.ASCII)
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?(?:\d{1,18}(?:[.,]\d{0,9})?|[.,]\d{1,9})", re.ASCII)
_FIELDS = 12


class NotARow(ValueError):
    """The line has no number, date, time and type."""


class NotANumber(ValueError):
    """A field is no number; `field` counts from 8, as the description does."""

    def __init__(self, field: int) -> None:
        self.field = field
        super().__init__(f"field {field}")


class Row(msgspec.Struct, frozen=True, gc=False):
    """A line as it is read; `at` is by the till's own clock, without a zone. `rest` are its fields from the eighth."""

    number: int
    at: datetime
    type: int
    till: str
    receipt: str
    cashier: str
    rest: tuple[str, ...]

    def text(self, field: int) -> str:
        return self.rest[field - 8]

    def decimal(self, field: int) -> Decimal | None:
        """Return a number, None for an empty field. Raises `NotANumber`."""
        said = self.rest[field - 8].replace(" ", "").replace("\xa0", "")
        if not said:
            return None
        if not _NUMBER.fullmatch(said):
            raise NotANumber(field)
        return Decimal(said.replace(",", "."))

    def meaning(self) -> list[object]:
        """Return what it says, the same in either encoding and with either form of its date."""
        return [self.number, self.at, self.type, self.receipt, *(_plain(said) for said in self.rest)]


def decode(raw: bytes) -> str:
    """Return a line as text: UTF-8 where it is that, CP1251 otherwise."""
    raw = raw.rstrip(b"\r\n")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1251", "replace")


def read(text: str) -> Row:
    """Read a line. Raises `NotARow`."""
    fields = [field.strip() for field in text.split(";")]
    if len(fields) < 7 or "\x00" in text:
        raise NotARow
    number, date, time, kind, till, receipt, cashier, *rest = fields
    on, at = _DATE.fullmatch(date), _TIME.fullmatch(time)
    if on is None or at is None or not _WHOLE.fullmatch(number) or not _WHOLE.fullmatch(kind) or not int(kind):
        raise NotARow
    day, month, year = (int(part) for part in on.groups())
    hour, minute, second = (int(part) for part in at.groups())
    try:
        moment = datetime(year + 2000 if year < 100 else year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError as error:
        raise NotARow from error
    if not 1900 <= moment.year < 9998:
        raise NotARow
    padded = (*rest, *[""] * (_FIELDS - 7))[: max(len(rest), _FIELDS - 7)]
    return Row(int(number), moment, int(kind), till[:50], receipt[:50], cashier[:100], padded)


def _plain(said: str) -> str:
    """Write a number in one way, and leave every other text as it is."""
    if not _NUMBER.fullmatch(said):
        return said
    number = Decimal(said.replace(",", ".")).normalize()
    return f"{number:f}" if number else "0"
