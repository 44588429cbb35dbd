"""Stock counts: counted by hand, by scanner or from a file; posted, they move the books to what there was."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from registers.admin.facts import here
from retail.admin.periods import PeriodFilter
from retail.fields import MoneyField
from stock.admin import exports
from stock.admin.count_lines import CountLineInline, KeptCountLineInline
from stock.admin.counting import CountingMixin
from stock.admin.documents import StockDocumentAdmin
from stock.admin.posting import SHOWN_LINES
from stock.admin.printing import counted_lines
from stock.admin.shown import document_link, figure, money, signed_money, sku_link
from stock.models import CountLine, StockCount, StockDocument
from stock.services import count_lines, counts, documents, expectations

SUMS = {
    "total": Sum("amount"),
    "surplus": Sum("amount", filter=Q(amount__gt=0)),
    "shortage": Sum("amount", filter=Q(amount__lt=0)),
}


class CorrectionFilter(DropdownFilter):
    title = _("made by")
    parameter_name = "made_by"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return (("people", _("Counted by people")), ("late", _("Corrections of late sales")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "people":
                return queryset.filter(corrects=None)
            case "late":
                return queryset.exclude(corrects=None)
        return queryset


@admin.register(StockCount)
class StockCountAdmin(CountingMixin, StockDocumentAdmin):
    empty_says = _("Count the goods of a warehouse with a scanner while it sells, and post what was counted.")
    empty_leads_to = "stock.balance"
    resource_classes = [exports.StockCountResource, exports.CountLineResource]
    line_model = CountLine
    line_inline = CountLineInline
    kept_inline = KeptCountLineInline
    found_by = ("warehouse__name__icontains",)
    search_help_text = _("A number or a warehouse; a SKU by code, name or barcode")
    change_form_outer_before_template = "stock/count_panel.html"
    change_form_outer_after_template = ""
    confirm_template = "stock/confirm_count.html"
    copy_template = "stock/copy_count.html"
    print_template = "stock/print/stock_count.html"
    list_display = (
        "number_shown", "counted_at_shown", "warehouse", "surplus_figure", "shortage_figure",
        "total_figure", "corrects_shown", "state_shown", "posted_by_shown",
    )  # fmt: skip
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("date", PeriodFilter),
        ("warehouse", RelatedDropdownFilter),
        CorrectionFilter,
    )
    ordering = ("-counted_at", "-pk")
    autocomplete_fields = ("warehouse",)
    fieldsets = ((None, {"fields": ("warehouse", "counted_at", "date", "comment")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockDocument]:
        lines = CountLine.objects.filter(document=OuterRef("pk")).order_by().values("document")
        sums = {
            name: Coalesce(Subquery(lines.annotate(sum=sum_).values("sum")), 0, output_field=MoneyField())
            for name, sum_ in SUMS.items()
        }
        return super().get_queryset(request).annotate(**sums)

    def related(self) -> tuple[str, ...]:
        return ("warehouse", "organization", "posted_by", "reversed_by", "corrects")

    def party(self, document: StockCount) -> str:
        return document.warehouse.name

    def copy(self, document: StockCount) -> StockDocument:
        return counts.draft_again(count=document, date=timezone.now())

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"counted_at": timezone.now(), **super().get_changeform_initial_data(request)}

    def response_add(self, request: HttpRequest, obj: StockCount, post_url_continue: str | None = None) -> HttpResponse:
        """Lead to the page of the count, where counting begins."""
        super().response_add(request, obj, post_url_continue)
        return self.to_page(obj.pk)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        lines = formset.save(commit=False)
        for line in formset.deleted_objects:
            line.delete()
        count_lines.save(count=form.instance, lines=lines)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        count = kwargs.get("obj")
        if count:
            found = count.count_lines.aggregate(lines=Count("pk"), counted=Count("counted"))
            context |= {
                "counted": found["counted"],
                "uncounted": found["lines"] - found["counted"],
                "moment": here(count.counted_at),
                "surplus": money(count.surplus),
                "shortage": money(-count.shortage),
                "difference": signed_money(count.total),
                "corrects": document_link(count.corrects) if count.corrects else "",
                "corrections": [document_link(one) for one in count.corrections.order_by("correction")],
            }
        return super().render_change_form(request, context, **kwargs)

    def printed(self, document: Any) -> dict[str, Any]:
        return counted_lines(document)

    def preview(self, document: StockCount, *, reversing: bool) -> dict[str, Any]:
        """Show what was counted and what the books say of that moment now; of a draft this is looked up anew."""
        if not reversing:
            with transaction.atomic():
                documents.check_is_draft(document=documents.lock(document=document))
                expectations.refresh(count=document)
        lines = document.count_lines.select_related("sku__item__unit").order_by("line")
        differing = lines.exclude(difference=0)
        shown = list(differing[: SHOWN_LINES + 1])
        sums = counted_lines(document) if document.count_lines.count() <= SHOWN_LINES else None
        return {
            "moment": here(document.counted_at),
            "rows": [_row(line) for line in shown[:SHOWN_LINES]],
            "cut": len(shown) > SHOWN_LINES,
            "agreeing": lines.filter(difference=0).count(),
            "uncounted": lines.filter(counted=None).count(),
            "sums": sums,
            "counting_url": self.action_url("settle_uncounted", document.pk),
        }

    @display(description=_("counted at"), ordering="counted_at")
    def counted_at_shown(self, count: StockCount) -> str:
        return date_format(timezone.localtime(count.counted_at), "SHORT_DATETIME_FORMAT")

    @display(description=_("surplus"), ordering="surplus")
    def surplus_figure(self, count: Any) -> str:
        return money(count.surplus)

    @display(description=_("shortage"), ordering="shortage")
    def shortage_figure(self, count: Any) -> str:
        return money(-count.shortage)

    @display(description=_("together"), ordering="total")
    def total_figure(self, document: Any) -> str:
        return signed_money(document.total)

    @display(description=_("corrects"), ordering="corrects")
    def corrects_shown(self, count: StockCount) -> str:
        return f"№\xa0{count.corrects.number}" if count.corrects else ""


def _row(line: CountLine) -> dict[str, Any]:
    return {
        "line": line.line,
        "sku": sku_link(line.sku),
        "unit": line.sku.item.unit.short_name,
        "expected": figure(line.expected),
        "counted": "" if line.counted is None else figure(line.counted),
        "difference": "" if line.difference is None else figure(line.difference, signed=line.difference > 0),
        "amount": "" if line.amount is None else signed_money(line.amount),
        "uncounted": line.counted is None,
    }
