"""What a report tells of one event, as an entry: its lines as they came, under one line of ours.

That line says what they do not: the number of the shift, which a report names only where the shift is closed, and the
register as whose file it came, by whose equipment kinds of payment are known. The hash is that of what the lines mean,
so neither the encoding nor the form of a date nor a shift that is learned later makes it another event.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

import msgspec

from exchange.protocols.shtrih import receipts, rows
from exchange.protocols.shtrih.rows import NotARow, Row
from registers.messages import Entry, Problem, Transaction, unreadable

_HEAD = re.compile(rb"@shift=(\d{1,18});register=(\d{1,10})\n")
_encode = msgspec.json.Encoder(decimal_format="string").encode
Kinds = Callable[[int], Mapping[str, str]]


def wrap(lines: Sequence[bytes], *, shift: int, register: int) -> bytes:
    """Return the lines of an event under the line that says what they do not."""
    return b"@shift=%d;register=%d\n" % (shift, register) + b"".join(lines)


def read(raw: bytes, zone: tzinfo, kinds: Kinds) -> Entry:
    """Read an event; `zone` is that of its shop, and `kinds` the kinds of payment by the number of a register."""
    head = _HEAD.match(raw)
    told, inside = [], False
    for line in filter(None, (raw[head.end() :] if head else raw).split(b"\n")):
        text = rows.decode(line)
        if inside or text.startswith("<"):  # A document within tags says nothing of the receipt.
            inside = not ("</" in text or text.rstrip().endswith("/>"))
            continue
        try:
            told.append(rows.read(text))
        except NotARow:
            return unreadable(raw)
    if not told:
        return unreadable(raw)
    shift, register = (int(head[1]), int(head[2])) if head else (0, 0)
    return of_rows(told, raw=raw, shift=shift, zone=zone, kinds=kinds(register))


def of_rows(told: Sequence[Row], *, raw: bytes, shift: int, zone: tzinfo, kinds: Mapping[str, str]) -> Entry:
    """Make an entry of the rows of an event, the one that ends it last."""
    last = told[-1]
    at = last.at.replace(tzinfo=zone).astimezone(UTC)
    uid = f"shtrih-{last.till[:20]}-{last.number}-{last.at:%Y%m%d%H%M%S}"
    body_hash = hashlib.sha256(_encode([row.meaning() for row in told])).digest()
    kind = _kind(last)
    problems: tuple[Problem, ...] = ()
    transaction = None
    try:
        kind, transaction = _transaction(told, kind, shift, at, uid, kinds)
    except receipts.Unclear as unclear:
        problems = (Problem("bad_number", unclear.path, {"field": unclear.path}),)
    return Entry(
        raw=raw,
        body_hash=body_hash,
        number=last.number,
        occurred_at=at,
        uid=uid,
        kind=kind,
        shift=shift,
        transaction=transaction,
        problems=problems,
    )


def _kind(last: Row) -> str:
    if last.type in rows.Z_REPORTS:
        return "shift_close"
    return rows.CASH.get(last.type) or ("cancelled" if last.type in rows.CANCELLED else "sale")


def _transaction(
    told: Sequence[Row], kind: str, shift: int, at: datetime, uid: str, kinds: Mapping[str, str]
) -> tuple[str, Transaction]:
    last = told[-1]
    event = Transaction(number=last.number, occurred_at=at, uid=uid, kind=kind, shift=shift)  # type: ignore[arg-type]
    if kind == "shift_close":
        return kind, event
    if kind in rows.CASH.values():
        try:
            amount = abs(last.decimal(12) or receipts.ZERO)
        except rows.NotANumber as error:
            raise receipts.Unclear("amount") from error
        return kind, msgspec.structs.replace(event, amount=amount)
    kind, receipt, billing = receipts.read(told, uid=uid, cancelled=kind == "cancelled", kinds=kinds)
    return kind, msgspec.structs.replace(event, kind=kind, receipt=receipt, billing=billing)
