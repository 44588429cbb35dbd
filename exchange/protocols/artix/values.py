"""Reading single values of Artix: numbers as JSON or as text, times as text, as numbers and as objects."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"-?\d{1,12}(?:[.,]\d{1,20})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)
_MOST_DIGITS = 20
_KOPECK, _GRAM = Decimal("0.01"), Decimal("0.001")
_NOISE = Decimal("0.0000001")  # What binary fractions leave of a number is none of it.
_MILLISECONDS = 10**11  # A time in seconds is less until the year 5138.
_INSIDE_TIMES = ("$date", "date", "datetime", "value", "time")


class Unclear(ValueError):
    """A value that makes no sense; `code`, `path` and `params` are those of the problem it is kept with."""

    def __init__(self, code: str, path: str, **params: str) -> None:
        self.code, self.path = code, path
        self.params = {"path": path, **params} if code == "unreadable" else {"field": path, **params}
        super().__init__(f"{code}: {path}")


def text(told: Mapping[str, Any], *names: str) -> str:
    """Return the first of these that is said, a number as text; empty where none is. Raises `Unclear`."""
    for name in names:
        value = told.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise Unclear("unreadable", name)
        if said := str(value).strip():
            return said
    return ""


def integer(told: Mapping[str, Any], name: str) -> int:
    """Return a whole number from 0. Raises `Unclear`."""
    said = text(told, name)
    if not _WHOLE.fullmatch(said):
        raise Unclear("unreadable" if not said else "bad_number", name)
    return int(said)


def code(told: Mapping[str, Any], name: str) -> int | None:
    """Return a code, None for what is none."""
    said = text(told, name)
    return int(said) if _WHOLE.fullmatch(said) else None


def number(told: Mapping[str, Any], name: str, *, path: str) -> Decimal:
    """Return a decimal that was written as a JSON number or as text. Raises `Unclear` also where it lacks."""
    value = told.get(name)
    if isinstance(value, Decimal) and abs(value.adjusted()) <= _MOST_DIGITS:
        value = f"{value:f}"  # As Java writes them: 1.5E7
    said = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _NUMBER.fullmatch(said):
        raise Unclear("bad_number" if said else "unreadable", path)
    return Decimal(said.replace(",", "."))


def money(told: Mapping[str, Any], name: str, *, path: str) -> Decimal:
    """Return an amount of money. Raises `Unclear`."""
    return _without_noise(number(told, name, path=path), _KOPECK)


def quantity(told: Mapping[str, Any], name: str, *, path: str) -> Decimal:
    """Return a quantity. Raises `Unclear`."""
    return _without_noise(number(told, name, path=path), _GRAM)


def _without_noise(read: Decimal, least: Decimal) -> Decimal:
    rounded = read.quantize(least)
    return rounded if abs(read - rounded) < _NOISE else read


def is_told(told: Mapping[str, Any], name: str) -> bool:
    return told.get(name) not in (None, "")


def listed(told: Mapping[str, Any], name: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the objects of a list with their places from 1. Raises `Unclear` where there is something else."""
    value = told.get(name)
    if value is None or value == "":
        return
    if not isinstance(value, list):
        raise Unclear("unreadable", name)
    for place, one in enumerate(value, start=1):
        if not isinstance(one, dict):
            raise Unclear("unreadable", f"{name}.{place}")
        yield place, one


def moment(value: Any, zone: tzinfo) -> datetime:
    """Return a time, to the second; text without an offset is by the clock of the shop. Raises `Unclear`."""
    if isinstance(value, dict):
        value = next((value[name] for name in _INSIDE_TIMES if value.get(name)), None)
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value.strip())
            at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        elif isinstance(value, int) and not isinstance(value, bool):
            at = datetime.fromtimestamp(value / 1000 if abs(value) >= _MILLISECONDS else value, UTC)
        else:
            raise Unclear("bad_time", "occurred_at")
    except (ValueError, OverflowError, OSError) as error:
        raise Unclear("bad_time", "occurred_at") from error
    if not 1900 <= at.year < 9999:
        raise Unclear("bad_time", "occurred_at")
    return at.replace(microsecond=0)
