"""Reading the JSON of KKMTransfer: bytes in, entries out.

A batch is split without looking inside its transactions, so a broken one cannot block its neighbours. Each is then
read on its own, and whatever could not be read is said in a `Problem`: nothing here raises for what one holds.
"""

import hashlib
import json
import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any

import msgspec

from exchange.protocols.kkmtransfer.splitting import elements
from registers.messages import Entry, Problem, Transaction

KINDS = frozenset(Transaction.__annotations__["kind"].__args__)
_MAX_NUMBER = 2**63 - 1
_DECIMALS = ("quantity", "price", "discount", "amount", "total", "bonuses", "turnover")
_PATH = re.compile(r"at `\$\.?([^`]*)`")


class _Batch(msgspec.Struct):
    transactions: list[msgspec.Raw]


_batch = msgspec.json.Decoder(_Batch)
_encode = msgspec.json.Encoder(order="sorted").encode


def split(body: bytes) -> list[bytes]:
    """Return the bytes of each transaction of a batch as they came. Raises `NotABatch`."""
    try:
        raws = [bytes(raw) for raw in _batch.decode(body).transactions]
    except (msgspec.DecodeError, RecursionError):
        # Perhaps one transaction alone is to blame (a lone surrogate, NaN, a thousand brackets).
        return elements(body)
    if body.count(b'"transactions"') > 1 or b"\\u" in body:
        # Of a list that is named twice, perhaps in escapes, one would be dropped without a word.
        elements(body)
    return raws


def read(raw: bytes, zone: tzinfo = UTC) -> Entry:
    """Read one transaction; its times carry their offset, whatever the zone of the shop.

    Its hash is that of the canonical form, so spacing and key order do not make it another.
    """
    try:
        body = _parse(raw.decode(json.detect_encoding(raw), "surrogatepass"))  # As json.loads does.
        canonical = _encode(body)
    except _Repeated as error:
        return _unreadable(raw, Problem("duplicate_key", None, {"key": str(error)[:64]}))
    except (ValueError, RecursionError):
        return _unreadable(raw, Problem("unreadable", None, {"path": ""}))
    body_hash = hashlib.sha256(canonical).digest()
    if not isinstance(body, dict):
        return _unreadable(raw, Problem("not_json_object"), body_hash)
    if b"\\u0000" in raw:
        return _salvage(raw, body_hash, body, Problem("nul_character"))
    try:
        transaction = msgspec.convert(body, Transaction)
    except msgspec.ValidationError as error:
        path = _PATH.search(str(error))
        where = path.group(1) if path else ""
        return _salvage(raw, body_hash, body, Problem("unreadable", where or None, {"path": where}))
    if odd := _odd_number(body):
        return _salvage(raw, body_hash, body, Problem("bad_number", odd, {"field": odd}))
    occurred_at = _time(body["occurred_at"])
    if occurred_at is None:
        return _salvage(raw, body_hash, body, Problem("bad_time", "occurred_at"))
    if not (0 <= transaction.number <= _MAX_NUMBER and 0 <= transaction.shift <= _MAX_NUMBER):
        return _salvage(raw, body_hash, body, Problem("number_out_of_range", "number", {"field": "number"}))
    return Entry(
        raw=raw,
        body_hash=body_hash,
        number=transaction.number,
        occurred_at=occurred_at,
        uid=_uid(transaction.uid),
        kind=transaction.kind,
        shift=transaction.shift,
        transaction=transaction,
    )


class _Repeated(ValueError):
    pass


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a key twice: parsers differ in which one they believe."""
    read = dict(pairs)
    if len(read) != len(pairs):
        seen: set[str] = set()
        for key, _value in pairs:
            if key in seen:
                raise _Repeated(key.replace("\x00", "").encode("utf-8", "replace").decode())
            seen.add(key)
    return read


_parse = json.JSONDecoder(object_pairs_hook=_unrepeated, parse_float=Decimal).decode


def _odd_number(body: dict[str, Any]) -> str | None:
    """Return the path of a text that the contract does not take for a decimal, though Python does.

    `Decimal` leaves out spaces around a number and _ within it, and reads figures of any script. The body is known to
    be of the right shape.
    """
    receipt = body.get("receipt") or {}
    owners = [("", body), ("receipt.", receipt)]
    owners += [("receipt.lines.%s.", line) for line in receipt.get("lines", ())]
    owners += [("receipt.payments.", payment) for payment in receipt.get("payments", ())]
    owners += [("billing.", record) for record in body.get("billing", ())]
    texts = [value for _path, owner in owners for name in _DECIMALS if type(value := owner.get(name)) is str]
    if _is_plain("".join(texts)):
        return None
    for path, owner in owners:
        for name in _DECIMALS:
            if isinstance(value := owner.get(name), str) and not _is_plain(value):
                return (path % owner["line"] if "%" in path else path) + name
    return None


def _is_plain(text: str) -> bool:
    return text.isascii() and "_" not in text and (text.split() or [""]) == [text]


def _unreadable(raw: bytes, problem: Problem, body_hash: bytes | None = None) -> Entry:
    return Entry(
        raw=raw,
        body_hash=body_hash or hashlib.sha256(raw).digest(),
        number=None,
        occurred_at=None,
        uid=None,
        kind="",
        shift=None,
        transaction=None,
        problems=(problem,),
    )


def _salvage(raw: bytes, body_hash: bytes, body: dict[str, Any], problem: Problem) -> Entry:
    """Keep whatever of the key is readable, so that a repeat is known as one and a person can find it."""
    kind = body.get("kind")
    return Entry(
        raw=raw,
        body_hash=body_hash,
        number=_integer(body.get("number")),
        occurred_at=_time(body.get("occurred_at")),
        uid=_uid(body.get("uid")),
        kind=kind if isinstance(kind, str) and kind in KINDS else "",
        shift=_integer(body.get("shift")),
        transaction=None,
        problems=(problem,),
    )


def _integer(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= _MAX_NUMBER else None


def _time(value: object) -> datetime | None:
    """Read a time with an offset, of a year that every calendar on the way can show in any time zone."""
    try:
        read = msgspec.convert(value, datetime)
        return read.astimezone(UTC) if read.tzinfo and 1900 <= read.year < 9999 else None
    except (msgspec.ValidationError, OverflowError):
        return None


def _uid(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 64 and "\x00" not in value else None
