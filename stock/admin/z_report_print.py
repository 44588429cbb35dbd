"""The Z-report on paper: one A4 page of totals, the register's counters and what does not agree."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from registers.admin.facts import shop_time
from stock.admin import z_report_pages


class PrintedReportAdmin(ModelAdmin):
    def has_print_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return bool(self.has_view_permission(request))

    @action(description=_("Print"), url_path="print", permissions=["print"], icon="print", attrs={"target": "_blank"})
    def print_report(self, request: HttpRequest, object_id: str) -> HttpResponse:
        report = self.get_object(request, object_id)
        if report is None:
            raise Http404
        return TemplateResponse(request, "stock/print/z_report.html", _form(report))


def _form(report: Any) -> dict[str, Any]:
    shop = report.register.shop
    return {
        "document": report,
        "title": (_now("Correction of a Z-report № %(number)s") if report.corrects else _now("Z-report № %(number)s"))
        % {"number": report.number},
        "dated": date_format(timezone.localtime(report.date), "DATE_FORMAT"),
        "shop": shop,
        "opened": shop_time(report.shift.opened_at or report.shift.first_at, shop),
        "closed": shop_time(report.shift.closed_at, shop),
        "printed_at": date_format(timezone.localtime(), "SHORT_DATETIME_FORMAT"),
        **z_report_pages.printed(report),
    }
