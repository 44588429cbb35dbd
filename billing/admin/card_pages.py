"""The page of a card: what stands on it and as of when, what the days ahead bring, what happened, and why."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from billing.admin import shown
from billing.admin.card_lots import lots_of
from billing.choices import EntryKind, Measure, OperationKind, OperationState
from billing.models import BillingOperation, DiscountCard, LedgerEntry
from billing.services import explanations
from billing.services.explanations import Figures, Standing
from registers.admin.facts import here, link, page_url
from registers.models import Receipt
from retail.admin.base import NOTHING
from retail.models import Edit
from stock.admin.paging import page_of

NOTES = 20
DOCUMENTS = 50
LAST_DAY = date(2200, 1, 1)


class DayInput(forms.DateInput):
    """The browser's own calendar: the page of a fact has no scripts of forms."""

    input_type = "date"
    CLASSES = " ".join(INPUT_CLASSES)


class OnForm(forms.Form):
    """As of which day, at its end, the figures are wanted."""

    on = forms.DateField(
        label=_("at the end of the day"), widget=DayInput(format="%Y-%m-%d", attrs={"class": DayInput.CLASSES})
    )

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if not date(1900, 1, 1) <= day < LAST_DAY:
            raise forms.ValidationError(_("No card has figures of such a day."))
        return day


def panel(request: HttpRequest, card: DiscountCard) -> dict[str, Any]:
    """Return all that the page of a card shows."""
    whole = shown.sees_people(request)
    standing = explanations.stand(card=card, now=timezone.now())
    chain = explanations.chain(card=card)
    numbers = card.numbers.order_by("pk")
    return {
        "whole": whole,
        "numbers": [(shown.number(one.value, whole=whole), one.get_kind_display()) for one in numbers],
        "status": shown.status_badge(card),
        "owner": card.owner if whole else None,
        "owner_url": page_url("billing.cardowner", card.owner_id),
        "issued": here(card.issued_at),
        "replaced_by": _named(card.replaced_by, whole=whole) if card.replaced_by else "",
        "replaced": [link(old) for old in DiscountCard.objects.filter(pk__in=chain).exclude(pk=card.pk)],
        "percent": _percent(card, standing),
        "measures": [_measure(measure, standing) for measure in Measure],
        "days": [_day(day) for day in standing.days],
        "operations": _timeline(request, chain),
        "documents": _documents(chain),
        "notes": _notes(card),
        **_as_of(request, chain),
        **lots_of(request, card, standing=standing, chain=chain),
    }


def told(operations: list[BillingOperation]) -> list[dict[str, Any]]:
    """Describe operations: what each did to the card at once, its receipt, and how it went."""
    receipts = explanations.receipts_of(operations=operations)
    documents = explanations.documents_of(operations=operations)
    entries = LedgerEntry.objects.filter(operation__in=operations).exclude(kind=EntryKind.MOVED)
    effects = {
        (pk, measure): delta
        for pk, measure, delta in entries.order_by().values_list("operation", "measure").annotate(Sum("delta"))
    }
    return [{**_operation(one, receipts, effects), "came": shown.came(one, documents)} for one in operations]


def _timeline(request: HttpRequest, chain: list[int]) -> dict[str, Any]:
    found = BillingOperation.objects.filter(card__in=chain).select_related("register", "promotion").order_by("-pk")
    page = page_of(request, found, name="page", shown_as=lambda operation: operation)
    return {**page, "rows": told(page["rows"])}


def _operation(
    one: BillingOperation,
    receipts: dict[tuple[int, str], Receipt],
    effects: dict[tuple[int, str], Decimal],
) -> dict[str, Any]:
    receipt = receipts.get((one.register_id or 0, one.receipt_uid))
    return {
        "at": here(one.occurred_at),
        "kind": shown.kind_badge(one),
        "link": link(one),
        "voided": one.state == OperationState.VOIDED,
        "overdrawn": one.overdrawn,
        "amounts": [_effect(one, measure, effects.get((one.pk, measure))) for measure in Measure],
        "receipt": link(receipt, f"№ {receipt.number}") if receipt else one.receipt_uid,
        "register": link(one.register) if one.register else NOTHING,
        "promotion": (link(one.promotion) if one.promotion else one.promotion_code) or "",
    }


def _effect(one: BillingOperation, measure: str, effect: Decimal | None) -> dict[str, Any]:
    """Say what an operation did to a figure at once; of an accrual that begins later, how much it will be."""
    asked = getattr(one, measure)
    later = effect is None and asked and one.kind == OperationKind.ACCRUE and one.state == OperationState.APPLIED
    return {
        "figure": shown.figure(measure, asked if later else effect, signed=True, blank=True),
        "later": later,
    }


def _measure(measure: Measure, standing: Standing) -> dict[str, Any]:
    parts = (
        (_("begins later"), standing.pending[measure]),
        (_("has expired, not written off yet"), standing.expired[measure]),
        (_("owed"), standing.owed[measure]),
    )
    return {
        "name": measure.label,
        "live": shown.amount(measure, standing.live[measure]),
        "below": standing.live[measure] < 0,
        "parts": [(name, shown.amount(measure, value)) for name, value in parts if value],
    }


def _percent(card: DiscountCard, standing: Standing) -> str:
    """Return the discount that is suggested to the cashier, as registers are told it."""
    reached = [
        threshold.percent
        for threshold in card.kind.thresholds.all()
        if threshold.reached <= standing.live[threshold.measure]
    ]
    return f"{max(reached).normalize():f}" if reached else ""


def _day(day: explanations.Day) -> dict[str, Any]:
    return {
        "day": date_format(day.day, "SHORT_DATE_FORMAT"),
        "begins": _listed(day.begins, sign="+"),
        "ends": _listed(day.ends, sign="−"),
    }


def _listed(figures: Figures, *, sign: str) -> list[str]:
    return [
        f"{sign}{shown.amount(measure, figures[measure])} · {measure.label.lower()}"
        for measure in Measure
        if figures.get(measure)
    ]


def _as_of(request: HttpRequest, chain: list[int]) -> dict[str, Any]:
    """Return the figures at the end of the day that the address names."""
    if "on" not in request.GET:
        return {"form": OnForm()}
    form = OnForm(request.GET)
    if not form.is_valid():
        return {"form": form}
    day: date = form.cleaned_data["on"]
    moment = timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))
    figures = explanations.figures_at(cards=chain, moment=moment)
    return {
        "form": form,
        "as_of": [(measure.label, shown.figure(measure, figures[measure])) for measure in Measure],
        "as_of_day": date_format(day, "DATE_FORMAT"),
    }


def _documents(chain: list[int]) -> list[dict[str, Any]]:
    """Say what documents did to the figures, the latest first."""
    entries = LedgerEntry.objects.filter(card__in=chain).exclude(document=None).order_by("-version", "-pk")
    return [
        {
            "at": here(entry.at),
            "document": str(entry.document),
            "url": page_url(f"billing.{entry.document.kind.replace('_', '')}document", entry.document_id),
            "kind": entry.get_kind_display(),
            "measure": entry.get_measure_display(),
            "delta": shown.figure(entry.measure, entry.delta, signed=True),
            "after": shown.figure(entry.measure, entry.balance_after),
        }
        for entry in entries.select_related("document")[:DOCUMENTS]
        if entry.document
    ]


def _notes(card: DiscountCard) -> list[dict[str, Any]]:
    notes = Edit.objects.of_page((card._meta.label_lower, [card.pk])).order_by("-at", "-pk")[:NOTES]
    return [{"at": here(note.at), "by": note.by_name, "said": gettext(note.note)} for note in notes if note.note]


def _named(card: DiscountCard, *, whole: bool) -> str:
    return shown.card_link(card, shown.names_of([card.pk], whole=whole))
