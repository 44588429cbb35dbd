"""What the figures of a card are made of: lots, and the entries that brought each to what remains of it."""

from typing import Any

from django.http import HttpRequest

from billing.admin import shown
from billing.choices import Measure
from billing.models import DiscountCard, LedgerEntry, Lot
from billing.services import explanations
from billing.services.explanations import Standing
from registers.admin.facts import here, link, page_url
from stock.admin.paging import address

LOTS = 200


def lots_of(request: HttpRequest, card: DiscountCard, *, standing: Standing, chain: list[int]) -> dict[str, Any]:
    """Return the chain behind each figure: lots that are not used up, and on request those that are."""
    with_used = request.GET.get("lots") == "all"
    found = sorted(standing.lots, key=lambda lot: -lot.pk)[:LOTS]
    used = list(explanations.used_up(card=card, cards=chain)[:LOTS]) if with_used else []
    entries = explanations.entries_of(lots=[*found, *used])
    return {
        "chains": [
            {
                "measure": measure.label,
                "total": shown.figure(measure, standing.figures[measure]),
                "rows": [_lot(lot, entries.get(lot.pk, [])) for lot in found if lot.measure == measure],
                "used": [_lot(lot, entries.get(lot.pk, [])) for lot in used if lot.measure == measure],
            }
            for measure in Measure
        ],
        "lots_cut": len(standing.lots) > LOTS or len(used) == LOTS,
        "with_used": with_used,
        "lots_url": address(request, lots=None if with_used else "all"),
    }


def entry_row(entry: LedgerEntry) -> dict[str, Any]:
    """Describe an entry: what it was, by what, and what it left on the card."""
    document = entry.document
    return {
        "at": here(entry.at),
        "kind": entry.get_kind_display(),
        "measure": entry.get_measure_display(),
        "by": str(document) if document else link(entry.operation) if entry.operation else "",
        "url": page_url(f"billing.{document.kind.replace('_', '')}document", document.pk) if document else None,
        "delta": shown.figure(entry.measure, entry.delta, signed=True),
        "after": shown.figure(entry.measure, entry.balance_after),
    }


def _lot(lot: Lot, entries: list[LedgerEntry]) -> dict[str, Any]:
    return {
        "amount": shown.figure(lot.measure, lot.amount),
        "remaining": shown.figure(lot.measure, lot.remaining),
        "begins": here(lot.active_from),
        "ends": here(lot.expires_at) if lot.expires_at else "",
        "activated": lot.activated,
        "debt": lot.amount < 0,
        "operation": link(lot.operation),
        "promotion": lot.operation.promotion or lot.operation.promotion_code,
        "entries": [entry_row(entry) for entry in entries],
    }
