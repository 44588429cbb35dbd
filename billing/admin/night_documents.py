"""«Начисление на дисконтные карты» and «Списание с дисконтных карт»: totals, and a line for each card.

The lines are the ledger's entries that name the document. They are read by card, so many at a time, and never counted:
a page costs the same at a thousand lines and at a million.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from django.contrib import admin, messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from billing.admin import exports, night_shown, shown
from billing.admin.card_lots import entry_row
from billing.choices import Measure
from billing.models import AccrualDocument, CardNumber, DiscountCard, LedgerEntry, WriteOffDocument
from billing.services import explanations, night
from registers.admin.facts import FactAdmin, badge, here, link
from retail.admin.exports import csv_answer, workbook_file
from retail.admin.filters import is_key
from retail.admin.periods import PeriodFilter
from retail.choices import DocumentState
from stock.admin.paging import address
from stock.admin.shown import STATE_COLOURS, person

CARDS = 100  # On a page.
EXPORTED = 2000  # At once into a file.
SHEET_CARDS = 200_000  # Of an Excel file, which is made before it is sent.
Document = AccrualDocument | WriteOffDocument


class NightDocumentAdmin(FactAdmin):
    list_display = (
        "number_shown", "date_shown", "state_shown", "cards_figure", "lots_figure", "bonuses_figure", "turnover_figure",
        "receipts_figure", "posted", "posted_by_shown",
    )  # fmt: skip
    list_display_links = ("number_shown",)
    list_select_related = ("posted_by",)
    list_filter = (("state", ChoicesDropdownFilter), ("date", PeriodFilter))
    search_fields = ("number",)
    search_help_text = _("A number")
    ordering = ("-date", "-pk")
    sortable_by = ()
    panel_template = "billing/night_document_panel.html"
    body_template = "billing/night_document_lines.html"

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "billing/billing.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return no fields: the panels tell all of them."""
        return ()

    @display(description=_("number"))
    def number_shown(self, document: Document) -> str:
        return f"№\xa0{document.number}" if document.number else _now("being written")

    @display(description=_("date"))
    def date_shown(self, document: Document) -> str:
        return here(document.date)

    @display(description=_("state"))
    def state_shown(self, document: Document) -> str:
        return _state(document)

    @display(description=_("cards"))
    def cards_figure(self, document: Document) -> str:
        return str(number_format(document.cards, force_grouping=True))

    @display(description=_("lots"))
    def lots_figure(self, document: Document) -> str:
        return str(number_format(document.lots, force_grouping=True))

    @display(description=_("bonuses"))
    def bonuses_figure(self, document: Document) -> str:
        return shown.figure(Measure.BONUSES, document.bonuses)

    @display(description=_("accumulated sum"))
    def turnover_figure(self, document: Document) -> str:
        return shown.figure(Measure.TURNOVER, document.turnover)

    @display(description=_("receipts"))
    def receipts_figure(self, document: Document) -> str:
        return shown.figure(Measure.RECEIPTS, document.receipts)

    @display(description=_("posted at"))
    def posted(self, document: Document) -> str:
        return here(document.posted_at)

    @display(description=_("posted by"))
    def posted_by_shown(self, document: Document) -> str:
        return _by(document)

    def get_panel(self, request: HttpRequest, obj: Document) -> dict[str, Any]:
        run = getattr(obj, "run", None)
        return {
            "state": _state(obj),
            "measures": night_shown.measures(obj),
            "run": run,
            "run_url": reverse("admin:billing_nightrun_change", args=[run.pk]) if run else "",
            "posted": here(obj.posted_at) if obj.posted_at else "",
            "posted_by": _by(obj),
            "csv_url": f"{self._lines_url(obj)}?format=csv",
            "xlsx_url": f"{self._lines_url(obj)}?format=xlsx",
            **_lines(request, obj),
        }

    def lines_view(self, request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Answer with all lines as a file: CSV as it is read, or Excel."""
        document: Any = self.get_object(request, object_id)
        if document is None or not self.has_view_permission(request, document):
            raise Http404
        name = f"{self.opts.model_name}-{document.number or document.pk}"
        headers = [capfirst(str(word)) for word in (_("discount card"), *(m.label for m in Measure), _("lots"))]
        records = _records(document, whole=shown.sees_people(request))
        if request.GET.get("format") != "xlsx":
            return csv_answer(f"{name}.csv", headers, records)
        if document.cards > SHEET_CARDS:
            messages.error(request, _now("This document has too many cards for Excel: choose CSV."))
            return HttpResponseRedirect(reverse(f"admin:billing_{self.opts.model_name}_change", args=[document.pk]))
        return FileResponse(workbook_file(headers, records), as_attachment=True, filename=f"{name}.xlsx")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.lines_view)
        name = f"billing_{self.opts.model_name}_lines"
        return [path("<path:object_id>/lines/", view, name=name), *super().get_urls()]

    def _lines_url(self, document: Document) -> str:
        return reverse(f"admin:billing_{self.opts.model_name}_lines", args=[document.pk])


@admin.register(AccrualDocument)
class AccrualDocumentAdmin(NightDocumentAdmin):
    empty_says = _("What has begun on cards is written here every night, by itself.")
    empty_leads_to = "billing.nightrun"
    resource_classes = [exports.NightDocumentResource]


@admin.register(WriteOffDocument)
class WriteOffDocumentAdmin(NightDocumentAdmin):
    empty_says = _("What has ended on cards is written off here every night, by itself.")
    empty_leads_to = "billing.nightrun"
    resource_classes = [exports.NightDocumentResource]


def _lines(request: HttpRequest, document: Document) -> dict[str, Any]:
    """Return a page of lines: the next cards after one, or the one that is looked for, with its entries."""
    whole = shown.sees_people(request)
    sought = request.GET.get("card", "").strip().replace("\x00", "")
    if sought or is_key(request.GET.get("of")):
        all_url = address(request, of=None, card=None)
        return {**_one(request, document, sought, whole=whole), "sought": sought, "all_url": all_url}
    given = request.GET.get("after")
    after = int(given) if is_key(given) else 0
    lines = night.lines(document=document, after=after, most=CARDS)
    rows = _rows(lines, request=request, whole=whole)
    full = len(rows) == CARDS
    return {
        "rows": rows,
        "first_url": address(request, after=None) if after else None,
        "next_url": address(request, after=lines[-1].card) if full else None,
    }


def _one(request: HttpRequest, document: Document, sought: str, *, whole: bool) -> dict[str, Any]:
    """Return the line of one card, by its number or its key, and the entries behind it."""
    of = request.GET.get("of")
    if sought:
        number = CardNumber.objects.filter(value=sought).select_related("card").first()
        cards = explanations.chain(card=number.card) if number else []
    else:
        cards = [int(of or 0)]
    lines = [
        line
        for card in sorted(cards)
        for line in night.lines(document=document, after=card - 1, most=1)
        if line.card == card
    ]
    entries = LedgerEntry.objects.filter(document=document, card__in=cards).select_related("operation", "document")
    return {
        "rows": _rows(lines, request=request, whole=whole),
        "entries": [{**entry_row(entry), "lot": link(entry.lot.operation)} for entry in _with_lots(entries)],
        "narrowed": True,
    }


def _with_lots(entries: Any) -> Iterable[LedgerEntry]:
    found: Iterable[LedgerEntry] = entries.select_related("lot__operation").order_by("pk")[:CARDS]
    return found


def _rows(lines: list[night.Line], *, request: HttpRequest, whole: bool) -> list[dict[str, Any]]:
    """Put the measures of a card beside one another."""
    cards = DiscountCard.objects.in_bulk({line.card for line in lines})
    names = shown.names_of(cards, whole=whole)
    return [
        {
            "card": shown.card_link(cards[card], names),
            "figures": [shown.figure(measure, amounts.get(measure), blank=True) for measure in Measure],
            "lots": lots,
            "entries_url": address(request, of=card, after=None, card=None),
        }
        for card, amounts, lots in _by_card(lines)
    ]


def _by_card(lines: list[night.Line]) -> Iterator[tuple[int, dict[str, Any], int]]:
    for card, grouped in groupby(lines, key=lambda line: line.card):
        mine = list(grouped)
        yield card, {line.measure: line.amount for line in mine}, sum(line.lots for line in mine)


def _records(document: Document, *, whole: bool) -> Iterator[list[Any]]:
    """Yield the lines of a document as they go into a file, so many cards at a time."""
    after = 0
    while lines := night.lines(document=document, after=after, most=EXPORTED):
        names = shown.names_of({line.card for line in lines}, whole=whole)
        for card, amounts, lots in _by_card(lines):
            name = names.get(card) or f"№ {card}"
            receipts = int(amounts.get(Measure.RECEIPTS, 0))
            yield [name, amounts.get(Measure.BONUSES, 0), amounts.get(Measure.TURNOVER, 0), receipts, lots]
        after = lines[-1].card


def _state(document: Document) -> str:
    if document.state == DocumentState.DRAFT:
        return badge(_now("Being written"), "info")
    return badge(document.get_state_display(), STATE_COLOURS[document.state])


def _by(document: Document) -> str:
    return person(document.posted_by) or (_now("the schedule") if document.posted_at else "")
