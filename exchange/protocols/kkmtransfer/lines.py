"""A file of our own dialect: one transaction in a line, as `POST transactions` takes it."""

from collections.abc import Iterable, Iterator
from datetime import UTC, tzinfo

from exchange.messages import FileLine, Piece
from exchange.protocols.kkmtransfer.messages import read

_MARK = b"\xef\xbb\xbf"


def pieces(lines: Iterable[FileLine], zone: tzinfo = UTC) -> Iterator[Piece]:
    """Yield a piece for each line. What has nothing of a key by which it could be known is a fault, not an entry."""
    for line in lines:
        raw = (line.raw.removeprefix(_MARK) if line.number == 1 else line.raw).strip()
        if not line.whole:
            yield Piece(line.number, fault="line_too_long", raw=raw)
        elif not raw:
            yield Piece(line.number)
        else:
            entry = read(raw, zone)
            if entry.transaction is None and entry.number is None and entry.uid is None:
                problem = entry.problems[0]
                yield Piece(line.number, fault=problem.code, params=problem.params, raw=raw)
            else:
                yield Piece(line.number, entry=entry)
