"""One document of a sales file, or one end of a shift, into an `Entry`, whatever it holds: nothing here raises.

A document is kept as it came, under a line of ours that says which part of it is meant and which register's equipment
knows its kinds of payment. It is known by its till, shift, number and time; the opening and the closing of a shift by
its till, number and the time it began. The hash is that of what is said, so the upload after each receipt and that of
the whole shift tell of the same event, however each writes it.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Literal

import msgspec

from exchange.protocols.artix import assumptions, receipts
from exchange.protocols.artix.values import Unclear, integer, is_told, listed, moment, money, text
from registers.messages import Entry, Problem, Transaction

Part = Literal["document", "open", "close"]
Kinds = Callable[[int], Mapping[str, str]]
_HEAD = re.compile(rb"@(document|open|close);register=(\d{1,10})\n")
_COUNTERS = {"sumcashend": "cash_in_drawer", "sumback": "returns"}
_encode = msgspec.json.Encoder(decimal_format="string").encode


def wrap(document: bytes, *, part: Part, register: int) -> bytes:
    """Return a document under the line that says what it does not."""
    return b"@%s;register=%d\n" % (part.encode(), register) + document


def read(raw: bytes, zone: tzinfo, kinds: Kinds) -> Entry:
    """Read what `wrap` made; `zone` is of its shop, `kinds` are the kinds of payment of a register by its number."""
    head = _HEAD.match(raw)
    try:
        told = parse(raw[head.end() :] if head else raw)
    except Unclear as unclear:
        return _unclear(raw, unclear, "", None, None, None)
    part = head[1].decode() if head else "document"
    return of(told, raw=raw, part=part, zone=zone, kinds=kinds(int(head[2]) if head else 0))  # type: ignore[arg-type]


def parse(document: bytes) -> dict[str, Any]:
    """Return what a document says, its names in small letters: writers differ in theirs. Raises `Unclear`."""
    if b"\x00" in document or b"\\u0000" in document:
        raise Unclear("nul_character", "")
    try:
        said = document.decode("utf-8-sig")
    except UnicodeDecodeError:
        said = document.decode("cp1251", "replace")
    try:
        told = json.loads(said, object_pairs_hook=_named, parse_float=Decimal, parse_constant=_no_number)
        if b"\\u" in document:
            _encode(told)  # What holds half a character can be kept nowhere.
    except Unclear:
        raise
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise Unclear("unreadable", "") from error
    if not isinstance(told, dict):
        raise Unclear("not_json_object", "")
    return told


def of(told: Mapping[str, Any], *, raw: bytes, part: Part, zone: tzinfo, kinds: Mapping[str, str]) -> Entry:
    """Make an entry of what a document says; `raw` is kept of it."""
    kind, at, shift, uid = "", None, None, None
    try:
        kind = _kind(told, part)
        shift = integer(told, "shift")
        at = moment(told.get("timebeg" if part == "open" or not is_told(told, "timeend") else "timeend"), zone)
        uid = _uid(told, part, shift, zone)
        if not kind:
            raise Unclear("unknown_kind", "kind", kind=text(told, "doctype")[:64])
        transaction = _transaction(told, kind, shift, at, uid, assumptions.PAYMENT_KINDS | dict(kinds))
        body_hash = _hash_of(transaction, told)
    except Unclear as unclear:
        return _unclear(raw, unclear, kind, shift, at, uid)
    return Entry(
        raw=raw,
        body_hash=body_hash,
        number=None,
        occurred_at=at,
        uid=uid,
        kind=kind,
        shift=shift,
        transaction=transaction,
    )


def till_of(told: Mapping[str, Any]) -> str:
    """Return the number of the till that a document names, without the zeros before it; empty where it names none."""
    try:
        said = text(told, "cashcode")
    except Unclear:
        return ""
    return str(int(said)) if said.isascii() and said.isdecimal() and len(said) <= 18 else said


def _named(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = {name.lower(): value for name, value in pairs}
    if len(read) != len(pairs):
        names = [name.lower() for name, _value in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise Unclear("duplicate_key", "", key=twice[:64].encode("utf-8", "replace").decode())
    return read


def _no_number(said: str) -> None:
    raise ValueError(said)


def _unclear(raw: bytes, unclear: Unclear, kind: str, shift: int | None, at: datetime | None, uid: str | None) -> Entry:
    problem = Problem(unclear.code, unclear.path or None, unclear.params)
    return Entry(
        raw=raw,
        body_hash=hashlib.sha256(raw).digest(),
        number=None,
        occurred_at=at,
        uid=uid,
        kind=kind,
        shift=shift,
        transaction=None,
        problems=(problem,),
    )


def _kind(told: Mapping[str, Any], part: Part) -> str:
    """Return the kind of transaction that is meant; empty for a type that nobody knows. Raises `Unclear`."""
    if part != "document":
        return f"shift_{part}"
    said = integer(told, "doctype")
    if said in assumptions.OF_GOODS and receipts.is_given_up(told):
        return "cancelled"
    return assumptions.KINDS.get(said, "")


def _uid(told: Mapping[str, Any], part: Part, shift: int, zone: tzinfo) -> str:
    # By the clock of the shop, as it is written: a shop whose zone is put right later knows its receipts again.
    began = moment(told.get("timebeg" if is_told(told, "timebeg") else "timeend"), zone).astimezone(zone)
    known = f"artix-{till_of(told)[:16]}-{shift}"
    if part != "document":
        return f"{known}-{part}-{began:%y%m%d%H%M%S}"
    return f"{known}-{integer(told, 'docnum')}-{began:%y%m%d%H%M%S}"[:64]


def _transaction(
    told: Mapping[str, Any], kind: str, shift: int, at: datetime, uid: str, kinds: Mapping[str, str]
) -> Transaction:
    made = Transaction(number=0, occurred_at=at, uid=uid, kind=kind, shift=shift)  # type: ignore[arg-type]
    if kind == "shift_open":
        return made
    if kind == "shift_close":
        return msgspec.structs.replace(made, counters=_counters(told) or None)
    if kind in ("cash_in", "cash_out"):
        return msgspec.structs.replace(made, amount=_cash(told))
    cash = till_of(told)
    identifier = text(told, "identifier")
    known = assumptions.known_as(identifier, cash) if identifier else uid
    receipt = receipts.read(told, kind=kind, uid=known, cash=cash, kinds=kinds)
    records = [] if kind == "cancelled" else receipts.billing(told, receipt, kind)
    return msgspec.structs.replace(made, receipt=receipt, billing=records)


def _cash(told: Mapping[str, Any]) -> Decimal:
    if is_told(told, "docsum"):
        return abs(money(told, "docsum", path="amount"))
    sums = [abs(money(one, "sumb", path="amount")) for _place, one in listed(told, "moneypositions")]
    if not sums:
        raise Unclear("unreadable", "amount")
    return sum(sums, receipts.ZERO)


def _counters(told: Mapping[str, Any]) -> dict[str, str]:
    """Return what the till counted in a shift; sales are what was earned and given back again."""
    counted: dict[str, Decimal] = {}
    for place, one in listed(told, "kkms"):
        for theirs, ours in _COUNTERS.items():
            if is_told(one, theirs):
                counted[ours] = counted.get(ours, receipts.ZERO) + money(one, theirs, path=f"counters.{place}.{ours}")
    if is_told(told, "sumgain") and "returns" in counted:
        counted["sales"] = money(told, "sumgain", path="counters.sales") + counted["returns"]
    return {name: str(value) for name, value in counted.items()}


def _hash_of(transaction: Transaction, told: Mapping[str, Any]) -> bytes:
    """Return the hash of what happened, whatever kinds of payment are matched by now."""
    receipt = transaction.receipt
    said: list[Any] = [transaction.kind, transaction.shift, transaction.occurred_at, transaction.uid]
    said += [None if transaction.amount is None else transaction.amount.normalize(), transaction.counters]
    if receipt is not None:
        lines = [
            [one.line, one.sku, one.quantity.normalize(), one.price.normalize(), one.amount.normalize(), one.marks]
            for one in receipt.lines
        ]
        paid = [] if transaction.kind == "cancelled" else receipts.payments(told)
        said += [lines, [[by, amount.normalize()] for by, amount in paid], receipt.card, receipt.of]
        said += [[one.kind, one.bonuses.normalize()] for one in transaction.billing]
    return hashlib.sha256(_encode(said)).digest()
