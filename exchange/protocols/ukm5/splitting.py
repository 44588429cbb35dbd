"""Cutting what УКМ 5 sends into single documents, each with its own bytes, so that a bad one blocks no other.

A pushed body is `{"elements": [...]}`; of a single document without that list, and of a body that nobody can read, the
whole is returned. A file `shift` holds the receipts of its shift: each is cut out, within the shift's own opening tag,
which says of which till it is; what is left is the shift itself.
"""

import json
from collections.abc import Iterator
from typing import Any

from exchange.protocols.ukm5 import xml

_MARK = b"\xef\xbb\xbf"
_BLANK = " \t\r\n"
_LIST = "elements"
_scan = json.JSONDecoder().raw_decode


def of_body(body: bytes) -> list[bytes]:
    """Return the documents of a pushed body, in order; nothing of an empty one."""
    content = body.removeprefix(_MARK)
    if not content.strip():
        return []
    try:
        text = content.decode()
        return [element.encode() for element in _elements(text)]
    except (ValueError, RecursionError):
        return [body]


def of_file(content: bytes) -> list[bytes]:
    """Return the documents of a file, the shift after its receipts; the whole of what cannot be read."""
    try:
        read = xml.read(content)
    except xml.NotOurs:
        return [content]
    if read.root != "shift" or not read.receipts:
        return [content]
    opening, closing = content[: read.opening.stop], b"</shift>"
    begins = [read.opening.stop, *(where.stop for where in read.receipts)]
    ends = [*(where.start for where in read.receipts), read.closing.start]
    rest = b"".join(content[begin:end] for begin, end in zip(begins, ends, strict=True))
    return [*(opening + content[where] + closing for where in read.receipts), opening + rest + closing]


def _elements(text: str) -> Iterator[str]:
    """Yield each element of the list as it is written. Raises `ValueError` for what is not JSON."""
    place = _past_blank(text, 0)
    if text[place : place + 1] != "{":
        raise ValueError("not an object")
    listed: list[str] | None = None
    place = _past_blank(text, place + 1)
    while text[place : place + 1] != "}":
        name, place = _scanned(text, place)
        place = _past_blank(text, _past(text, place, ":"))
        if name == _LIST and text[place : place + 1] == "[" and listed is None:
            listed, place = _listed(text, place)
        else:
            _value, place = _scanned(text, place)
        place = _past_comma(text, place, "}")
    if text[place + 1 :].strip(_BLANK):
        raise ValueError("something stands behind the object")
    yield from [text] if listed is None else listed


def _listed(text: str, place: int) -> tuple[list[str], int]:
    found = []
    place = _past_blank(text, place + 1)
    while text[place : place + 1] != "]":
        _value, end = _scanned(text, place)
        found.append(text[place:end])
        place = _past_comma(text, end, "]")
    return found, place + 1


def _scanned(text: str, place: int) -> tuple[Any, int]:
    return _scan(text, place)


def _past(text: str, place: int, sign: str) -> int:
    place = _past_blank(text, place)
    if text[place : place + 1] != sign:
        raise ValueError(f"{sign} is missing")
    return place + 1


def _past_comma(text: str, place: int, end: str) -> int:
    """Return where the next entry begins, or where the end stands."""
    place = _past_blank(text, place)
    if text[place : place + 1] == end:
        return place
    return _past_blank(text, _past(text, place, ","))


def _past_blank(text: str, place: int) -> int:
    while text[place : place + 1] and text[place] in _BLANK:
        place += 1
    return place
