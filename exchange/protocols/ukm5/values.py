"""Reading single values of УКМ 5, which come as JSON numbers and as text with a point or a comma."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r"-?\d{1,20}(?:[.,]\d{1,20})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,18}", re.ASCII)
_MOST_DECIMALS = 12
_MOST_DIGITS = 20


class Unclear(ValueError):
    """A value that makes no sense; `code`, `path` and `params` are those of the problem it is kept with."""

    def __init__(self, code: str, path: str, **params: str) -> None:
        self.code, self.path = code, path
        self.params = {"path": path, **params} if code == "unreadable" else {"field": path, **params}
        super().__init__(f"{code}: {path}")


def member(told: Mapping[str, Any], *names: str) -> Any:
    """Return the first of these that is said at all; None if none is."""
    return next((told[name] for name in names if told.get(name) not in (None, "", {}, [])), None)


def text(told: Mapping[str, Any], *names: str, limit: int | None = None) -> str:
    """Return a text, or a number as one; empty where nothing is said. Raises `Unclear` for anything else."""
    value = member(told, *names)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Unclear("unreadable", names[0])
    return str(value).strip()[:limit]


def integer(told: Mapping[str, Any], *names: str) -> int:
    """Return a whole number from 0. Raises `Unclear`."""
    said = text(told, *names)
    if not _WHOLE.fullmatch(said):
        raise Unclear("unreadable" if not said else "bad_number", names[0])
    return int(said)


def number(value: Any, path: str) -> Decimal:
    """Return a decimal that was written as a JSON number or as text. Raises `Unclear`."""
    if isinstance(value, Decimal) and abs(value.adjusted()) <= _MOST_DIGITS:
        value = f"{value:f}"  # As Java writes them: 1.5E7
    said = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not _NUMBER.fullmatch(said):
        raise Unclear("bad_number", path)
    return Decimal(said.replace(",", "."))


def money(told: Mapping[str, Any], name: str, *, path: str = "") -> Decimal:
    """Return an amount in roubles: `{"amount", "code"}`, or the amount alone. Raises `Unclear` also where it lacks."""
    value = member(told, name)
    where = path or name
    if isinstance(value, dict):
        value = member(value, "amount")
    if value is None:
        raise Unclear("unreadable", where)
    read = number(value, where)
    return round(read, 2) if read == round(read, 2) else read


def quantity(told: Mapping[str, Any], *names: str, path: str) -> Decimal:
    """Return a quantity: `{"amount", "decimals"}` is amount / 10^decimals; or the number alone. Raises `Unclear`."""
    value = member(told, *names)
    if not isinstance(value, dict):
        return number(value, path)
    read, decimals = number(member(value, "amount"), path), number(value.get("decimals") or 0, path)
    if decimals not in range(_MOST_DECIMALS + 1):
        raise Unclear("bad_number", path)
    return read.scaleb(-int(decimals))
