"""Stock transfers: goods go out of one warehouse and come into another."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from retail.admin.periods import PeriodFilter
from retail.choices import ItemKind
from stock.admin import exports
from stock.admin.documents import StockDocumentAdmin
from stock.admin.lines import InvoiceLineInline
from stock.admin.posting import SHOWN_LINES
from stock.admin.shown import balance_figure, figure, sku_link
from stock.models import StockTransfer


@admin.register(StockTransfer)
class StockTransferAdmin(StockDocumentAdmin):
    empty_says = _("Goods that go from one warehouse to another of the same organization.")
    empty_leads_to = "retail.warehouse"
    resource_classes = [exports.StockTransferResource, exports.DocumentLineResource]
    counterparty = "to_warehouse"
    found_by = ("warehouse__name__icontains", "to_warehouse__name__icontains")
    search_help_text = _("A number or a warehouse; a SKU by code, name or barcode")
    line_inline = InvoiceLineInline
    available_url_name = "admin:stock_wholesaleinvoice_available"
    confirm_template = "stock/confirm_transfer.html"
    print_template = "stock/print/stock_transfer.html"
    list_display = (
        "number_shown", "date_shown", "from_shown", "to_warehouse", "total_figure", "state_shown", "posted_by_shown",
    )  # fmt: skip
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("date", PeriodFilter),
        ("warehouse", RelatedDropdownFilter),
        ("to_warehouse", RelatedDropdownFilter),
    )
    autocomplete_fields = ("warehouse", "to_warehouse")
    fieldsets = ((None, {"fields": ("date", ("warehouse", "to_warehouse"), "comment")}),)

    @display(description=_("from warehouse"), ordering="warehouse__name")
    def from_shown(self, transfer: StockTransfer) -> str:
        return transfer.warehouse.name

    def warehouses(self, document: StockTransfer) -> list[int]:
        return [document.warehouse_id, document.to_warehouse_id]

    def preview(self, document: StockTransfer, *, reversing: bool) -> dict[str, Any]:
        """Show each line in both warehouses; the one that gives is named first."""
        found = document.lines.with_stock().with_stock_there().select_related("sku__item__unit").order_by("line")
        lines = list(found[: SHOWN_LINES + 1])
        here, there = document.warehouse, document.to_warehouse
        return {
            "giving": there if reversing else here,
            "taking": here if reversing else there,
            "rows": [_row(line, reversing=reversing) for line in lines[:SHOWN_LINES]],
            "cut": len(lines) > SHOWN_LINES,
        }


def _row(line: Any, *, reversing: bool) -> dict[str, Any]:
    here, there = (line.available, line.balance_id), (line.available_there, line.balance_there)
    giving, taking = (there, here) if reversing else (here, there)
    goods = line.sku.item.kind == ItemKind.GOODS
    return {
        "line": line.line,
        "sku": sku_link(line.sku),
        "quantity": figure(line.quantity),
        "unit": line.sku.item.unit.short_name,
        "moves": goods,
        "giving": balance_figure(*giving),
        "giving_after": figure(giving[0] - line.asked),
        "taking": balance_figure(*taking),
        "taking_after": figure(taking[0] + line.asked),
        "short": goods and giving[0] < line.asked,
    }
