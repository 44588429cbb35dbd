"""Lines of a count: how much there is, how much there should be, and what the difference is worth."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from retail.admin.base import NOTHING
from stock.admin.lines import KeptInline, LineInline
from stock.admin.shown import figure, money, signed_money, sku_link
from stock.models import CountLine


class _Figures:
    """Columns that a draft and a posted count show alike; empty where nobody has counted."""

    @display(description=_("by the books"))
    def expected_figure(self, line: CountLine) -> str:
        return figure(line.expected) if line.pk else NOTHING

    @display(description=_("difference"))
    def difference_figure(self, line: CountLine) -> str:
        if line.difference is None:
            return NOTHING
        below = line.difference < 0
        return figure(line.difference) if below else figure(line.difference, signed=True)

    @display(description=_("price"))
    def price_figure(self, line: CountLine) -> str:
        return money(line.price) if line.pk else NOTHING

    @display(description=_("amount of the difference"))
    def amount_figure(self, line: CountLine) -> str:
        return NOTHING if line.amount is None else signed_money(line.amount)


class CountLineInline(_Figures, LineInline):
    model = CountLine
    fields = (
        "place", "sku", "counted", "expected_figure", "difference_figure", "price_figure", "amount_figure",
    )  # fmt: skip
    readonly_fields = ("place", "expected_figure", "difference_figure", "price_figure", "amount_figure")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("sku__item")


class KeptCountLineInline(_Figures, KeptInline):
    model = CountLine
    verbose_name_plural = _("lines")
    fields = (
        "line", "sku_shown", "counted_figure", "expected_figure", "difference_figure", "price_figure",
        "amount_figure",
    )  # fmt: skip
    readonly_fields = fields
    ordering = ("line",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CountLine]:
        lines: QuerySet[CountLine] = super().get_queryset(request)
        return lines.select_related("sku")

    @display(description=_("SKU"))
    def sku_shown(self, line: CountLine) -> str:
        return sku_link(line.sku)

    @display(description=_("counted"))
    def counted_figure(self, line: CountLine) -> str:
        return NOTHING if line.counted is None else figure(line.counted)
