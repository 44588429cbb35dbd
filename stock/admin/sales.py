"""«Текущие продажи на ККМ» and «Z-отчёты»: what processing made of receipts, to be read and followed."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from registers.admin.facts import FactAdmin, link
from retail.admin.periods import PeriodFilter
from stock.admin import exports, sales_pages, z_report_pages
from stock.admin.discrepancies import AcceptingAdmin
from stock.admin.processing import ProcessingAdmin
from stock.admin.shown import agreement_badge, counted, moment, money
from stock.admin.z_report_print import PrintedReportAdmin
from stock.choices import Agreement, DocumentKind
from stock.models import CurrentSales, ZReport

MAX_NUMBER_DIGITS = 9


class SalesAdmin(ProcessingAdmin, FactAdmin):
    """What both kinds share. The kind is asked for by name, so that the index that begins with it gives the order."""

    kind: DocumentKind
    list_display_links = ("number_shown",)
    search_fields = ("number",)
    search_help_text = _("The number of a document, of a shift or of a register; the name of a register")
    ordering = ("-date", "-pk")
    sortable_by = ()
    fieldsets = ()

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        found: QuerySet[Any] = super().get_queryset(request)
        return found.filter(kind=self.kind).select_related("register__shop", "shift", "warehouse", "organization")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return []  # The panel shows all there is, in an order of its own.

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(number=term) | Q(register__name__icontains=term)
        if term.isascii() and term.isdigit() and len(term) <= MAX_NUMBER_DIGITS:
            number = int(term)
            wanted |= Q(number=term.zfill(6)) | Q(register__number=number) | Q(shift__number=number)
        return queryset.filter(wanted), False

    @display(description=_("number"))
    def number_shown(self, document: Any) -> str:
        return f"№\N{NO-BREAK SPACE}{document.number}"

    @display(description=_("date"))
    def date_shown(self, document: Any) -> str:
        return moment(document.date)

    @display(description=_("register"))
    def register_shown(self, document: Any) -> str:
        return format_html('{}<br><span class="rg-muted">{}</span>', document.register, document.register.shop)

    @display(description=_("shift"))
    def shift_shown(self, document: Any) -> str:
        return link(document.shift, f"№\N{NO-BREAK SPACE}{document.shift.number}")

    @display(description=_("sales"))
    def sales_figure(self, document: Any) -> str:
        return money(document.sales)

    @display(description=_("returns"))
    def returns_figure(self, document: Any) -> str:
        return money(document.returns)

    @display(description=_("net"))
    def net_figure(self, document: Any) -> str:
        return money(document.sales - document.returns)


class AgreementFilter(DropdownFilter):
    title = _("reconciliation")
    parameter_name = "agreement"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return Agreement.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(agreement=self.value()) if self.value() in Agreement.values else queryset


class CorrectionFilter(DropdownFilter):
    title = _("what of the shift")
    parameter_name = "correction"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return [("no", _("The shift's own reports")), ("yes", _("Corrections"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "no":
                return queryset.filter(corrects=None)
            case "yes":
                return queryset.exclude(corrects=None)
        return queryset


@admin.register(CurrentSales)
class CurrentSalesAdmin(SalesAdmin):
    empty_says = _("Receipts of open shifts are gathered into these documents every few minutes, by themselves.")
    empty_leads_to = "registers.receipt"
    resource_classes = [exports.CurrentSalesResource, exports.SalesLineResource]
    kind = DocumentKind.CURRENT_SALES
    list_display = (
        "number_shown", "date_shown", "register_shown", "shift_shown", "warehouse", "sales_figure", "returns_figure",
        "net_figure", "receipts_figure",
    )  # fmt: skip
    list_filter = (
        ("date", PeriodFilter),
        ("register__shop", RelatedDropdownFilter),
        ("register", AutocompleteSelectFilter),
        ("warehouse", RelatedDropdownFilter),
    )
    panel_template = "stock/current_sales.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CurrentSales]:
        found: QuerySet[CurrentSales] = super().get_queryset(request)
        return sales_pages.with_sums(found)

    @display(description=_("receipts"))
    def receipts_figure(self, document: Any) -> str:
        return counted(document.receipts)

    def get_panel(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        return sales_pages.current_sales(request, obj)


@admin.register(ZReport)
class ZReportAdmin(AcceptingAdmin, PrintedReportAdmin, SalesAdmin):
    empty_says = _("A Z-report is made of a closed shift by itself, and compared with the counters of its register.")
    empty_leads_to = "registers.shift"
    resource_classes = [exports.ZReportResource, exports.SalesLineResource]
    kind = DocumentKind.Z_REPORT
    list_display = (
        "number_shown", "date_shown", "register_shown", "shift_shown", "sales_figure", "returns_figure", "net_figure",
        "receipts_figure", "agreement_shown",
    )  # fmt: skip
    list_filter = (
        ("date", PeriodFilter),
        AgreementFilter,
        ("register__shop", RelatedDropdownFilter),
        ("register", AutocompleteSelectFilter),
        CorrectionFilter,
    )
    list_after_template = "stock/z_report_totals.html"
    actions_detail = ("accept_discrepancies", "print_report")
    panel_template = "stock/z_report.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[ZReport]:
        found: Any = super().get_queryset(request)
        reports: QuerySet[ZReport] = found.with_agreement().select_related(
            "register__shop", "shift", "warehouse", "organization", "corrects"
        )
        return reports

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Add the sums of all that is listed, over all pages."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            listed = response.context_data["cl"].queryset.order_by()
            response.context_data["totals"] = z_report_pages.list_totals(listed)
        return response

    @display(description=_("receipts"))
    def receipts_figure(self, report: ZReport) -> str:
        return counted(report.receipts + report.return_receipts)

    @display(description=_("reconciliation"))
    def agreement_shown(self, report: Any) -> str:
        return agreement_badge(report.agreement)

    @display(description=_("number"))
    def number_shown(self, report: Any) -> str:
        number: str = super().number_shown(report)
        if report.corrects is None:
            return number
        said = _("corrects № %(number)s") % {"number": report.corrects.number}
        return format_html('{}<br><span class="rg-muted">{}</span>', number, said)

    def get_panel(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        return z_report_pages.z_report(request, obj)
