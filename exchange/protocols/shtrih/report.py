"""Cutting a report into pieces: the lines of a receipt together, every other line for itself.

A report of a cash server mixes the lines of its tills: each till has its own open receipt. The number of a shift stands
only in the line that closes it, so the report is looked through for these first.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import tzinfo

from exchange.messages import FileLine, Piece
from exchange.protocols.shtrih import messages, rows
from exchange.protocols.shtrih.rows import NotARow, Row

MARKS = frozenset({"#", "@"})
HEAD = 3  # lines: the mark, the database, the number of the report
MOST_LINES = 20_000  # of a receipt: no till prints one so long
_TAG = re.compile(r"<(/?)([\w:.-]+)")


class Shifts:
    """In which shift a line stands: in the one that is closed next by its till."""

    def __init__(self, lines: Iterable[FileLine], after: Callable[[str], int]) -> None:
        """`after` says of a till what its open shift is, where the report does not close any."""
        self._after = after
        self._open: dict[str, int] = {}
        self._closed: dict[str, tuple[list[int], list[int]]] = {}
        for line in lines:
            if b";61;" not in line.raw and b";63;" not in line.raw:
                continue
            try:
                row = rows.read(rows.decode(line.raw))
            except NotARow:
                continue
            if row.type in rows.Z_REPORTS and (number := _shift(row)) is not None:
                places, numbers = self._closed.setdefault(row.till, ([], []))
                places.append(line.number)
                numbers.append(number)

    def of(self, till: str, line: int) -> int:
        places, numbers = self._closed.get(till, ([], []))
        place = bisect_left(places, line)
        if place < len(places):
            return numbers[place]
        if numbers:
            return numbers[-1] + 1
        if till not in self._open:
            self._open[till] = self._after(till)
        return self._open[till]


def _shift(row: Row) -> int | None:
    said = row.text(8)
    return int(said) if said.isascii() and said.isdecimal() and len(said) <= 18 else None


class _Open:
    """The receipt that a till is at: its rows, and its lines as they came."""

    def __init__(self, first: FileLine, row: Row) -> None:
        self.first, self.receipt = first.number, row.receipt
        self.rows: list[Row] = []
        self.lines: list[bytes] = []


class _Report:
    def __init__(self, shifts: Shifts, zone: tzinfo, register: int, kinds: Mapping[str, str]) -> None:
        self._shifts, self._zone, self._register, self._kinds = shifts, zone, register, kinds
        self._open: dict[str, _Open] = {}
        self._ended: dict[str, tuple[int, str]] = {}  # the type and receipt of a till's last line outside a receipt
        self._tag: list[FileLine] = []
        self._tag_name = ""
        self._last: _Open | None = None

    def take(self, line: FileLine) -> Iterator[Piece]:
        text = rows.decode(line.raw)
        tag = _TAG.match(text)
        if self._tag:
            yield from self._within_tag(line, text, tag)
        elif tag and not tag[1]:
            yield from self._begin_tag(line, text, tag[2])
        elif not text.strip():
            yield Piece(line.number)
        else:
            yield from self._take_row(line, text)

    def end(self) -> Iterator[Piece]:
        """Yield what is left open when the file ends."""
        yield from self._drop_tag()
        for till in list(self._open):
            yield self._given_up(till)

    def _take_row(self, line: FileLine, text: str) -> Iterator[Piece]:
        try:
            row = rows.read(text) if line.whole else None
        except NotARow:
            row = None
        if row is None:
            self._last = None
            code = "not_a_transaction" if line.whole else "line_too_long"
            yield Piece(line.number, fault=code, raw=line.raw.rstrip(b"\r\n"))
            return
        found = self._open.get(row.till)
        if found is not None and (found.receipt != row.receipt or len(found.lines) >= MOST_LINES):
            yield self._given_up(row.till)
        if row.type in rows.OF_A_RECEIPT:
            self._add(line, row)
        else:
            yield from self._alone_or_closing(line, row)

    def _add(self, line: FileLine, row: Row) -> _Open:
        found = self._open.setdefault(row.till, _Open(line, row))
        found.rows.append(row)
        found.lines.append(line.raw)
        self._last = found
        return found

    def _alone_or_closing(self, line: FileLine, row: Row) -> Iterator[Piece]:
        self._last = None
        before, self._ended[row.till] = self._ended.get(row.till), (row.type, row.receipt)
        if row.type not in rows.KNOWN:
            if row.till in self._open:
                self._last = self._open[row.till]
            yield Piece(line.number, workplace=row.till, fault="unknown_type", params={"type": str(row.type)},
                        raw=line.raw.rstrip(b"\r\n"))  # fmt: skip
        elif row.type == rows.CLOSED or row.type in rows.CANCELLED:
            if row.till in self._open:
                self._add(line, row)
                self._last = None
                yield self._entry(self._open.pop(row.till), row.till, line.number)
            elif row.type in rows.CANCELLED:
                yield self._single(line, row)
            elif before is not None and before[1] == row.receipt:
                yield Piece(line.number, workplace=row.till)  # It closes a document that is no receipt.
            else:
                yield Piece(line.number, workplace=row.till, fault="closed_without_lines",
                            raw=line.raw.rstrip(b"\r\n"))  # fmt: skip
        elif row.type in rows.CASH or (row.type in rows.Z_REPORTS and not self._is_closed_already(row, before)):
            yield self._single(line, row)
        else:
            yield Piece(line.number, workplace=row.till)

    def _is_closed_already(self, row: Row, before: tuple[int, str] | None) -> bool:
        """Tell whether the line before closed the same shift: a till may write both 61 and 63."""
        return before is not None and before[0] in rows.Z_REPORTS and before[0] != row.type

    def _single(self, line: FileLine, row: Row) -> Piece:
        found = _Open(line, row)
        found.rows.append(row)
        found.lines.append(line.raw)
        return self._entry(found, row.till, line.number)

    def _entry(self, found: _Open, till: str, line: int) -> Piece:
        shift = self._shifts.of(till, line)
        raw = messages.wrap(found.lines, shift=shift, register=self._register)
        entry = messages.of_rows(found.rows, raw=raw, shift=shift, zone=self._zone, kinds=self._kinds)
        return Piece(found.first, len(found.lines), entry=entry, workplace=till)

    def _given_up(self, till: str) -> Piece:
        """Put aside a receipt that is never closed: perhaps the rest of it comes with the next report."""
        found = self._open.pop(till)
        self._last = None
        return Piece(found.first, len(found.lines), workplace=till, fault="not_closed",
                     params={"receipt": found.receipt}, raw=b"".join(found.lines))  # fmt: skip

    # Documents within tags belong to the transaction before them; the journal has no use for them.

    def _begin_tag(self, line: FileLine, text: str, name: str) -> Iterator[Piece]:
        self._tag, self._tag_name = [line], name
        if f"</{name}>" in text or text.rstrip().endswith("/>"):
            yield from self._end_tag()

    def _within_tag(self, line: FileLine, text: str, tag: re.Match[str] | None) -> Iterator[Piece]:
        try:
            row = rows.read(text)
        except NotARow:
            row = None
        if row is not None and row.type in rows.KNOWN and text.count(";") >= 11:
            yield from self._drop_tag()
            yield from self._take_row(line, text)
            return
        self._tag.append(line)
        if f"</{self._tag_name}>" in text:
            yield from self._end_tag()
        elif len(self._tag) >= MOST_LINES:
            yield from self._drop_tag()

    def _end_tag(self) -> Iterator[Piece]:
        lines, self._tag = self._tag, []
        if self._last is not None:
            self._last.lines += [line.raw for line in lines]
        else:
            yield Piece(lines[0].number, len(lines))

    def _drop_tag(self) -> Iterator[Piece]:
        lines, self._tag = self._tag, []
        if lines:
            raw = b"".join(line.raw for line in lines[:100])
            yield Piece(lines[0].number, len(lines), fault="tag_not_closed", raw=raw)


def pieces(
    lines: Iterable[FileLine], *, shifts: Shifts, zone: tzinfo, register: int, kinds: Mapping[str, str]
) -> Iterator[Piece]:
    """Cut a report into pieces; `register` is the number of that as whose file it came."""
    report = _Report(shifts, zone, register, kinds)
    has_head = False
    for line in lines:
        if line.number == 1 and rows.decode(line.raw).strip() in MARKS:
            has_head = True
        if has_head and line.number <= HEAD and b";" not in line.raw:
            yield Piece(line.number)
        else:
            yield from report.take(line)
    yield from report.end()
