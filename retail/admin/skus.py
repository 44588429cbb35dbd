"""SKUs and barcodes. A SKU is made on the page of its item, where its characteristics are."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from retail.admin import asking
from retail.admin.base import NOTHING, ReferenceAdmin
from retail.admin.exports import ExportAdmin
from retail.admin.filters import LackingFilter, OnSaleFilter, SkuGroupFilter
from retail.admin.goods_exports import BarcodeResource, SkuResource
from retail.admin.imports import ImportAdmin
from retail.admin.sku_forms import PriceForm, PriceFormSet
from retail.models import Barcode, Price, Sku
from retail.services import figures, skus
from retail.services.search import matching_skus


class BarcodeInline(TabularInline):
    model = Barcode
    extra = 0
    tab = True
    hide_title = True
    fields = ("value",)
    ordering = ("pk",)


class PriceInline(TabularInline):
    model = Price
    form = PriceForm
    formset = PriceFormSet
    extra = 0
    tab = True
    hide_title = True
    per_page = 20
    fields = ("price_type", "amount", "valid_from")
    ordering = ("-valid_from",)


@admin.register(Sku)
class SkuAdmin(ExportAdmin, ReferenceAdmin):
    empty_says = _("What is sold and counted. SKUs are made on the page of an item, one for each of its variants.")
    empty_leads_to = "retail.item"
    resource_classes = [SkuResource]
    list_display = ("code", "name", "article", "barcodes_shown", "prices_shown", "sale")
    list_display_links = ("code", "name")
    list_select_related = ("item",)
    list_filter = (SkuGroupFilter, OnSaleFilter, LackingFilter, ("item__weighed", BooleanRadioFilter))
    search_fields = ("name",)
    search_help_text = _("Code, name, article or barcode")
    ordering = ("name", "code")
    actions = ("withdraw", "return_to_sale")
    inlines = (BarcodeInline, PriceInline)
    fieldsets = ((None, {"fields": (("code", "item_link"), ("characteristic", "pack"), ("plu", "withdrawn"))}),)
    readonly_fields = ("code", "item_link", "characteristic", "pack")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Sku | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sku]:
        found: QuerySet[Sku] = super().get_queryset(request)
        in_force = Price.objects.in_force(at=timezone.now()).select_related("price_type")
        return found.prefetch_related("barcodes", Prefetch("prices", in_force, to_attr="in_force"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Sku], search_term: str
    ) -> tuple[QuerySet[Sku], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=matching_skus(search_term).values("pk")), False

    @display(description=_("item"))
    def item_link(self, sku: Sku) -> SafeString:
        url = reverse("admin:retail_item_change", args=[sku.item_id])
        return format_html('<a href="{}" class="text-link">{}</a>', url, sku.item)

    @display(description=_("article"), ordering="item__article")
    def article(self, sku: Sku) -> str:
        return sku.item.article or NOTHING

    @display(description=_("barcodes"))
    def barcodes_shown(self, sku: Sku) -> str:
        return ", ".join(barcode.value for barcode in sku.barcodes.all()) or NOTHING

    @display(description=_("prices in force"))
    def prices_shown(self, sku: Sku) -> str:
        prices: list[Price] = getattr(sku, "in_force", [])
        shown = (
            f"{figures.money(price.amount)} ({price.price_type})"
            for price in sorted(prices, key=lambda price: price.price_type.name)
        )
        return "; ".join(shown) or NOTHING

    @display(description=_("sale"), ordering="withdrawn", label={"on": "success", "off": "warning"})
    def sale(self, sku: Sku) -> tuple[str, Any]:
        off = sku.withdrawn or sku.item.withdrawn
        return ("off", _("Withdrawn")) if off else ("on", _("On sale"))

    @admin.action(description=_("Withdraw…"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Sku]) -> HttpResponse | None:
        if not asking.confirmed(request):
            question = _("Registers are told once that these SKUs are no longer sold.")
            return asking.ask(self, request, queryset, action="withdraw", title=_("Withdraw"), question=question)
        note = gettext("Withdrawn")
        asking.do(self, request, queryset, verb=lambda ids: skus.withdraw(sku_ids=ids), note=note)
        return None

    @admin.action(description=_("Return to sale…"), permissions=["change"])
    def return_to_sale(self, request: HttpRequest, queryset: QuerySet[Sku]) -> HttpResponse | None:
        if not asking.confirmed(request):
            question = _("These SKUs are sold again, unless their items are withdrawn.")
            return asking.ask(
                self, request, queryset, action="return_to_sale", title=_("Return to sale"), question=question
            )
        note = gettext("Returned to sale")
        asking.do(self, request, queryset, verb=lambda ids: skus.return_to_sale(sku_ids=ids), note=note)
        return None


@admin.register(Barcode)
class BarcodeAdmin(ImportAdmin, ReferenceAdmin):
    import_kind = "barcodes"
    empty_says = _("Barcodes are entered on the page of a SKU, or imported from Excel or CSV.")
    empty_leads_to = "retail.sku"
    resource_classes = [BarcodeResource]
    list_display = ("value", "sku")
    list_select_related = ("sku",)
    search_fields = ("value",)
    search_help_text = _("Barcode, SKU code, name or article")
    ordering = ("value",)
    autocomplete_fields = ("sku",)
    fields = ("value", "sku")
    history_parent = "sku"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Barcode], search_term: str
    ) -> tuple[QuerySet[Barcode], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(sku__in=matching_skus(search_term).values("pk")), False
