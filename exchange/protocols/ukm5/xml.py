"""A document of «Экспорт XML» as names and values, like those of pushed JSON; and where receipts stand in its bytes.

No document type is read: the first sign of one ends the reading, so there are no entities but the five of XML, and
nothing is ever fetched. Depth and number of elements are bounded.
"""

import re
from typing import Any
from xml.parsers import expat

import msgspec

from exchange.protocols.ukm5 import assumptions

ROOTS = frozenset({"receipt", "shiftOpen", "cashbox", "shift"})
DEEPEST = 32
MOST = 2_000_000  # elements
_TAG = re.compile(rb"""<[^"'>]*(?:"[^"]*"[^"'>]*|'[^']*'[^"'>]*)*>""")


class NotOurs(ValueError):
    """It is not XML, or no document that УКМ 5 exports."""


class Read(msgspec.Struct, frozen=True, gc=False):
    """What a document says, and where in its bytes stand the root's opening and closing tags and each receipt."""

    root: str
    told: dict[str, Any]
    opening: slice
    closing: slice
    receipts: list[slice]


class _Reader:
    def __init__(self) -> None:
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.begin
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.stack: list[tuple[str, dict[str, Any] | list[Any], list[str]]] = []
        self.root = ""
        self.told: dict[str, Any] = {}
        self.count = 0
        self.opening_at = self.closing_at = -1
        self.receipts: list[tuple[int, int]] = []
        self.receipt_at = -1

    def refuse(self, *_args: Any) -> None:
        raise NotOurs("a document type")

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if len(self.stack) >= DEEPEST or self.count > MOST:
            raise NotOurs("too deep or too long")
        if not self.stack:
            self.root, self.opening_at = name, self.parser.CurrentByteIndex
        elif name == "receipt" and self.root == "shift" and self.receipt_at < 0:
            self.receipt_at = self.parser.CurrentByteIndex
        holds: dict[str, Any] | list[Any] = [] if name in assumptions.LISTS else {}
        if isinstance(holds, dict):
            for key, value in attributes.items():
                _put(holds, key, value)
        self.stack.append((name, holds, []))

    def text(self, data: str) -> None:
        self.stack[-1][2].append(data)

    def end(self, name: str) -> None:
        _name, holds, texts = self.stack.pop()
        text = "".join(texts).strip()
        if text and holds and isinstance(holds, dict):
            holds.setdefault(assumptions.TEXT, text)
        value: Any = holds or text
        if not self.stack:
            self.closing_at = self.parser.CurrentByteIndex
            self.told = holds if isinstance(holds, dict) else {}
            return
        if name == "receipt" and self.root == "shift" and not any(one[0] == "receipt" for one in self.stack):
            self.receipts.append((self.receipt_at, self.parser.CurrentByteIndex))
            self.receipt_at = -1
        above = self.stack[-1][1]
        if isinstance(above, list):
            above.append(value)
        else:
            _put(above, name, value if value or name not in assumptions.LISTS else [])


def read(content: bytes) -> Read:
    """Read a document. Raises `NotOurs`."""
    if b"\x00" in content:
        raise NotOurs("bytes that are no letters of UTF-8")
    reader = _Reader()
    try:
        reader.parser.Parse(content, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise NotOurs(str(error)) from error
    if reader.root not in ROOTS:
        raise NotOurs(reader.root)
    receipts = [slice(begins, _past(content, begins, closes)) for begins, closes in reader.receipts]
    opening = slice(reader.opening_at, _past_tag(content, reader.opening_at))
    return Read(reader.root, reader.told, opening, slice(reader.closing_at, len(content)), receipts)


def _past(content: bytes, begins: int, closes: int) -> int:
    """Return where an element ends, which begins and closes there; one of a single tag closes nowhere of its own."""
    opened = _past_tag(content, begins)
    return opened if content[opened - 2 : opened] == b"/>" else _past_tag(content, closes)


def _past_tag(content: bytes, at: int) -> int:
    """Return where the tag ends that begins there. Raises `NotOurs` where the bytes show none."""
    tag = _TAG.match(content, at)
    if tag is None:
        raise NotOurs("an encoding that has no tags of bytes")
    return tag.end()


def _put(holds: dict[str, Any], name: str, value: Any) -> None:
    """Put a value under its name; of a name that repeats, the values become a list."""
    key = assumptions.SYNONYMS.get(name, name)
    if key not in holds:
        holds[key] = value
    elif isinstance(holds[key], list):
        holds[key].append(value)
    else:
        holds[key] = [holds[key], value]
