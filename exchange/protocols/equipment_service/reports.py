"""What a device reports of its shifts, cut into single events, each with bytes of its own.

An event is an element `Event` of ours with the tag of its report, as the device wrote it, and in that the check, or the
movement of cash, it tells of; so what waits for a person can be read again by itself. In 1.x a report knows no checks:
what was sold and what was taken back are an event each.
"""

from collections.abc import Iterator
from xml.sax.saxutils import quoteattr

import msgspec
from lxml import etree

from exchange.protocols.equipment_service import xml
from exchange.protocols.equipment_service.formats import Format

SALE, RETURN = "1", "2"
MOVING = frozenset({"4", "5", "6"})  # Signs of settlement under which goods change hands.
_NO_DATE = "0001-01-01"  # As 1C writes a date that is not there.


class Report(msgspec.Struct, frozen=True):
    """One shift as reported. `closed` is empty for one that is open; `left_out` counts what tells of no sale."""

    shift: str
    uuid: str
    opened: str
    closed: str
    events: list[bytes]
    left_out: int


def read(root: etree._Element, known: Format, *, device_id: str) -> list[Report]:
    """Cut a valid document of reports."""
    if known.is_modern:
        return [_report(one, device_id) for one in root]
    return [_summary(one, device_id) for one in root]


def _report(report: etree._Element, device_id: str) -> Report:
    given = report.attrib
    closed = _date(given.get("ClosingDate", ""))
    cut = _Cutter(report, device_id)
    events = [cut.event("shift_open")]
    left_out = 0
    for check in _inside(report, "Checks"):
        kind = _kind(check)
        if kind:
            events.append(cut.event(kind, check))
        else:
            left_out += 1
    events += [cut.event("cash", movement) for movement in _inside(report, "IncomeOutcomeChecks")]
    if closed:
        events.append(cut.event("shift_close"))
    return Report(
        given.get("ShiftNumber", ""),
        given.get("UUID", "").lower(),
        given.get("OpeningDate", ""),
        closed,
        events,
        left_out,
    )


def _kind(check: etree._Element) -> str:
    """Return what a check is to us: "check" moves goods, "prepaid" money alone; empty: neither."""
    if check.get("OperationType") not in (SALE, RETURN):
        return ""
    goods = list(_inside(check, "Goods"))
    if any(good.get("PaymentMethod") in MOVING for good in goods):
        return "check"
    return "prepaid" if any(_amount(paid.get("Cash")) for paid in _inside(check, "Payments")) else ""


def _summary(report: etree._Element, device_id: str) -> Report:
    given = report.attrib
    closed = _date(given.get("DateClose", ""))
    cut = _Cutter(report, device_id)
    events = [cut.event("shift_open")]
    for kind, is_return in (("sold", False), ("returned", True)):
        parts = {
            name: [one for one in _inside(report, name) if (one.get("Canceled") in ("true", "1")) is is_return]
            for name in ("Goods", "Payments")
        }
        if parts["Goods"]:
            events.append(cut.event(kind, *parts["Goods"], *parts["Payments"]))
    if closed:
        events.append(cut.event("shift_close"))
    return Report(given.get("SessionNumber", ""), "", given.get("DateOpen", ""), closed, events, 0)


class _Cutter:
    """Writes the events of a report; of several that say the same of themselves, `Place` tells which it is."""

    def __init__(self, report: etree._Element, device_id: str) -> None:
        name = etree.QName(report)
        said = ((str(key), str(value)) for key, value in report.attrib.items())
        given = "".join(f" {key}={quoteattr(value)}" for key, value in said if not key.startswith("{"))
        self.device = quoteattr(device_id)
        self.opening = f'<{name.localname} xmlns="{name.namespace}"{given}>'
        self.closing = f"</{name.localname}>"
        self.seen: dict[tuple[str, str, str, str], int] = {}

    def event(self, kind: str, *elements: etree._Element) -> bytes:
        place = 0
        if kind in ("check", "prepaid", "cash"):
            given = elements[0].attrib
            said = (kind, given.get("Number", ""), given.get("Date", ""), given.get("UUID", ""))
            place = self.seen[said] = self.seen.get(said, 0) + 1
        opening = f'<Event Kind="{kind}" Place="{place}" DeviceID={self.device}>{self.opening}'
        inner = b"".join(map(xml.bytes_of, elements))
        return b"".join((opening.encode(), inner, self.closing.encode(), b"</Event>"))


def _inside(owner: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield what stands in a list of an element; nothing if there is no such list."""
    found = owner.find(f"{{*}}{name}")
    yield from () if found is None else found


def _date(said: str) -> str:
    return "" if said.startswith(_NO_DATE) else said


def _amount(said: str | None) -> bool:
    return bool((said or "0").strip("0.+- "))
