"""A single event of a device into an `Entry`, whatever it holds: nothing here raises for that.

A check and a movement of cash are known by their UUID; without one, by their shift, number, time and place among those
that say the same. The opening and the closing of a shift are known by its number and the time of its opening. So a
report that comes again tells of the same transactions, whether or not it has the same UUID, or any. The hash is that of
the meaning. None of them has a number for the journal: devices number checks, returns and cash each on their own.

A payment by an electronic kind is of the kind that `kinds` has for its code; one that nobody has matched waits for a
person.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

import msgspec
from lxml import etree

from exchange.protocols.equipment_service import xml
from exchange.protocols.equipment_service.reports import MOVING, RETURN
from registers.messages import Entry, Line, Payment, Problem, Receipt, Transaction

ZERO = Decimal(0)
LARGEST = 100  # digits before the point of what can be reckoned with; the checks of the journal allow far less
_ODDS = re.compile(r"(\d{1,18})\D*$", re.ASCII)
_KOPECK = Decimal("0.01")
_OTHERS = (("Cash", "cash"), ("PrePayment", "prepayment"), ("PostPayment", "credit"), ("Barter", "other"))
_KINDS_OF_1 = {"0": "cash"}
_encode = msgspec.json.Encoder(decimal_format="string").encode


class _Unclear(ValueError):
    def __init__(self, code: str, path: str) -> None:
        self.code, self.path = code, path
        super().__init__(f"{code}: {path}")


class _Event(NamedTuple):
    """What the bytes of an event hold; `told` is the check or the movement, None of a shift."""

    kind: str
    place: int
    report: etree._Element
    told: etree._Element | None
    zone: tzinfo


def device_of(raw: bytes) -> str:
    """Return the device that an event is of; empty where the bytes tell of none."""
    try:
        return xml.read(raw).get("DeviceID", "")
    except xml.NotXml:
        return ""


def read(raw: bytes, zone: tzinfo = UTC, kinds: Mapping[str, str] | None = None) -> Entry:
    """Read an event; `zone` is that of its shop, `kinds` has our kind of payment for each code of the device's."""
    kind, shift, at, uid = "", None, None, None
    try:
        event = _event(raw, zone)
        kind = _kind(event)
        shift = _whole(_first(event.report, "ShiftNumber", "SessionNumber"), "shift")
        at = _time(event, kind)
        uid = _uid(event)
        transaction, payments = _transaction(event, kind, shift, at, uid, kinds or {})
    except _Unclear as unclear:
        params = {"path": unclear.path} if unclear.code == "unreadable" else {"field": unclear.path}
        problem = Problem(unclear.code, unclear.path or None, params)
        digest = hashlib.sha256(raw).digest()
        return Entry(raw, digest, None, at, uid, kind, shift, None, (problem,))
    return Entry(raw, _hash_of(transaction, payments), None, at, uid, kind, shift, transaction)


def _event(raw: bytes, zone: tzinfo) -> _Event:
    try:
        root = xml.read(raw)
    except xml.NotXml as error:
        raise _Unclear("unreadable", "") from error
    if root.tag != "Event" or len(root) != 1:
        raise _Unclear("unreadable", "")
    report = root[0]
    kind = root.get("Kind", "")
    told = report[0] if kind in ("check", "prepaid", "cash") and len(report) else None
    if told is None and kind not in ("shift_open", "shift_close", "sold", "returned"):
        raise _Unclear("unreadable", "")
    return _Event(kind, int(root.get("Place", "0")), report, told, zone)


def _kind(event: _Event) -> str:
    """Return the kind of transaction that an event is."""
    if event.told is None:
        return {"sold": "sale", "returned": "return"}.get(event.kind, event.kind)
    if event.kind == "cash":
        return "cash_in" if event.told.get("Type") == "Income" else "cash_out"
    is_return = event.told.get("OperationType") == RETURN
    if event.kind == "prepaid":
        return "cash_out" if is_return else "cash_in"
    return "return" if is_return else "sale"


def _time(event: _Event, kind: str) -> datetime:
    if event.told is not None:
        said = event.told.get("Date", "")
    elif kind == "shift_open":
        said = _first(event.report, "OpeningDate", "DateOpen")
    else:
        said = _first(event.report, "ClosingDate", "DateClose")
    try:
        at = datetime.fromisoformat(said)
        return (at if at.tzinfo else at.replace(tzinfo=event.zone)).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raise _Unclear("bad_time", "occurred_at") from error


def _uid(event: _Event) -> str:
    """Return what the event is known by for ever."""
    shift = (_first(event.report, "ShiftNumber", "SessionNumber"), _first(event.report, "OpeningDate", "DateOpen"))
    if event.told is None:
        return _digest(event.kind, *shift)
    told = event.told.attrib
    if uuid := told.get("UUID", "").lower():
        return uuid
    said = (told.get("Number", ""), told.get("Date", ""), str(event.place))
    return _digest(event.kind, *shift, *said)


def _digest(*parts: str) -> str:
    return f"es-{parts[0][:10]}-{hashlib.sha256(_encode(parts)).hexdigest()[:32]}"


def _transaction(
    event: _Event, kind: str, shift: int, at: datetime, uid: str, kinds: Mapping[str, str]
) -> tuple[Transaction, list[list[str]]]:
    """Return the transaction, and its payments as the device told them."""
    made = Transaction(number=0, occurred_at=at, uid=uid, kind=kind, shift=shift)  # type: ignore[arg-type]
    if event.kind == "cash" and event.told is not None:
        return msgspec.structs.replace(made, amount=_decimal(event.told, "Sum", "amount")), []
    if event.kind == "prepaid" and event.told is not None:
        cash = sum((_decimal(paid, "Cash", "amount") for paid in _inside(event.told, "Payments")), ZERO)
        return msgspec.structs.replace(made, amount=abs(cash)), []
    if event.kind in ("shift_open", "shift_close"):
        return made, []
    told = event.report if event.told is None else event.told
    goods = [one for one in told if etree.QName(one).localname == "RecordGood"] or list(_inside(told, "Goods"))
    paid = [one for one in told if etree.QName(one).localname == "RecordPayment"] or list(_inside(told, "Payments"))
    moving = [good for good in goods if good.get("PaymentMethod", "4") in MOVING]
    lines = [_line(place, good, is_return=kind == "return") for place, good in enumerate(moving, start=1)]
    payments = [payment for one in paid for payment in _payments(one, kinds)]
    refers, other = told.get("RefDocumentType"), told.get("RefDocumentUUID", "").lower() or None
    receipt = Receipt(
        uid=uid,
        number=_number(told.get("Number", "")),
        total=sum((line.amount for line in lines), ZERO),
        lines=lines,
        payments=payments,
        order=other if refers == "Order" else None,
        of=other if refers == "Check" else None,
    )
    return msgspec.structs.replace(made, receipt=receipt), [
        sorted(f"{name!s}={value!s}" for name, value in one.attrib.items()) for one in paid
    ]


def _line(place: int, good: etree._Element, *, is_return: bool) -> Line:
    where = f"receipt.lines.{place}"
    quantity = _decimal(good, "Quantity", f"{where}.quantity")
    price = _decimal(good, "Price", f"{where}.price")
    amount = _decimal(good, "Sum" if "Sum" in good.attrib else "Amount", f"{where}.amount")
    if is_return:  # Some devices write what comes back below zero.
        quantity, amount = abs(quantity), abs(amount)
    marks = [stamp.text or "" for stamp in _inside(good, "ExciseStamps")]
    if stamp := good.get("AlcoholExciseStamp"):
        marks.append(stamp)
    return Line(
        line=place,
        quantity=quantity,
        price=price,
        amount=amount,
        sku=good.get("Code", ""),
        discount=_kopecks(price * quantity) - amount,
        vat=good.get("TaxRate", "")[:10],
        marks=marks,
    )


def _payments(paid: etree._Element, kinds: Mapping[str, str]) -> Iterator[Payment]:
    """Yield what a payment says, by our kinds; amounts of returns are positive, too."""
    if "Cash" not in paid.attrib:
        said, code = paid.get("PaymentType", ""), paid.get("CodePaymentKind", "")
        kind = kinds.get(code) or _KINDS_OF_1.get(said) or _electronic(code, kinds)
        yield Payment(kind, abs(_decimal(paid, "Amount", "receipt.payments")))
        return
    for name, kind in _OTHERS:
        if amount := abs(_decimal(paid, name, "receipt.payments")):
            yield Payment(kind, amount)
    if amount := abs(_decimal(paid, "ElectronicPayment", "receipt.payments")):
        yield Payment(_electronic(paid.get("ElectronicPaymentOptionCode", ""), kinds), amount)


def _electronic(code: str, kinds: Mapping[str, str]) -> str:
    """Return our kind for the device's code; without any code it is by card, as the vendor has it."""
    return kinds.get(code, code) if code else "card"


def _decimal(told: etree._Element, name: str, path: str) -> Decimal:
    try:
        number = Decimal(told.get(name, ""))
    except InvalidOperation as error:
        raise _Unclear("bad_number", path) from error
    if number.adjusted() > LARGEST:
        raise _Unclear("bad_number", path)
    return number


def _kopecks(amount: Decimal) -> Decimal:
    try:
        return amount.quantize(_KOPECK)
    except InvalidOperation:  # Longer than money is: the checks of the journal say so.
        return amount


def _first(owner: etree._Element, *names: str) -> str:
    return next((value for name in names if (value := owner.get(name))), "")


def _inside(owner: etree._Element, name: str) -> Iterator[etree._Element]:
    found = owner.find(f"{{*}}{name}")
    yield from () if found is None else found


def _whole(said: str, path: str) -> int:
    """Return the number in what a device calls a number: «0012», «КА-12»."""
    found = _ODDS.search(said)
    if found is None:
        raise _Unclear("bad_number", path)
    return int(found.group(1))


def _number(said: str) -> int:
    found = _ODDS.search(said)
    return int(found.group(1)) if found else 0


def _hash_of(transaction: Transaction, payments: list[list[str]]) -> bytes:
    """Return the hash of what happened, however it is written and whatever kinds of payment are matched by now."""
    receipt = transaction.receipt
    said: list[Any] = [transaction.kind, transaction.shift, transaction.occurred_at, transaction.uid]
    said.append(None if transaction.amount is None else transaction.amount.normalize())
    if receipt is not None:
        lines = [
            [line.sku, line.quantity.normalize(), line.price.normalize(), line.amount.normalize(), line.vat, line.marks]
            for line in receipt.lines
        ]
        said += [lines, payments, receipt.order, receipt.of]
    return hashlib.sha256(_encode(said)).digest()
