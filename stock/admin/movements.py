"""The ledger of the books, as it grew."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from registers.admin.facts import FactAdmin
from retail.admin.periods import PeriodFilter
from retail.services.search import matching_skus
from stock.admin import exports
from stock.admin.shown import balance_figure, cause_badge, document_link, figure, moment, sku_link
from stock.models import Movement
from stock.models.movements import MovementQuerySet


class DirectionFilter(DropdownFilter):
    title = _("direction")
    parameter_name = "direction"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return (("in", _("Came in")), ("out", _("Went out")), ("reversing", _("Reversed")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Movement]) -> QuerySet[Movement]:
        match self.value():
            case "in":
                return queryset.filter(quantity__gt=0)
            case "out":
                return queryset.filter(quantity__lt=0)
            case "reversing":
                return queryset.filter(reversing=True)
        return queryset


@admin.register(Movement)
class MovementAdmin(FactAdmin):
    empty_says = _("Every change of the books. Posted documents write here, by themselves.")
    empty_leads_to = "stock.goodsreceipt"
    resource_classes = [exports.MovementResource]
    list_display = ("made", "document_shown", "warehouse", "sku_shown", "moved_figure", "after_figure", "cause")
    list_display_links = ("made",)
    list_filter = (
        ("warehouse", RelatedDropdownFilter),
        ("document__kind", ChoicesDropdownFilter),
        DirectionFilter,
        ("made_at", PeriodFilter),
    )
    search_fields = ("document__number",)
    search_help_text = _("A SKU by code, name or barcode; a document by its number")
    ordering = ("-pk",)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("document_shown", "made"),
                    ("warehouse", "sku_shown"),
                    ("moved_figure", "after_figure", "cause"),
                )
            },
        ),
    )
    readonly_fields = ("document_shown", "made", "sku_shown", "moved_figure", "after_figure", "cause")

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Movement]:
        movements: MovementQuerySet = super().get_queryset(request)
        return movements.with_balance().select_related("document", "warehouse", "sku")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Movement], search_term: str
    ) -> tuple[QuerySet[Movement], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(Q(sku__in=matching_skus(term)) | Q(document__number=term)), False

    @display(description=_("made at"), ordering="pk")
    def made(self, movement: Movement) -> str:
        return moment(movement.made_at)

    @display(description=_("document"), ordering="document__number")
    def document_shown(self, movement: Movement) -> str:
        return document_link(movement.document)

    @display(description=_("SKU"), ordering="sku")
    def sku_shown(self, movement: Movement) -> str:
        return sku_link(movement.sku)

    @display(description=_("quantity"), ordering="quantity")
    def moved_figure(self, movement: Movement) -> str:
        return figure(movement.quantity, signed=True)

    @display(description=_("on hand after"))
    def after_figure(self, movement: Any) -> str:
        return balance_figure(movement.on_hand_after, movement.balance_id)

    @display(description=_("cause"))
    def cause(self, movement: Movement) -> str:
        return cause_badge(movement)
