"""Organizations, shops, warehouses, and whom we trade with."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter

from retail.admin import exports
from retail.admin.base import ReferenceAdmin
from retail.models import Counterparty, Organization, Shop, Warehouse


@admin.register(Organization)
class OrganizationAdmin(exports.ExportAdmin, ReferenceAdmin):
    empty_says = _("Legal entities of the chain: shops, warehouses and documents belong to them. Begin here.")
    empty_leads_to = "retail.shop"
    list_display = ("name", "inn", "kpp", "address")
    search_fields = ("name", "full_name", "inn", "kpp")
    search_help_text = _("Name, INN or KPP")
    ordering = ("name",)
    fieldsets = ((None, {"fields": ("name", "full_name", ("inn", "kpp"), "address")}),)
    resource_classes = [exports.OrganizationResource]


@admin.register(Counterparty)
class CounterpartyAdmin(exports.ExportAdmin, ReferenceAdmin):
    empty_says = _("Whom we buy from and sell to wholesale. Invoices and goods receipts name them.")
    empty_leads_to = "stock.wholesaleinvoice"
    list_display = ("name", "inn", "kpp", "address")
    search_fields = ("name", "inn", "kpp")
    search_help_text = _("Name, INN or KPP")
    ordering = ("name",)
    fieldsets = ((None, {"fields": ("name", ("inn", "kpp"), "address")}),)
    resource_classes = [exports.CounterpartyResource]


@admin.register(Shop)
class ShopAdmin(exports.ExportAdmin, ReferenceAdmin):
    empty_says = _("Places that sell, each with its time zone. A shop belongs to an organization.")
    empty_leads_to = "retail.organization"
    list_display = ("code", "name", "organization", "time_zone", "address")
    list_display_links = ("code", "name")
    list_select_related = ("organization",)
    list_filter = (("organization", RelatedDropdownFilter), ("time_zone", ChoicesDropdownFilter))
    search_fields = ("code", "name", "address")
    search_help_text = _("Code, name or address")
    ordering = ("code",)
    fieldsets = ((None, {"fields": (("code", "name"), "organization", "time_zone", "address")}),)
    resource_classes = [exports.ShopResource]


@admin.register(Warehouse)
class WarehouseAdmin(exports.ExportAdmin, ReferenceAdmin):
    empty_says = _("Where goods are kept: registers of a warehouse share what is left. It belongs to an organization.")
    empty_leads_to = "retail.organization"
    list_display = ("name", "organization", "shop", "retail_price_type")
    list_select_related = ("organization", "shop", "retail_price_type")
    list_filter = (
        ("organization", RelatedDropdownFilter),
        ("shop", RelatedDropdownFilter),
        ("retail_price_type", RelatedDropdownFilter),
    )
    search_fields = ("name",)
    search_help_text = _("Name")
    ordering = ("name",)
    fieldsets = ((None, {"fields": ("name", "organization", "shop", "retail_price_type")}),)
    resource_classes = [exports.WarehouseResource]
