"""A shift with what came of it: its documents of sales, its Z-report and corrections, and what still waits."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.timesince import timesince

from registers.admin.facts import here, list_url
from registers.admin.shifts import ShiftAdmin
from registers.models import KkmTransaction, Shift
from stock.admin.sales_pages import reports_of, sales_of
from stock.admin.shown import agreement_badge, document_link, moment, money
from stock.models import UnpostedReceipt

LATEST = 50


class SettledShiftAdmin(ShiftAdmin):
    panel_template = "stock/shift_panel.html"

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css"]}

    def get_panel(self, request: HttpRequest, obj: Shift) -> dict[str, Any]:
        waiting = UnpostedReceipt.objects.filter(shift=obj)
        oldest = waiting.order_by("receipt").values_list("receipt", flat=True).first()
        since = KkmTransaction.objects.values_list("received_at", flat=True).get(pk=oldest) if oldest else None
        return {
            **super().get_panel(request, obj),
            "reports": [_report_row(report) for report in reports_of(obj.pk)],
            "sales": [_sales_row(sales) for sales in sales_of(obj.pk).select_related("warehouse")[:LATEST]],
            "sales_url": list_url("stock.currentsales", shift__id__exact=obj.pk),
            "waiting": {
                "receipts": waiting.count() if since else 0,
                "since": here(since) if since else None,
                "ago": timesince(since, depth=1) if since else None,
                "url": list_url("registers.receipt", shift__id__exact=obj.pk, posted="no"),
            },
        }


def _report_row(report: Any) -> dict[str, Any]:
    return {
        "document": document_link(report),
        "date": moment(report.date),
        "net": money(report.sales - report.returns),
        "agreement": agreement_badge(report.agreement),
        "correction": report.is_correction,
    }


def _sales_row(sales: Any) -> dict[str, Any]:
    return {"document": document_link(sales), "date": moment(sales.date), "warehouse": sales.warehouse}


admin.site.unregister(Shift)
admin.site.register(Shift, SettledShiftAdmin)
