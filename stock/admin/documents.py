"""Documents of stock: drafts are typed in, posted documents are read. Goods receipts and wholesale invoices."""

import re
from typing import Any

from django.contrib import admin
from django.db.models import Exists, Field, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display
from unfold.views import ChangeList

from registers.admin.facts import here, list_url
from retail.admin.base import NOTHING, Listing
from retail.admin.exports import ExportAdmin
from retail.admin.initial import PlainInitial
from retail.admin.periods import PeriodFilter
from retail.admin.refusals import SaysRefusals
from retail.admin.selects import KeySelects
from retail.services.figures import quantity as shown
from retail.services.search import matching_skus
from stock.admin import exports
from stock.admin.lines import LINES_PER_PAGE, InvoiceLineInline, KeptLineInline, LineInline, MovementInline
from stock.admin.posting import PostingMixin
from stock.admin.printing import PrintingMixin
from stock.admin.shown import money, person, state_badge
from stock.models import Balance, DocumentLine, GoodsReceipt, StockDocument, WholesaleInvoice
from stock.models.documents import StockDocumentQuerySet
from stock.services import documents, effects

_IS_ID = re.compile(r"[0-9]{1,18}").fullmatch


class StockDocumentAdmin(PostingMixin, PrintingMixin, SaysRefusals, KeySelects, ExportAdmin, PlainInitial):
    """What all kinds share. Each names the field of its counterparty, where it is found by name, and its inlines."""

    counterparty: str
    line_model: Any = DocumentLine
    line_inline: Any
    kept_inline: Any = KeptLineInline
    found_by: tuple[str, ...]
    available_url_name: str | None = None
    list_display_links = ("number_shown",)
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    list_filter_submit = True
    search_fields = ("number",)
    search_help_text = _("A number, a counterparty or its INN; a SKU by code, name or barcode")
    ordering = ("-date", "-pk")
    actions = None
    warn_unsaved_form = True
    change_form_outer_before_template = "stock/document_panel.html"
    change_form_outer_after_template = "stock/live_lines.html"

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[StockDocument]:
        found: StockDocumentQuerySet = super().get_queryset(request)
        return found.with_total().select_related(*self.related())

    def related(self) -> tuple[str, ...]:
        return ("warehouse", "organization", "posted_by", "reversed_by", self.counterparty)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[StockDocument], search_term: str
    ) -> tuple[QuerySet[StockDocument], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        of_sku = self.line_model.objects.filter(document=OuterRef("pk"), sku__in=matching_skus(term))
        wanted = Q(number__icontains=term) | Q(Exists(of_sku))
        for lookup in self.found_by:
            wanted |= Q(**{lookup: term})
        return queryset.filter(wanted), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Listing

    def get_inlines(self, request: HttpRequest, obj: StockDocument | None) -> list[Any]:
        return [self.line_inline] if obj is None or obj.is_draft else [self.kept_inline, MovementInline]

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "comment" and field:
            field.widget.attrs["rows"] = 2
        return field

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"date": timezone.now(), **super().get_changeform_initial_data(request)}

    @display(description=_("number"), ordering="number")
    def number_shown(self, document: StockDocument) -> str:
        return f"№\xa0{document.number}"

    @display(description=_("date"), ordering="date")
    def date_shown(self, document: StockDocument) -> str:
        return date_format(timezone.localtime(document.date), "SHORT_DATETIME_FORMAT")

    @display(description=_("sum"), ordering="total")
    def total_figure(self, document: Any) -> str:
        return money(document.total)

    @display(description=_("state"), ordering="state")
    def state_shown(self, document: StockDocument) -> str:
        return state_badge(document)

    @display(description=_("posted by"), ordering="posted_by")
    def posted_by_shown(self, document: StockDocument) -> str:
        return person(document.posted_by)

    # A document that has left the drafts is read, whatever one may do to drafts.

    def has_change_permission(self, request: HttpRequest, obj: StockDocument | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: StockDocument | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_draft)

    def check_can_edit(self, original: Any) -> None:
        documents.check_is_draft(document=original)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        document = kwargs.get("obj")
        # The sum counted as one types is that of a draft all of whose lines are on the page.
        line_count = effects.lines(document).count() if document else 0
        context["live"] = document is None or (document.is_draft and line_count <= LINES_PER_PAGE)
        context["scans"] = context["live"] and self.line_model is DocumentLine
        if self.available_url_name:
            context["available_url"] = reverse(self.available_url_name)
        if document:
            context |= {
                "state": state_badge(document),
                "total": money(document.total),
                "line_count": line_count,
                "posted": _deed(document.posted_at, document.posted_by),
                "reversed": _deed(document.reversed_at, document.reversed_by),
                "movements_url": list_url("stock.movement", document__id__exact=document.pk),
            }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def save_model(self, request: HttpRequest, obj: StockDocument, form: Any, change: bool) -> None:
        documents.save_draft(document=obj)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        lines = formset.save(commit=False)
        for line in formset.deleted_objects:
            line.delete()
        documents.save_lines(document=form.instance, lines=lines)

    def delete_model(self, request: HttpRequest, obj: StockDocument) -> None:
        documents.discard(document=obj)


def _deed(moment: Any, user: Any) -> str:
    return " · ".join(filter(None, (here(moment), person(user)))) if moment else ""


@admin.register(GoodsReceipt)
class GoodsReceiptAdmin(StockDocumentAdmin):
    empty_says = _(
        "Goods that come in. Draft one, add its lines by barcode or name, and post it: the stock rises at once."
    )
    empty_leads_to = "stock.balance"
    resource_classes = [exports.GoodsReceiptResource, exports.DocumentLineResource]
    counterparty = "supplier"
    print_template = "stock/print/goods_receipt.html"
    found_by = ("supplier__name__icontains", "supplier__inn")
    line_inline = LineInline
    list_display = (
        "number_shown", "date_shown", "warehouse", "supplier", "supplier_number", "total_figure", "state_shown",
        "posted_by_shown",
    )  # fmt: skip
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("date", PeriodFilter),
        ("warehouse", RelatedDropdownFilter),
        ("supplier", AutocompleteSelectFilter),
    )
    autocomplete_fields = ("warehouse", "supplier")
    fieldsets = ((None, {"fields": ("date", ("warehouse", "supplier"), "supplier_number", "comment")}),)


@admin.register(WholesaleInvoice)
class WholesaleInvoiceAdmin(StockDocumentAdmin):
    empty_says = _(
        "Goods that go out wholesale. Draft one for a customer and post it: registers hear of it within a second."
    )
    empty_leads_to = "retail.counterparty"
    resource_classes = [exports.WholesaleInvoiceResource, exports.DocumentLineResource]
    counterparty = "customer"
    print_template = "stock/print/wholesale_invoice.html"
    found_by = ("customer__name__icontains", "customer__inn")
    line_inline = InvoiceLineInline
    available_url_name = "admin:stock_wholesaleinvoice_available"
    list_display = (
        "number_shown", "date_shown", "warehouse", "customer", "total_figure", "state_shown", "posted_by_shown",
    )  # fmt: skip
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("date", PeriodFilter),
        ("warehouse", RelatedDropdownFilter),
        ("customer", AutocompleteSelectFilter),
    )
    autocomplete_fields = ("warehouse", "customer")
    fieldsets = ((None, {"fields": ("date", ("warehouse", "customer"), "comment")}),)

    def get_custom_urls(self) -> tuple[tuple[str, str, Any], ...]:
        return (("available", "stock_wholesaleinvoice_available", self.available_view),)

    def available_view(self, request: HttpRequest, model_admin: Any) -> JsonResponse:
        """Tell a page being typed how much of a SKU a warehouse has: `{"available": "2,5"}`."""
        if not request.user.has_perm("stock.view_balance"):
            return JsonResponse({"available": NOTHING}, status=403)
        warehouse, sku = request.GET.get("warehouse", ""), request.GET.get("sku", "")
        if not (_IS_ID(warehouse) and _IS_ID(sku)):
            return JsonResponse({"available": NOTHING})
        balances: QuerySet[Any] = Balance.objects.with_available()
        balance = balances.filter(warehouse_id=int(warehouse), sku_id=int(sku)).first()
        return JsonResponse({"available": shown(balance.available) if balance else "0"})
