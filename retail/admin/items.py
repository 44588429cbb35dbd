"""Items with their SKUs, and the lists they are described by."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelect2Widget, UnfoldAdminSelectWidget

from retail.admin import asking
from retail.admin.base import NOTHING, ReferenceAdmin
from retail.admin.exports import ExportAdmin
from retail.admin.filters import GroupFilter, OnSaleFilter, is_key
from retail.admin.goods_exports import ItemResource
from retail.admin.imports import ImportAdmin
from retail.admin.reference_exports import UnitResource, VatRateResource
from retail.admin.sku_forms import SkuForm, SkuFormSet
from retail.models import Characteristic, Edit, Item, Pack, Sku, Unit, VatRate
from retail.models.edits import EditQuerySet
from retail.services import items
from retail.services.search import matching_items


@admin.register(Unit)
class UnitAdmin(ExportAdmin, ReferenceAdmin):
    empty_says = _("Units in which goods are counted: pieces, kilograms.")
    empty_leads_to = "retail.item"
    resource_classes = [UnitResource]
    list_display = ("code", "name", "short_name")
    list_display_links = ("code", "name")
    search_fields = ("code", "name", "short_name")
    ordering = ("name",)


@admin.register(VatRate)
class VatRateAdmin(ExportAdmin, ReferenceAdmin):
    empty_says = _("Rates of VAT, valid from a date. Items name one.")
    empty_leads_to = "retail.item"
    resource_classes = [VatRateResource]
    list_display = ("name", "code", "percent", "valid_from", "valid_to")
    search_fields = ("name", "code")
    ordering = ("-percent", "name")
    fieldsets = ((None, {"fields": ("name", ("code", "percent"), ("valid_from", "valid_to"))}),)


class CharacteristicInline(TabularInline):
    model = Characteristic
    extra = 0
    tab = True
    hide_title = True
    fields = ("name",)
    ordering = ("name",)


class PackInline(TabularInline):
    model = Pack
    extra = 0
    tab = True
    hide_title = True
    fields = ("name", "quantity")
    ordering = ("name",)


class SkuInline(TabularInline):
    """SKUs are withdrawn, not deleted. A new one may take the item's characteristics and packs that are saved."""

    model = Sku
    form = SkuForm
    formset = SkuFormSet
    extra = 0
    tab = True
    hide_title = True
    can_delete = False
    show_change_link = True
    fields = ("code", "characteristic", "pack", "plu", "withdrawn", "barcodes_shown")
    readonly_fields = ("barcodes_shown",)
    ordering = ("code",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sku]:
        skus: QuerySet[Sku] = super().get_queryset(request)
        return skus.select_related("characteristic", "pack").prefetch_related("barcodes")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in ("characteristic", "pack"):
            match = request.resolver_match
            item = match.kwargs.get("object_id") if match else None
            known = db_field.related_model.objects.order_by("name")
            kwargs["queryset"] = known.filter(item=item) if is_key(item) else known.none()
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        field.choices = list(field.choices)  # Read once for all rows.
        return field

    @display(description=_("barcodes"))
    def barcodes_shown(self, sku: Sku) -> str:
        return ", ".join(barcode.value for barcode in sku.barcodes.all()) if sku.pk else NOTHING


class VatRateForm(forms.Form):
    vat_rate = forms.ModelChoiceField(VatRate.objects.none(), label=_("VAT rate"), widget=UnfoldAdminSelectWidget())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["vat_rate"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = VatRate.objects.order_by("-percent")


@admin.register(Item)
class ItemAdmin(ImportAdmin, ReferenceAdmin):
    import_kind = "items"
    empty_says = _("Add goods one by one, or import them from Excel or CSV with their barcodes.")
    empty_leads_to = "retail.itemgroup"
    resource_classes = [ItemResource]
    list_display = ("name", "article", "group", "unit", "vat_rate", "weighed", "marking_shown", "sku_count", "sale")
    list_select_related = ("group", "unit", "vat_rate")
    list_filter = (
        GroupFilter,
        OnSaleFilter,
        ("vat_rate", RelatedDropdownFilter),
        ("marking", ChoicesDropdownFilter),
        ("weighed", BooleanRadioFilter),
        ("kind", ChoicesDropdownFilter),
    )
    search_fields = ("name",)
    search_help_text = _("Name, article, SKU code or barcode")
    ordering = ("name",)
    actions = ("set_vat_rate", "withdraw", "return_to_sale")
    inlines = (SkuInline, CharacteristicInline, PackInline)
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "name",
                    "full_name",
                    ("group", "article"),
                    ("kind", "marking"),
                    ("unit", "vat_rate"),
                    ("weighed", "withdrawn"),
                )
            },
        ),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any | None = None) -> Any:
        """Whether an item is goods or a service is chosen once: what was sold as goods moves as goods."""
        chosen = ("kind",) if obj is not None else ()
        return (*super().get_readonly_fields(request, obj), *chosen)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Count the SKUs of the rows of this page alone."""
        changelist = super().get_changelist_instance(request)
        page = [item.pk for item in changelist.result_list]
        counts = dict(Sku.objects.filter(item__in=page).values_list("item").annotate(Count("pk")))
        for item in changelist.result_list:
            item.skus_in = counts.get(item.pk, 0)
        return changelist

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Item], search_term: str
    ) -> tuple[QuerySet[Item], bool]:
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=matching_items(search_term).values("pk")), False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "group":
            kwargs["widget"] = UnfoldAdminSelect2Widget()
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def history_of(self, obj: Model) -> EditQuerySet:
        """Tell of the item's SKUs, their barcodes and prices, too."""
        skus = list(Sku.objects.filter(item=obj.pk).values_list("pk", flat=True))
        return Edit.objects.of_page((Item._meta.label_lower, [obj.pk]), (Sku._meta.label_lower, skus))

    @display(description=_("marking"), ordering="marking")
    def marking_shown(self, item: Item) -> str:
        return item.get_marking_display() if item.marking else NOTHING

    @display(description=_("SKUs"))
    def sku_count(self, item: Item) -> int:
        count: int = getattr(item, "skus_in", 0)
        return count

    @display(description=_("sale"), ordering="withdrawn", label={"on": "success", "off": "warning"})
    def sale(self, item: Item) -> tuple[str, Any]:
        return ("off", _("Withdrawn")) if item.withdrawn else ("on", _("On sale"))

    @admin.action(description=_("Set VAT rate…"), permissions=["change"])
    def set_vat_rate(self, request: HttpRequest, queryset: QuerySet[Item]) -> HttpResponse | None:
        form = VatRateForm(request.POST if asking.confirmed(request) else None)
        if not form.is_valid():
            question = _("Which rate do these items have from now on? Registers are told at once.")
            title = _("Set VAT rate")
            return asking.ask(self, request, queryset, action="set_vat_rate", title=title, question=question, form=form)
        rate = form.cleaned_data["vat_rate"]
        asking.do(
            self,
            request,
            queryset,
            verb=lambda ids: items.set_vat_rate(item_ids=ids, vat_rate=rate),
            note=gettext("VAT rate: %(rate)s") % {"rate": rate},
        )
        return None

    @admin.action(description=_("Withdraw…"), permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[Item]) -> HttpResponse | None:
        if not asking.confirmed(request):
            question = _("Registers are told once that these items are no longer sold, with all their SKUs.")
            return asking.ask(self, request, queryset, action="withdraw", title=_("Withdraw"), question=question)
        note = gettext("Withdrawn")
        asking.do(self, request, queryset, verb=lambda ids: items.withdraw(item_ids=ids), note=note)
        return None

    @admin.action(description=_("Return to sale…"), permissions=["change"])
    def return_to_sale(self, request: HttpRequest, queryset: QuerySet[Item]) -> HttpResponse | None:
        if not asking.confirmed(request):
            question = _("These items are sold again, except for SKUs that were withdrawn by themselves.")
            return asking.ask(
                self, request, queryset, action="return_to_sale", title=_("Return to sale"), question=question
            )
        note = gettext("Returned to sale")
        asking.do(self, request, queryset, verb=lambda ids: items.return_to_sale(item_ids=ids), note=note)
        return None
