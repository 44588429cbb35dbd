"""The bytes of a sales file into markers of sections, documents, and what is neither.

A file is no JSON: documents stand one after another with `---` between them, on one line or on many; `---` may stand in
a text of a document, too. So a document ends where JSON says that it does. One that is broken ends before the next
`}---`. Of a file of any size some megabytes are in memory.
"""

import codecs
import json
import re
from collections.abc import Iterator
from enum import Enum
from typing import BinaryIO, NamedTuple

BLOCK = 1 << 20
AHEAD = 1 << 20  # signs of a document that are looked at before it is called broken
LONGEST = 1 << 24  # signs of a document; none is so long

_MARKER = re.compile(r"###[ \t]*([^#\r\n]{1,60}?)[ \t]*###")
_NOTHING = re.compile(r"(?:\s|-{2,}|\ufeff)*")
_OTHER_END = re.compile(r"\{|###|---|\n")
_BROKEN_END = re.compile(r"\}\s*---|###")  # Blanks before the signs are looked for once, at their end.
_scan = json.JSONDecoder().raw_decode


class Sort(Enum):
    MARKER = "marker"
    DOCUMENT = "document"
    OTHER = "other"


class Cut(NamedTuple):
    """A part of a file; `text` of a marker is what stands between its signs. `lines` are those that end with it."""

    sort: Sort
    line: int
    lines: int
    text: str
    whole: bool = True

    @property
    def raw(self) -> bytes:
        return self.text.encode("utf-8", "surrogateescape")


class _Window:
    """A text that is read as far as it is needed, and forgotten behind."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode
        self.text, self.at, self.ended = "", 0, False
        self.ends_within = False  # Whether the last line of what was read has something on it.

    def fill(self, ahead: int) -> None:
        """Have so many signs ahead, or all there are."""
        if self.ended or len(self.text) - self.at >= ahead:
            return
        parts = [self.text[self.at :]]
        have = len(parts[0])
        while not self.ended and have < ahead + BLOCK:
            block = self._file.read(BLOCK)
            self.ended = not block
            parts.append(self._decode(block, final=self.ended))
            have += len(parts[-1])
        self.text, self.at = "".join(parts), 0
        if self.text:
            self.ends_within = not self.text.endswith("\n")


def cut(file: BinaryIO) -> Iterator[Cut]:
    """Yield the parts of a file from where it stands; every line ends with exactly one of them."""
    window = _Window(file)
    line, held, ends = 1, None, 1  # `held` waits for the blank lines that follow it, and ends on line `ends`.
    counted = 0
    while True:
        line += _skip(window)
        if window.at >= len(window.text) and window.ended:
            break
        if held is not None:
            upto = max(line - 1, ends)
            yield held._replace(lines=upto - counted)
            counted = upto
        sort, text, whole = _next(window)
        held = Cut(sort, line, 0, text, whole)
        line += text.count("\n")
        ends = line
    total = line if window.ends_within else line - 1
    if held is not None:
        yield held._replace(lines=max(total, ends) - counted)
    elif total:
        yield Cut(Sort.MARKER, 1, total, "")


def _skip(window: _Window) -> int:
    """Pass over what only separates; return how many lines that ended."""
    lines = 0
    while True:
        window.fill(AHEAD)
        found = _NOTHING.match(window.text, window.at)
        end = found.end() if found else window.at
        lines += window.text.count("\n", window.at, end)
        window.at = end
        if end < len(window.text) or window.ended:
            return lines


def _next(window: _Window) -> tuple[Sort, str, bool]:
    """Take a marker, a document or something else off the window, which has something on it."""
    text, at = window.text, window.at
    if marker := _MARKER.match(text, at):
        window.at = marker.end()
        return Sort.MARKER, marker[1].lower(), True
    if text[at] == "{":
        return _document(window)
    end = _OTHER_END.search(text, at + 1)
    window.at = end.start() if end else len(text)
    return Sort.OTHER, text[at : window.at], True


def _document(window: _Window) -> tuple[Sort, str, bool]:
    ahead = AHEAD
    while True:
        window.fill(ahead)
        text, at = window.text, window.at
        try:
            _value, end = _scan(text, at)
        except (ValueError, RecursionError):
            broken = _BROKEN_END.search(text, at + 1)
            if broken is None and not window.ended and len(text) - at < LONGEST:
                ahead *= 4
                continue
            end = min(len(text), at + LONGEST) if broken is None else broken.start() + (text[broken.start()] == "}")
            taken = text[at : max(end, at + 1)].rstrip()  # The blank lines after it are none of it.
            window.at = at + len(taken)
            return Sort.DOCUMENT, taken, False
        window.at = end
        return Sort.DOCUMENT, text[at:end], True
