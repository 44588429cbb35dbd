"""«Константы»: one row, so its list is its form."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldBooleanSwitchWidget

from retail.admin.history import KeepsHistory
from retail.models import Constants


@admin.register(Constants)
class ConstantsAdmin(KeepsHistory):
    warn_unsaved_form = True
    fieldsets = (
        (_("Equipment: KKMTransfer"), {"classes": ("tab",), "fields": ("sync_stock", "packet_size")}),
        (_("Discount cards"), {"classes": ("tab",), "fields": ("discount_cards",)}),
        (_("On-line work with registers"), {"classes": ("tab",), "fields": ("online_registers",)}),
        (_("Reservations"), {"classes": ("tab",), "fields": ("reservation_minutes",)}),
        (_("History of edits"), {"classes": ("tab",), "fields": ("history_months",)}),
        (_("SKU"), {"classes": ("tab",), "fields": ("automatic_sku", "weighed_prefixes")}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.get_internal_type() == "BooleanField":
            kwargs["widget"] = UnfoldBooleanSwitchWidget()
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:retail_constants_change", args=[1]))

    def response_post_save_change(self, request: HttpRequest, obj: Constants) -> HttpResponse:
        return HttpResponseRedirect(request.path)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Constants | None = None) -> bool:
        return False
