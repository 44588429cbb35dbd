"""Reading one document of УКМ 5, pushed JSON or exported XML: bytes in, an `Entry` out, whatever it holds.

Both ways tell of the same events, so an event is known by what it says and not by its bytes: the hash is that of its
meaning. The vendor's key, `storeId_shiftId_posId_id`, is the unique id of a receipt; a receipt rung up under stock
control has its RECEIPT_GUID for the uid of the receipt, by which the hold is found.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from exchange.protocols.ukm5 import assumptions, receipts, xml
from exchange.protocols.ukm5.values import Unclear, integer, member, money, text
from registers.messages import Entry, Problem, Transaction

_encode = msgspec.json.Encoder(decimal_format="string").encode


class Address(NamedTuple):
    """Whose document it is, by УКМ 5's own names: the till by its number, then by its inner id, as far as it says."""

    store: str
    tills: tuple[str, str]


class _Key(NamedTuple):
    """What an event is known by, as far as it could be read."""

    uid: str
    number: int | None


def address(raw: bytes) -> Address:
    """Return whose document it is; empty names where it does not say."""
    try:
        _root, told = _told(raw)
    except Unclear:
        return Address("", ("", ""))
    return Address(_name(told, "storeId"), (_name(told, "posNumber"), _name(told, "posId")))


def read(raw: bytes, zone: tzinfo = UTC) -> Entry:
    """Read a document; `zone` is that of its shop, whose times it tells."""
    kind, shift, at, key = "", None, None, None
    try:
        root, told = _told(raw)
        kind = _kind(root, told)
        shift = integer(told, "shiftNumber", "shiftId")
        key = _key(told, kind, shift)
        at = _time(told, kind, zone)
        transaction = _transaction(told, kind, shift, at, key)
    except Unclear as unclear:
        problem = Problem(unclear.code, unclear.path or None, unclear.params)
        return Entry(
            raw=raw,
            body_hash=hashlib.sha256(raw).digest(),
            number=key.number if key else None,
            occurred_at=at,
            uid=key.uid if key else None,
            kind=kind,
            shift=shift,
            transaction=None,
            problems=(problem,),
        )
    return Entry(
        raw=raw,
        body_hash=_hash_of(transaction, key),
        number=key.number,
        occurred_at=at,
        uid=key.uid if 0 < len(key.uid) <= 64 else None,
        kind=kind,
        shift=shift,
        transaction=transaction,
    )


def _told(raw: bytes) -> tuple[str, dict[str, Any]]:
    """Return the root of a file ("" of JSON) and what the document says. Raises `Unclear`."""
    if b"\x00" in raw or b"\\u0000" in raw:
        raise Unclear("nul_character", "")
    if raw.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return _told_by_file(raw)
    try:
        told = json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_no_number)
        _encode(told)  # What holds half a character can be kept nowhere.
    except (ValueError, OverflowError, RecursionError) as error:
        raise Unclear("unreadable", "") from error
    if not isinstance(told, dict):
        raise Unclear("not_json_object", "")
    return "", told


def _told_by_file(raw: bytes) -> tuple[str, dict[str, Any]]:
    try:
        document = xml.read(raw)
    except xml.NotOurs as error:
        raise Unclear("unreadable", "") from error
    root, told = document.root, document.told
    if root == "shift" and document.receipts:
        within = told.pop("receipt", None) or (told.pop("receipts", None) or [None])[0]
        if not isinstance(within, dict):
            raise Unclear("unreadable", "receipt")
        # What the receipt leaves out is that of its shift.
        return "receipt", {name: told[name] for name in _OF_ITS_SHIFT if name in told} | within
    return root, told


_OF_ITS_SHIFT = ("storeId", "posNumber", "posId", "shiftNumber", "shiftId")


def _no_number(said: str) -> None:
    raise ValueError(said)


def _kind(root: str, told: Mapping[str, Any]) -> str:
    """Return the kind of transaction that a document is of. Raises `Unclear`."""
    if root in ("shiftOpen", "shift"):
        return "shift_open" if root == "shiftOpen" else "shift_close"
    if root == "cashbox" or (not root and "opType" in told):
        said = text(told, "opType")
        kind = assumptions.CASH_KINDS.get(said)
    elif text(told, "result") != assumptions.COMPLETED:
        return "cancelled"
    else:
        said = text(told, "receiptType")
        kind = assumptions.RECEIPT_KINDS.get(said)
    if kind is None:
        raise Unclear("unknown_kind", "kind", kind=said[:64])
    return kind


def _key(told: Mapping[str, Any], kind: str, shift: int) -> _Key:
    store = _name(told, "storeId")
    if kind in ("shift_open", "shift_close"):
        return _Key(f"{store}_{shift}_{kind}", None)
    if kind in ("cash_in", "cash_out"):
        # What is pushed names the till by its inner id alone, a file by its number alone: neither is a part of this.
        return _Key(f"{store}_{shift}_cash_{integer(told, 'localNumber', 'id')}", None)
    number = _receipt_number(told)
    parts = (
        store,
        _name(told, "shiftId") or str(shift),
        _name(told, "posId") or _name(told, "posNumber"),
        _name(told, "id") or str(number),
    )
    return _Key("_".join(parts), number or None)


def _receipt_number(told: Mapping[str, Any]) -> int:
    """Return the number of a receipt, 0 where it has none: one that was given up was perhaps never numbered."""
    for name in ("number", "id"):
        with suppress(Unclear):
            return integer(told, name)
    return 0


def _transaction(told: Mapping[str, Any], kind: str, shift: int, at: datetime, key: _Key) -> Transaction:
    event = Transaction(number=key.number or 0, occurred_at=at, uid=key.uid, kind=kind, shift=shift)  # type: ignore[arg-type]
    if kind in ("cash_in", "cash_out"):
        return msgspec.structs.replace(event, amount=money(told, "amount"))
    if kind == "shift_close":
        counters = {ours: str(money(told, theirs)) for ours, theirs in _COUNTERS if member(told, theirs) is not None}
        return msgspec.structs.replace(event, counters=counters or None)
    if kind == "shift_open":
        return event
    return msgspec.structs.replace(event, receipt=receipts.read(told, kind=kind, uid=key.uid, number=key.number or 0))


_COUNTERS = (("sales", "saleAmount"), ("returns", "returnAmount"))


def _time(told: Mapping[str, Any], kind: str, zone: tzinfo) -> datetime:
    """Return when it happened, to the second: the two ways need not tell more of it. Raises `Unclear`."""
    dates = told.get("dates")
    within: Mapping[str, Any] = {**dates, **told} if isinstance(dates, dict) else told
    names = ("dateOpen", "opDate") if kind == "shift_open" else ("dateClose", "opDate", "dateOpen")
    said = next((value for name in names if (value := _name(within, name))), "")
    try:
        at = datetime.fromisoformat(said).replace(microsecond=0)
        at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Unclear("bad_time", "occurred_at") from error
    if not 1900 <= at.year < 9999:
        raise Unclear("bad_time", "occurred_at")
    return at


def _name(told: Mapping[str, Any], field: str) -> str:
    """Return a name as text, whether it was written as one or as a number; empty where there is none."""
    value = told.get(field)
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _hash_of(transaction: Transaction, key: _Key) -> bytes:
    """Return the hash of what happened: of a receipt its goods and money, so that both ways tell the same."""
    receipt = transaction.receipt
    said: list[Any] = [transaction.kind, transaction.shift, transaction.occurred_at, transaction.amount]
    if receipt is not None:
        lines = [[line.sku, line.quantity.normalize(), line.amount.normalize()] for line in receipt.lines]
        payments = sorted([payment.kind, str(payment.amount.normalize())] for payment in receipt.payments)
        said += [receipt.total.normalize(), lines, payments]
    if key.number is None:
        said.append(key.uid)  # Nothing else tells it from another one of the same second.
    return hashlib.sha256(_encode(said)).digest()
