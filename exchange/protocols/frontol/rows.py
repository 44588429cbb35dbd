"""One line of a report: up to 44 fields, the first seven the same for every type; decimals have a comma."""

import re
from datetime import datetime
from decimal import Decimal

import msgspec

SALES = frozenset({1, 11})
STORNO = frozenset({2, 12})
BONUS_ACCRUED, BONUS_PAID = 9, 32
PAYMENT = 40
OPENED, CLOSED, CANCELLED = 42, frozenset({55, 58}), 56
CLOSED_IN_DRIVE = 45
CASH = {50: "cash_in", 51: "cash_out"}
SHIFT_OPENED = 62
SHIFT_CLOSED = frozenset({61, 63})
OUTSIDE = frozenset({57, 60, 64, 120, 121})
KNOWN = frozenset({
    *range(1, 5), 6, *range(9, 13), *range(14, 18), *range(21, 28), *range(29, 39), 40, 42, 43, 45, 49, 50, 51,
    *range(55, 59), *range(60, 66), *range(82, 89), 120, 121,
})  # fmt: skip
SOLD, GIVEN_BACK = frozenset({"0", "25"}), frozenset({"1", "26"})
# Money that is taken or given back while no goods move: prepayments, and payments of credits.
MONEY_ALONE = frozenset({"21", "22", "23", "24"})

_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})", re.ASCII)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?(?:\d{1,18}(?:[.,]\d{0,9})?|[.,]\d{1,9})", re.ASCII)


class NotARow(ValueError):
    """The line has no number, date, time and type."""


class NotANumber(ValueError):
    """A field is no number; `field` counts from 1, as the manual does."""

    def __init__(self, field: int) -> None:
        self.field = field
        super().__init__(f"field {field}")


class Row(msgspec.Struct, frozen=True, gc=False):
    """A line as it is read; `at` is by the workplace's own clock, without a zone. `fields` are all of them."""

    number: int
    at: datetime
    type: int
    fields: tuple[str, ...]

    def text(self, field: int) -> str:
        return self.fields[field - 1] if field <= len(self.fields) else ""

    def decimal(self, field: int) -> Decimal | None:
        """Return a number, None for an empty field. Raises `NotANumber`."""
        said = self.text(field).replace(" ", "").replace("\xa0", "")
        if not said:
            return None
        if not _NUMBER.fullmatch(said):
            raise NotANumber(field)
        return Decimal(said.replace(",", "."))

    @property
    def workplace(self) -> str:
        return self.text(5)[:50]

    @property
    def document(self) -> str:
        return self.text(6)[:50]

    @property
    def operation(self) -> str:
        return self.text(13)

    @property
    def shift(self) -> int:
        said = self.text(14)
        return int(said) if _WHOLE.fullmatch(said) else 0

    def meaning(self) -> list[object]:
        """Return what it says, the same in either encoding and with either form of its date and hour."""
        return [self.at, *(_plain(said) for place, said in enumerate(self.fields) if place not in (1, 2))]


def decode(raw: bytes) -> str:
    """Return a line as text: UTF-8 where it is that, CP1251 otherwise."""
    raw = raw.rstrip(b"\r\n")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1251", "replace")


def read(text: str) -> Row:
    """Read a line. Raises `NotARow`."""
    fields = tuple(field.strip() for field in text.split(";"))
    if len(fields) < 7 or "\x00" in text:
        raise NotARow
    on, at = _DATE.fullmatch(fields[1]), _TIME.fullmatch(fields[2])
    if on is None or at is None or not _WHOLE.fullmatch(fields[0]) or not _WHOLE.fullmatch(fields[3]):
        raise NotARow
    day, month, year = (int(part) for part in on.groups())
    hour, minute, second = (int(part or 0) for part in at.groups())
    try:
        moment = datetime(year + 2000 if year < 100 else year, month, day, hour, minute, second)  # noqa: DTZ001
    except ValueError as error:
        raise NotARow from error
    if not 1900 <= moment.year < 9998 or not int(fields[3]):
        raise NotARow
    return Row(int(fields[0]), moment, int(fields[3]), fields)


def _plain(said: str) -> str:
    """Write a number in one way, and leave every other text as it is."""
    if not _NUMBER.fullmatch(said):
        return said
    number = Decimal(said.replace(",", ".")).normalize()
    return f"{number:f}" if number else "0"
