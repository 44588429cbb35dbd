"""Price types and prices: a price is set from a moment, and what has begun stays as it was."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from retail.admin import asking, edit_names
from retail.admin.base import ReferenceAdmin
from retail.admin.exports import ExportAdmin
from retail.admin.filters import PriceStateFilter
from retail.admin.goods_exports import PriceResource
from retail.admin.imports import ImportAdmin
from retail.admin.periods import PeriodFilter
from retail.admin.reference_exports import PriceTypeResource
from retail.admin.sku_forms import PriceForm
from retail.models import Price, PriceType
from retail.services import catalogue, figures
from retail.services.search import matching_skus


def _named(price: Price) -> str:
    begins = date_format(timezone.localtime(price.valid_from), "SHORT_DATETIME_FORMAT")
    return gettext("%(price_type)s from %(moment)s") % {"price_type": price.price_type, "moment": begins}


edit_names.call(Price, _named, related=("price_type",))


@admin.register(PriceType)
class PriceTypeAdmin(ExportAdmin, ReferenceAdmin):
    empty_says = _("Kinds of prices: retail, of a city, of a promotion. A warehouse says by which its registers sell.")
    empty_leads_to = "retail.warehouse"
    resource_classes = [PriceTypeResource]
    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)


@admin.register(Price)
class PriceAdmin(ImportAdmin, ReferenceAdmin):
    import_kind = "prices"
    empty_says = _("A price of a SKU is valid from a moment. Enter prices here or import them from Excel or CSV.")
    empty_leads_to = "retail.pricetype"
    resource_classes = [PriceResource]
    form = PriceForm
    list_display = ("sku", "price_type", "amount_shown", "valid_from", "state")
    list_display_links = ("sku", "amount_shown")
    list_select_related = ("sku", "price_type")
    list_filter = (PriceStateFilter, ("price_type", RelatedDropdownFilter), ("valid_from", PeriodFilter))
    search_fields = ("sku__name",)
    search_help_text = _("SKU code, name, article or barcode")
    ordering = ("-valid_from", "sku")
    autocomplete_fields = ("sku",)
    fields = ("sku", "price_type", "amount", "valid_from")
    actions = ("delete_ahead",)
    history_parent = "sku"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Price]:
        """Tell of each price whether a later one has begun."""
        later = Price.objects.filter(
            sku=OuterRef("sku"),
            price_type=OuterRef("price_type"),
            valid_from__gt=OuterRef("valid_from"),
            valid_from__lte=timezone.now(),
        )
        found: QuerySet[Price] = super().get_queryset(request).annotate(superseded=Exists(later))
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Price], search_term: str
    ) -> tuple[QuerySet[Price], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(sku__in=matching_skus(search_term).values("pk")), False

    def has_change_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return super().has_change_permission(request, obj) and not _has_begun(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Price | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not _has_begun(obj)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Deleting is our own action: it tells apart what has begun."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    @display(description=_("price"), ordering="amount")
    def amount_shown(self, price: Price) -> str | None:
        return figures.money(price.amount)

    @display(description=_("state"), label={"in_force": "success", "ahead": "info", "past": ""}, ordering="valid_from")
    def state(self, price: Price) -> tuple[str, Any]:
        if price.valid_from > timezone.now():
            return "ahead", _("Ahead")
        return ("past", _("Past")) if getattr(price, "superseded", False) else ("in_force", _("In force"))

    @admin.action(description=_("Delete prices that are ahead…"), permissions=["delete"])
    def delete_ahead(self, request: HttpRequest, queryset: QuerySet[Price]) -> HttpResponse | None:
        if not asking.confirmed(request):
            question = _("Of these prices, those that have not begun are deleted; the others stay in the history.")
            title = _("Delete prices that are ahead")
            return asking.ask(self, request, queryset, action="delete_ahead", title=title, question=question)
        with transaction.atomic():
            catalogue.lock()
            begun = queryset.filter(valid_from__lte=timezone.now()).count()
            deleted, _by_model = Price.objects.filter(
                pk__in=list(queryset.values_list("pk", flat=True)), valid_from__gt=timezone.now()
            ).delete()
        said = ngettext("%(count)d price deleted.", "%(count)d prices deleted.", deleted) % {"count": deleted}
        self.message_user(request, said, messages.SUCCESS)
        if begun:
            stays = gettext("Prices that have begun stay in the history: set 0 instead to stop selling by them.")
            self.message_user(request, stays, messages.WARNING)
        return None


def _has_begun(price: Price | None) -> bool:
    return price is not None and price.valid_from <= timezone.now()
