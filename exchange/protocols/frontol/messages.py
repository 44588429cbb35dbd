"""What a report tells of one event, as an entry: its lines as they came, under one line of ours that names the register
as whose file they came. The hash is that of what the lines mean.
"""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, tzinfo

import msgspec

from exchange.protocols.frontol import documents, rows
from exchange.protocols.frontol.rows import NotARow, Row
from registers.messages import Entry, Problem, Transaction, unreadable

_HEAD = re.compile(rb"@register=(\d{1,10})\n")
_encode = msgspec.json.Encoder(decimal_format="string").encode
Kinds = Callable[[int], Mapping[str, str]]


def wrap(lines: Sequence[bytes], *, register: int) -> bytes:
    """Return the lines of an event under the line that says what they do not."""
    return b"@register=%d\n" % register + b"".join(lines)


def read(raw: bytes, zone: tzinfo, kinds: Kinds) -> Entry:
    """Read an event; `zone` is that of its shop, and `kinds` the kinds of payment by the number of a register."""
    head = _HEAD.match(raw)
    try:
        lines = (raw[head.end() :] if head else raw).split(b"\n")
        told = [rows.read(rows.decode(line)) for line in lines if line]
    except NotARow:
        told = []
    if told:
        return of_rows(told, raw=raw, zone=zone, kinds=kinds(int(head[1]) if head else 0))
    return unreadable(raw)


def of_rows(told: Sequence[Row], *, raw: bytes, zone: tzinfo, kinds: Mapping[str, str]) -> Entry:
    """Make an entry of the rows of an event, the one that ends it last."""
    last = told[-1]
    at = last.at.replace(tzinfo=zone).astimezone(UTC)
    uid = f"frontol-{last.workplace[:20]}-{last.number}-{last.at:%Y%m%d%H%M%S}"
    kind = _kind(last)
    problems: tuple[Problem, ...] = ()
    transaction = None
    money_alone = next((row.operation for row in told if row.operation in rows.MONEY_ALONE), "")
    try:
        if money_alone and kind == "sale":
            kind = ""
            problems = (_of_money_alone(told, money_alone),)
        else:
            kind, transaction = _transaction(told, kind, at, uid, kinds)
    except documents.Unclear as unclear:
        problems = (Problem("bad_number", unclear.path, {"field": unclear.path}),)
    return Entry(
        raw=raw,
        body_hash=hashlib.sha256(_encode([row.meaning() for row in told])).digest(),
        number=last.number,
        occurred_at=at,
        uid=uid,
        kind=kind,
        shift=last.shift,
        transaction=transaction,
        problems=problems,
    )


def _of_money_alone(told: Sequence[Row], operation: str) -> Problem:
    """Say what a document is of which the journal has no kind, so that a person enters it in the books."""
    params = {"operation": operation, "document": told[-1].document, "amount": told[-1].text(12)[:20]}
    return Problem("money_alone", None, params)


def _kind(last: Row) -> str:
    if last.type in rows.SHIFT_CLOSED:
        return "shift_close"
    if last.type == rows.SHIFT_OPENED:
        return "shift_open"
    return rows.CASH.get(last.type) or ("cancelled" if last.type == rows.CANCELLED else "sale")


def _transaction(
    told: Sequence[Row], kind: str, at: datetime, uid: str, kinds: Mapping[str, str]
) -> tuple[str, Transaction]:
    last = told[-1]
    event = Transaction(number=last.number, occurred_at=at, uid=uid, kind=kind, shift=last.shift)  # type: ignore[arg-type]
    if kind in ("shift_open", "shift_close"):
        return kind, event
    if kind in rows.CASH.values():
        try:
            amount = abs(last.decimal(12) or documents.ZERO)
        except rows.NotANumber as error:
            raise documents.Unclear("amount") from error
        return kind, msgspec.structs.replace(event, amount=amount)
    kind, receipt, billing = documents.read(told, uid=uid, cancelled=kind == "cancelled", kinds=kinds)
    return kind, msgspec.structs.replace(event, kind=kind, receipt=receipt, billing=billing)
