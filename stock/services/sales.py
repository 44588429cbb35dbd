"""Documents of what registers sold: drafted, filled and posted in one transaction, by processing alone.

The caller holds the shift's row, as the intake does while it writes of the shift: what this module sees of a shift is
all there is. Series of numbers are locked next, then the feed of each warehouse for one statement.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import TypeAlias

from django.db.models import Max

from registers.models import Shift
from retail.choices import DocumentState
from retail.models import VatRate, Warehouse
from retail.services import numbering
from retail.services.statements import beside
from stock.choices import DocumentKind, SalesKind, TotalBy
from stock.models import CurrentSales, StockDocument, UnsettledShift, ZReport, ZReportTotal
from stock.services import ledger

WAITING = beside(__file__, "waiting.sql")
COLLECT = beside(__file__, "collect_sales.sql")
MOVE = beside(__file__, "move_sales.sql")
KOPECK = Decimal("0.01")

SalesDocument: TypeAlias = CurrentSales | ZReport


def post(*, shift: Shift, now: datetime) -> list[SalesDocument]:
    """Post whatever the locked shift sold and no document holds, and return the documents, or none if nothing waits.

    An open shift makes current sales. A closed one makes its Z-report, once; whatever comes later makes a correction of
    it. A Z-report is of one warehouse, the last one sold from: what was sold from another makes current sales there.
    """
    drafts = _draft(shift, now)
    if not drafts:
        return []
    for draft in drafts:
        COLLECT.rows(shift=shift.pk, warehouse=draft.warehouse_id, document=draft.pk)
    reports = [draft for draft in drafts if isinstance(draft, ZReport)]
    if reports:
        ZReportTotal.objects.bulk_create(total for report in reports for total in _breakdown(report))
    if shift.closed_at is not None:
        # A mended line leaves the shift itself as it was: say that there is something to compare.
        UnsettledShift.objects.bulk_create([UnsettledShift(shift=shift)], ignore_conflicts=True)
    _move(drafts, now)
    return drafts


def is_posted(*, shift: Shift) -> bool:
    """Tell whether documents hold all of a closed shift. The caller holds its row."""
    [(waiting, _last)] = WAITING.rows(shift=shift.pk)
    reports = list(ZReport.objects.filter(shift=shift))
    return bool(reports) and not waiting and not _since(shift, reports)


def _draft(shift: Shift, now: datetime) -> list[SalesDocument]:
    """Draft a document for every warehouse with something waiting, in order of the warehouses."""
    [(waiting, last)] = WAITING.rows(shift=shift.pk)
    reports = list(ZReport.objects.filter(shift=shift).order_by("pk")) if shift.closed_at else []
    own = next((report for report in reports if not report.is_correction), None)
    date = now if shift.closed_at is None or own else shift.closed_at
    home = None
    totals: dict[str, str] = {}
    if shift.closed_at is not None:
        home = own.warehouse_id if own else last or shift.register.warehouse_id
        totals = _since(shift, reports)
    reporting = home is not None and (own is None or bool(totals) or home in waiting)
    places = sorted({*waiting, home} if home is not None and reporting else set(waiting))
    warehouses = Warehouse.objects.select_related("organization").in_bulk(places)
    sequence = _last_sequence(shift) if any(place != home for place in places) else 0
    drafts: list[SalesDocument] = []
    for place in places:
        warehouse = warehouses[place]
        common = {
            "warehouse": warehouse,
            "organization": warehouse.organization,
            "date": date,
            "register": shift.register,
            "shift": shift,
        }
        if place == home:
            z_report = ZReport(kind=DocumentKind.Z_REPORT, corrects=own, totals=totals, **common)
            z_report.save()
            drafts.append(z_report)
        else:
            sequence += 1
            drafts.append(CurrentSales.objects.create(kind=DocumentKind.CURRENT_SALES, sequence=sequence, **common))
    return drafts


def _last_sequence(shift: Shift) -> int:
    last: int | None = CurrentSales.objects.filter(shift=shift).aggregate(last=Max("sequence"))["last"]
    return last or 0


def _since(shift: Shift, reports: Sequence[ZReport]) -> dict[str, str]:
    """Return what the shift's totals hold beyond its reports."""
    left = {key: Decimal(value) for key, value in shift.totals.items()}
    for report in reports:
        for key, value in report.totals.items():
            left[key] = left.get(key, Decimal(0)) - Decimal(value)
    return {key: str(value) for key, value in left.items() if value}


def _breakdown(report: ZReport) -> Iterator[ZReportTotal]:
    """Lay a report's totals out by VAT rate and by kind of payment."""
    percents = dict(VatRate.objects.values_list("code", "percent"))
    for kind in SalesKind.values:
        for by, prefix in ((TotalBy.VAT, f"{kind}.vat."), (TotalBy.PAYMENT, f"{kind}.paid.")):
            for name, value in report.totals.items():
                if name.startswith(prefix):
                    key, amount = name.removeprefix(prefix), Decimal(value)
                    tax = _tax(amount, percents.get(key)) if by == TotalBy.VAT else None
                    yield ZReportTotal(report=report, kind=kind, by=by, key=key, amount=amount, tax=tax)


def _tax(amount: Decimal, percent: Decimal | None) -> Decimal | None:
    """Return the VAT within an amount, in roubles and kopecks."""
    if percent is None:
        return None
    return (amount * percent / (100 + percent)).quantize(KOPECK, ROUND_HALF_UP)


def _move(drafts: Sequence[SalesDocument], now: datetime) -> None:
    """Number the drafts, move their goods and mark them posted; each lock in the order that everybody keeps."""
    numbers: Mapping[int, str] = {
        draft.pk: numbering.next_number(kind=draft.kind, organization=draft.organization, date=draft.date)
        for draft in sorted(drafts, key=lambda draft: (draft.kind, draft.organization_id))
    }
    for draft in drafts:
        feed = ledger.lock(warehouse_id=draft.warehouse_id)
        MOVE.rows(document=draft.pk, warehouse=feed.pk, now=now)
        draft.number, draft.state, draft.posted_at = numbers[draft.pk], DocumentState.POSTED, now
        StockDocument.objects.filter(pk=draft.pk).update(number=draft.number, state=draft.state, posted_at=now)
