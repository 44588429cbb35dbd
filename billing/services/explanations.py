"""What explains the figures of a card: its lots with their entries, its operations, and what the days ahead bring.

A card that was put in the place of others goes on with their past, so what is told of it is told of them too.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from billing.choices import Measure, OperationSource
from billing.models import BillingOperation, CardDocument, DiscountCard, LedgerEntry, Lot
from registers.models import Receipt

NOTHING = Decimal(0)
Figures = dict[str, Decimal]


@dataclass(frozen=True)
class Day:
    """What begins and what ends on a day of the chain, by measure."""

    day: date
    begins: Figures
    ends: Figures


@dataclass(frozen=True)
class Standing:
    """A card now. `live` may be redeemed; `expired` waits for its write-off, `pending` for its beginning."""

    figures: Figures
    live: Figures
    expired: Figures
    pending: Figures
    owed: Figures
    days: Sequence[Day]
    lots: Sequence[Lot]


def chain(*, card: DiscountCard) -> list[int]:
    """Return the keys of a card and of those it was put in the place of."""
    keys = newest = [card.pk]
    while newest := list(DiscountCard.objects.filter(replaced_by__in=newest).values_list("pk", flat=True)):
        keys = keys + newest
    return keys


def stand(*, card: DiscountCard, now: datetime) -> Standing:
    """Tell what stands on a card and what becomes of it."""
    sums: dict[str, Figures] = {name: dict.fromkeys(Measure.values, NOTHING) for name in ("expired", "pending", "owed")}
    begins: defaultdict[date, Figures] = defaultdict(dict)
    ends: defaultdict[date, Figures] = defaultdict(dict)
    lots = _open_lots(card)
    for lot in lots:
        if lot.amount < 0:
            sums["owed"][lot.measure] -= lot.remaining
        elif lot.activated and lot.expires_at and lot.expires_at <= now:
            sums["expired"][lot.measure] += lot.remaining
        else:
            if not lot.activated:
                sums["pending"][lot.measure] += lot.remaining
                _add(begins[_day(lot.active_from)], lot)
            if lot.expires_at:
                _add(ends[_day(lot.expires_at - timedelta(microseconds=1))], lot)
    figures: Figures = {"bonuses": card.bonuses, "turnover": card.turnover, "receipts": Decimal(card.receipts)}
    live = {measure: figure - sums["expired"][measure] for measure, figure in figures.items()}
    days = [Day(day, begins.get(day, {}), ends.get(day, {})) for day in sorted({*begins, *ends})]
    return Standing(figures=figures, live=live, days=days, lots=lots, **sums)


def figures_at(*, cards: Iterable[int], moment: datetime) -> Figures:
    """Return what stood in the books of these cards, together, just before a moment."""
    entries = LedgerEntry.objects.filter(card__in=cards, at__lt=moment)
    last = entries.order_by("card", "measure", "-version", "-pk").distinct("card", "measure")
    found = dict.fromkeys(Measure.values, NOTHING)
    for measure, balance in last.values_list("measure", "balance_after"):
        found[measure] += balance
    return found


def used_up(*, card: DiscountCard, cards: Iterable[int]) -> QuerySet[Lot]:
    """Return the lots of which nothing remains, the latest one first.

    They are found by the operations of the card: no index leads to lots that are used up.
    """
    found = Lot.objects.filter(operation__card__in=cards, card=card, open=False)
    return found.select_related("operation__promotion").order_by("-pk")


def entries_of(*, lots: Iterable[Lot]) -> dict[int, list[LedgerEntry]]:
    """Return the entries of lots, by lot, the first one first."""
    found: defaultdict[int, list[LedgerEntry]] = defaultdict(list)
    entries = LedgerEntry.objects.filter(lot__in=[lot.pk for lot in lots]).select_related("operation", "document")
    for entry in entries.order_by("pk"):
        found[entry.lot_id].append(entry)
    return found


def receipts_of(*, operations: Iterable[BillingOperation]) -> dict[tuple[int, str], Receipt]:
    """Return the receipts in which operations were told, by (register, receipt id)."""
    named: list[Any] = [(one.register_id, one.receipt_uid) for one in operations if one.register_id and one.receipt_uid]
    if not named:
        return {}
    found = Receipt.objects.filter(register__in={key for key, _uid in named}, uid__in={uid for _key, uid in named})
    return {(receipt.register_id, receipt.uid): receipt for receipt in found}


def documents_of(*, operations: Iterable[BillingOperation]) -> dict[int, CardDocument]:
    """Return the documents that made operations, by operation."""
    made = [one.pk for one in operations if one.source == OperationSource.DOCUMENT]
    entries = LedgerEntry.objects.filter(operation__in=made).exclude(document=None).select_related("document")
    return {entry.operation_id: entry.document for entry in entries if entry.operation_id and entry.document}


def _open_lots(card: DiscountCard) -> list[Lot]:
    """Return lots that are not used up, in two queries, each by an index of its own."""
    found = Lot.objects.filter(card=card, open=True).select_related("operation__promotion").order_by("pk")
    return [*found.filter(activated=True), *found.filter(activated=False)]


def _add(figures: Figures, lot: Lot) -> None:
    figures[lot.measure] = figures.get(lot.measure, NOTHING) + lot.remaining


def _day(moment: datetime) -> date:
    return timezone.localtime(moment).date()
