"""Cutting a report into pieces: the lines of a document together, every other line for itself.

Lines of several workplaces may be mixed. Of documents only sales and returns are for the journal, and what is paid
without goods, for a person; those of other operations, such as stocktaking, are passed over whole.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo

from exchange.messages import FileLine, Piece
from exchange.protocols.frontol import messages, rows
from exchange.protocols.frontol.rows import NotARow, Row

MARKS = frozenset({"#", "@"})
HEAD = 3  # lines: the mark, the database, the number of the report
MOST_LINES = 20_000
_GOODS = rows.SALES | rows.STORNO
_TRADE = rows.SOLD | rows.GIVEN_BACK


class _Open:
    """The document that a workplace is at: its rows, and its lines as they came."""

    def __init__(self, line: FileLine, row: Row) -> None:
        self.first, self.document = line.number, row.document
        self.rows: list[Row] = []
        self.lines: list[bytes] = []

    def add(self, line: FileLine, row: Row) -> None:
        self.rows.append(row)
        self.lines.append(line.raw)

    @property
    def is_money_alone(self) -> bool:
        """Whether a buyer has paid, or was paid, and no goods moved."""
        return any(row.operation in rows.MONEY_ALONE for row in self.rows)

    @property
    def is_trade(self) -> bool:
        """Whether goods are sold or given back in it, or paid ahead; where no line names its operation, they may be."""
        if self.is_money_alone:
            return True
        return any(row.operation in _TRADE for row in self.rows) or not any(row.operation for row in self.rows)


class _Report:
    def __init__(self, zone: tzinfo, register: int, kinds: Mapping[str, str]) -> None:
        self._zone, self._register, self._kinds = zone, register, kinds
        self._open: dict[str, _Open] = {}
        self._closed_shifts: dict[str, int] = {}
        self._ended: dict[str, str] = {}  # the last document of a workplace

    def take(self, line: FileLine) -> Iterator[Piece]:
        text = rows.decode(line.raw)
        if not text.strip():
            yield Piece(line.number)
            return
        try:
            row = rows.read(text) if line.whole else None
        except NotARow:
            row = None
        if row is None or row.type not in rows.KNOWN:
            code = "line_too_long" if not line.whole else "not_a_transaction" if row is None else "unknown_type"
            params = {"type": str(row.type)} if row is not None else {}
            yield Piece(line.number, fault=code, params=params, raw=line.raw.rstrip(b"\r\n"))
            return
        yield from self._take_row(line, row)

    def end(self) -> Iterator[Piece]:
        """Yield what is left open when the file ends."""
        for workplace in list(self._open):
            yield self._given_up(workplace)

    def _take_row(self, line: FileLine, row: Row) -> Iterator[Piece]:
        found = self._open.get(row.workplace)
        if row.type in rows.CASH or row.type == rows.SHIFT_OPENED or row.type in rows.SHIFT_CLOSED:
            yield from self._single(line, row)
            return
        if row.type in rows.OUTSIDE:
            yield Piece(line.number, workplace=row.workplace)
            return
        if found is not None and (found.document != row.document or len(found.lines) >= MOST_LINES):
            yield self._given_up(row.workplace)
            found = None
        if found is None and self._ended.get(row.workplace) == row.document and row.type not in (rows.OPENED, *_GOODS):
            yield Piece(line.number, workplace=row.workplace)  # Told of a document after it was closed.
            return
        found = self._open.setdefault(row.workplace, _Open(line, row))
        found.add(line, row)
        if row.type in rows.CLOSED or row.type == rows.CANCELLED:
            self._ended[row.workplace] = row.document
            yield self._ending(self._open.pop(row.workplace), row)

    def _ending(self, found: _Open, row: Row) -> Piece:
        has_goods = any(one.type in _GOODS for one in found.rows)
        is_told = has_goods or found.is_money_alone or row.type == rows.CANCELLED
        if not found.is_trade or not is_told:
            return Piece(found.first, len(found.lines), workplace=row.workplace)
        return self._entry(found, row.workplace)

    def _single(self, line: FileLine, row: Row) -> Iterator[Piece]:
        if row.type in rows.SHIFT_CLOSED:
            if self._closed_shifts.get(row.workplace) == row.shift:
                yield Piece(line.number, workplace=row.workplace)  # The Z-report of the shift that was just closed.
                return
            self._closed_shifts[row.workplace] = row.shift
        alone = _Open(line, row)
        alone.add(line, row)
        yield self._entry(alone, row.workplace)

    def _entry(self, found: _Open, workplace: str) -> Piece:
        raw = messages.wrap(found.lines, register=self._register)
        entry = messages.of_rows(found.rows, raw=raw, zone=self._zone, kinds=self._kinds)
        return Piece(found.first, len(found.lines), entry=entry, workplace=workplace)

    def _given_up(self, workplace: str) -> Piece:
        """Put aside a document that is never closed, unless the journal has no use for it."""
        found = self._open.pop(workplace)
        if not found.is_trade:
            return Piece(found.first, len(found.lines), workplace=workplace)
        return Piece(found.first, len(found.lines), workplace=workplace, fault="not_closed",
                     params={"receipt": found.document}, raw=b"".join(found.lines))  # fmt: skip


def pieces(lines: Iterable[FileLine], *, zone: tzinfo, register: int, kinds: Mapping[str, str]) -> Iterator[Piece]:
    """Cut a report into pieces; `register` is the number of that as whose file it came."""
    report = _Report(zone, register, kinds)
    has_head = False
    for line in lines:
        if line.number == 1 and rows.decode(line.raw).strip() in MARKS:
            has_head = True
        if has_head and line.number <= HEAD and b";" not in line.raw:
            yield Piece(line.number)
        else:
            yield from report.take(line)
    yield from report.end()
