"""What is left: the four numbers of every SKU in every warehouse, and what stands behind them."""

from collections.abc import Sequence
from typing import Any, cast

from django.contrib import admin
from django.db.models import F, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from registers.admin.facts import FactAdmin, list_url
from retail.admin.base import NOTHING
from retail.models import Price
from retail.services.figures import quantity as shown
from retail.services.search import matching_skus
from stock.admin import exports
from stock.admin.explain import ExplainingAdmin, movement_row, waiting_row
from stock.admin.reservations import held
from stock.admin.shown import figure, money, sku_link
from stock.models import Balance
from stock.models.balances import BalanceQuerySet
from stock.services import explanations

LATEST = 50
FIGURES = ("on_hand", "sold", "reserved", "available")


class LevelFilter(DropdownFilter):
    title = _("available")
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return (
            ("above", _("More than zero")),
            ("zero", _("Zero")),
            ("below", _("Below zero")),
            ("reserved", _("With a reserve")),
            ("sold", _("With sales not yet in documents")),
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "above":
                return queryset.filter(available__gt=0)
            case "zero":
                return queryset.filter(available=0)
            case "below":
                return cast(BalanceQuerySet, queryset).below_zero()
            case "reserved":
                return queryset.filter(reserved__gt=0)
            case "sold":
                return queryset.exclude(sold=0)
        return queryset


@admin.register(Balance)
class BalanceAdmin(ExplainingAdmin, FactAdmin):
    empty_says = _(
        "What is left of each SKU in each warehouse. It begins with a goods receipt, a stock count or a sale."
    )
    empty_leads_to = "stock.goodsreceipt"
    resource_classes = [exports.BalanceResource]
    list_display = (
        "code",
        "name",
        "warehouse",
        "unit",
        "on_hand_figure",
        "sold_figure",
        "reserved_figure",
        "available_figure",
    )
    list_display_links = ("code", "name")
    list_filter = (("warehouse", RelatedDropdownFilter), LevelFilter)
    search_fields = ("sku__code",)
    search_help_text = _("A SKU by code, name or barcode")
    ordering = ("sku_id", "warehouse_id")
    list_after_template = "stock/balance_totals.html"
    actions_detail = ("explain",)
    panel_template = "stock/balance_panel.html"
    body_template = "stock/balance_body.html"
    fieldsets = ((None, {"fields": (("sku_shown", "warehouse"), ("group", "unit", "price"), ("barcodes", "change"))}),)
    readonly_fields = ("sku_shown", "group", "unit", "price", "barcodes", "change")

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Balance]:
        balances: BalanceQuerySet = super().get_queryset(request)
        return balances.with_available().select_related("warehouse", "sku__item__unit", "sku__item__group")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Balance], search_term: str
    ) -> tuple[QuerySet[Balance], bool]:
        term = search_term.strip()
        return (queryset.filter(sku__in=matching_skus(term)) if term else queryset), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Add the sums of all that is listed, for each unit of measure on its own."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        if isinstance(response, TemplateResponse) and response.context_data and "cl" in response.context_data:
            listed = response.context_data["cl"].queryset.order_by()
            sums = listed.values(unit_name=F("sku__item__unit__short_name")).annotate(
                **{f"{name}_sum": Sum(name) for name in FIGURES}
            )
            response.context_data["totals"] = [
                (row["unit_name"], [figure(row[f"{name}_sum"]) for name in FIGURES])
                for row in sums.order_by("unit_name")
            ]
        return response

    @display(description=_("code"), ordering="sku__code")
    def code(self, balance: Balance) -> str:
        return balance.sku.code

    @display(description=_("name"), ordering="sku__name")
    def name(self, balance: Balance) -> str:
        return balance.sku.name

    @display(description=_("unit"))
    def unit(self, balance: Balance) -> str:
        return balance.sku.item.unit.short_name

    @display(description=_("on hand"), ordering="on_hand")
    def on_hand_figure(self, balance: Balance) -> str:
        return figure(balance.on_hand)

    @display(description=_("sold"), ordering="sold")
    def sold_figure(self, balance: Balance) -> str:
        return figure(balance.sold)

    @display(description=_("reserved"), ordering="reserved")
    def reserved_figure(self, balance: Balance) -> str:
        return figure(balance.reserved)

    @display(description=_("available"), ordering="available")
    def available_figure(self, balance: Any) -> str:
        return figure(balance.available)

    # The page of one balance

    @display(description=_("SKU"))
    def sku_shown(self, balance: Balance) -> str:
        return sku_link(balance.sku)

    @display(description=_("item group"))
    def group(self, balance: Balance) -> str:
        return str(balance.sku.item.group or NOTHING)

    @display(description=_("price"))
    def price(self, balance: Balance) -> str:
        """The price in force by the warehouse's price type."""
        prices = Price.objects.filter(sku=balance.sku, price_type=balance.warehouse.retail_price_type_id)
        price = prices.in_force(at=timezone.now()).first()
        return money(price.amount) if price else NOTHING

    @display(description=_("barcodes"))
    def barcodes(self, balance: Balance) -> str:
        return ", ".join(balance.sku.barcodes.order_by("pk").values_list("value", flat=True)) or NOTHING

    @display(description=_("last change in the feed"))
    def change(self, balance: Balance) -> str:
        return _("%(revision)s of %(last)s") % {
            "revision": balance.revision,
            "last": balance.warehouse.feed.revision,
        }

    def get_panel(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        figures = {name: shown(getattr(obj, name)) for name in FIGURES}
        return {
            "figures": figures,
            "below": obj.available < 0,
            "explain_url": reverse("admin:stock_balance_explain", args=[obj.pk]),
            "movements": [movement_row(movement) for movement in explanations.movements(balance=obj)[:LATEST]],
            "movements_url": list_url(
                "stock.movement", warehouse__id__exact=obj.warehouse_id, sku__id__exact=obj.sku_id
            ),
            **held(obj),
            "sales": [waiting_row(line) for line in explanations.waiting_lines(balance=obj)[:LATEST]],
            "latest": LATEST,
        }
