"""Showing what came over the wire as it came: every digit, every repeated key, and nothing that hides itself.

JSON is laid out in lines without being understood: numbers keep the digits they were written with, and a key given
twice is shown twice. What is not JSON is shown as text, and what is not text as bytes.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.http import HttpResponse

LAID_OUT = 256 * 1024
HEX_SHOWN = 4096
COMPARED_LINES = 3000
_STEP = "  "
_HIDING = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class Body:
    """A body ready to be shown; `cut` when only its beginning is."""

    kind: str
    text: str
    size: int
    cut: bool = False


@dataclass(frozen=True)
class Row:
    """A line of two bodies side by side; `differs` where they do not agree."""

    left: str
    right: str
    differs: bool


@dataclass(frozen=True)
class Difference:
    """A field that two bodies tell otherwise; empty where one of them does not tell it. `path` is `receipt.total`."""

    path: str
    left: str
    right: str


class _Pairs(list[tuple[str, Any]]):
    """A JSON object with its keys in their order, repeated ones included."""


class _Number(str):
    """A JSON number in the digits it was written with."""


def lay_out(raw: bytes | memoryview, *, sort: bool = False) -> Body:
    """Return a body in lines; `sort` puts keys in order, so that two bodies can be compared."""
    data = bytes(raw)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return Body("hex", "\n".join(_hex_lines(data[:HEX_SHOWN])), len(data), len(data) > HEX_SHOWN)
    if len(data) <= LAID_OUT:
        try:
            lines = "\n".join(_lines(_parse(text), sort=sort))
            return Body("json", _visible(lines), len(data))
        except (ValueError, RecursionError):
            pass
    return Body("text", _visible(text[:LAID_OUT]), len(data), len(text) > LAID_OUT)


def compare(left: Body, right: Body) -> list[Row]:
    """Set two bodies side by side, line against line. Of very long ones only the beginning is compared."""
    ours, theirs = (body.text.splitlines()[:COMPARED_LINES] for body in (left, right))
    rows: list[Row] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, ours, theirs).get_opcodes():
        for step in range(max(i2 - i1, j2 - j1)):
            rows.append(
                Row(
                    ours[i1 + step] if i1 + step < i2 else "",
                    theirs[j1 + step] if j1 + step < j2 else "",
                    tag != "equal",
                )
            )
    return rows


def differences(left: bytes | memoryview, right: bytes | memoryview) -> list[Difference] | None:
    """Name the fields in which two bodies differ, in the order of the first. None when either is not JSON."""
    try:
        ours, theirs = (dict(_fields(_parse(bytes(raw)[:LAID_OUT].decode()))) for raw in (left, right))
    except (ValueError, RecursionError):
        return None
    return [
        Difference(path, _visible(ours.get(path, "")), _visible(theirs.get(path, "")))
        for path in dict.fromkeys([*ours, *theirs])
        if ours.get(path) != theirs.get(path)
    ]


def as_it_came(raw: bytes | memoryview) -> Body:
    """Return a body in its own lines and spaces."""
    data = bytes(raw)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return lay_out(data)
    return Body("text", _visible(text[:LAID_OUT]), len(data), len(text) > LAID_OUT)


def download(raw: bytes | memoryview, *, name: str) -> HttpResponse:
    """Answer with the very bytes, as a file a browser saves and never shows."""
    response = HttpResponse(bytes(raw), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _parse(text: str) -> Any:
    return json.loads(text, object_pairs_hook=_Pairs, parse_int=_Number, parse_float=_Number, parse_constant=_Number)


def _lines(value: Any, *, sort: bool, indent: str = "", head: str = "", tail: str = "") -> Iterator[str]:
    inner = indent + _STEP
    if isinstance(value, _Pairs) and value:
        yield f"{indent}{head}{{"
        pairs = sorted(value, key=lambda pair: pair[0]) if sort else value
        for place, (key, item) in enumerate(pairs, start=1):
            comma = "," if place < len(pairs) else ""
            yield from _lines(item, sort=sort, indent=inner, head=f"{_string(key)}: ", tail=comma)
        yield f"{indent}}}{tail}"
    elif isinstance(value, list) and value and not isinstance(value, _Pairs):
        yield f"{indent}{head}["
        for place, item in enumerate(value, start=1):
            yield from _lines(item, sort=sort, indent=inner, tail="," if place < len(value) else "")
        yield f"{indent}]{tail}"
    else:
        yield f"{indent}{head}{_scalar(value)}{tail}"


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every value with its path; a line of a receipt is known by its own number, other things by their place."""
    if isinstance(value, _Pairs) and value:
        for key, item in value:
            yield from _fields(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value and not isinstance(value, _Pairs):
        for place, item in enumerate(value, start=1):
            own = dict(item).get("line", place) if isinstance(item, _Pairs) and path.endswith("lines") else place
            yield from _fields(item, f"{path}.{own}")
    else:
        yield path, value if isinstance(value, str) else _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, _Pairs):
        return "{}"
    if isinstance(value, _Number):
        return str(value)
    return _string(value) if isinstance(value, str) else json.dumps(value)


def _string(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _visible(text: str) -> str:
    """Spell out characters that hide, turn the text about, or cannot be sent at all."""
    spelled = _HIDING.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
    return spelled.encode("utf-8", "backslashreplace").decode()


def _hex_lines(data: bytes) -> Iterator[str]:
    for offset in range(0, len(data), 16):
        row = data[offset : offset + 16]
        signs = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{offset:08x}  {row.hex(' '):<47}  {signs}"
