"""Documents on paper: clean HTML of an A4 page, which the browser prints or keeps as a PDF.

The labels are in the language of the page, the amount in words in Russian, since primary documents are kept in it.
"""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from retail.models import VatRate
from retail.services.figures import quantity as shown
from retail.services.roubles import in_words
from stock.models import StockCount, StockDocument
from stock.services import effects

PRINTED_LINES = 10_000
KOPECK = Decimal("0.01")


class PrintingMixin:
    """Adds "Print" to the page of a document, for whoever may see it."""

    print_template: str

    def has_print_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(self.has_view_permission(request))  # type: ignore[attr-defined]

    @action(description=_("Print"), url_path="print", permissions=["print"], icon="print", attrs={"target": "_blank"})
    def print_document(self, request: HttpRequest, object_id: str) -> HttpResponse:
        document = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if document is None:
            return self._missing(request, object_id)  # type: ignore[attr-defined, no-any-return]
        if effects.lines(document).count() > PRINTED_LINES:
            limit = number_format(PRINTED_LINES, force_grouping=True)
            messages.error(request, _now("More than %(limit)s lines are not for paper.") % {"limit": limit})
            return self.to_page(document.pk)  # type: ignore[attr-defined, no-any-return]
        moment = timezone.localtime(document.date)
        context = {
            "document": document,
            "title": f"{document.get_kind_display()} № {document.number}",
            "dated": date_format(moment, "DATE_FORMAT"),
            "party": self.party(document),  # type: ignore[attr-defined]
            **self.printed(document),
        }
        return TemplateResponse(request, self.print_template, context)

    def printed(self, document: Any) -> dict[str, Any]:
        """Return what the form shows beside the document's own fields."""
        return priced_lines(document)


def amount(value: Decimal) -> str:
    return number_format(value, decimal_pos=2, force_grouping=True)


def tax_within(value: Decimal, rate: VatRate | None) -> Decimal | None:
    """Return the VAT within an amount, in roubles to the kopeck; None where there is none."""
    if rate is None or rate.percent is None:
        return None
    return (value * rate.percent / (100 + rate.percent)).quantize(KOPECK, ROUND_HALF_UP)


def priced_lines(document: StockDocument) -> dict[str, Any]:
    """Return the lines with the VAT within each, and what they add up to: by rate, in all and in words."""
    lines = document.lines.select_related("sku__item__unit", "vat_rate").order_by("line")
    rows: list[dict[str, Any]] = []
    by_rate: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for line in lines:
        tax = tax_within(line.amount, line.vat_rate)
        rate = line.vat_rate.name if line.vat_rate else _now("Without VAT")
        by_rate[rate][0] += line.amount
        by_rate[rate][1] += tax or 0
        rows.append(
            {
                "code": line.sku.code,
                "name": line.sku.name,
                "unit": line.sku.item.unit.short_name,
                "quantity": shown(line.quantity),
                "price": amount(line.price),
                "amount": amount(line.amount),
                "rate": rate,
                "tax": "–" if tax is None else amount(tax),
            }
        )
    total = sum((sums[0] for sums in by_rate.values()), Decimal(0))
    return {
        "rows": rows,
        "rates": [(rate, amount(sums[0]), amount(sums[1])) for rate, sums in sorted(by_rate.items())],
        "total": amount(total),
        "tax": amount(sum((sums[1] for sums in by_rate.values()), Decimal(0))),
        "words": in_words(total),
    }


def counted_lines(count: StockCount) -> dict[str, Any]:
    """Return the lines of a count, with room to write where nobody has counted, and what the differences come to."""
    surplus = shortage = Decimal(0)
    rows: list[dict[str, Any]] = []
    for line in count.count_lines.select_related("sku__item__unit").order_by("line"):
        surplus += max(line.amount or Decimal(0), Decimal(0))
        shortage += max(-(line.amount or Decimal(0)), Decimal(0))
        rows.append(
            {
                "code": line.sku.code,
                "name": line.sku.name,
                "unit": line.sku.item.unit.short_name,
                "price": amount(line.price),
                "expected": shown(line.expected),
                "counted": "" if line.counted is None else shown(line.counted),
                "difference": "" if line.difference is None else _signed(line.difference, shown(line.difference)),
                "amount": "" if line.amount is None else _signed(line.amount, amount(line.amount)),
            }
        )
    counted_at = timezone.localtime(count.counted_at)
    return {
        "rows": rows,
        "counted_at": f"{date_format(counted_at, 'DATE_FORMAT')} {date_format(counted_at, 'H:i')}",
        "surplus": amount(surplus),
        "shortage": amount(shortage),
        "balance": _signed(surplus - shortage, amount(surplus - shortage)),
    }


def _signed(value: Decimal, text: str) -> str:
    return f"+{text}" if value > 0 else text
