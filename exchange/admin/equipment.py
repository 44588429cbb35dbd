"""«Подключаемое оборудование»: how a device speaks, which register it is, and its payment kinds."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from exchange.admin import check_page, equipment_panel
from exchange.admin.artix_server import ArtixServerInline
from exchange.admin.file_requests import AsksForReports
from exchange.admin.rule_exports import EquipmentResource
from exchange.choices import FileDialect, TaxationSystem
from exchange.models import Equipment, EquipmentTill, PaymentOption
from exchange.services import payment_options
from exchange.services.rules import checks
from registers.models import Register
from registers.services import revocations
from retail.admin.base import NOTHING, Listing
from retail.admin.exports import ExportAdmin
from retail.admin.history import KeepsHistory
from retail.admin.selects import KeySelects

OF_THE_REGISTER = ("workplace", "discounts", "payment_cards")


class PaymentOptionInline(TabularInline):
    model = PaymentOption
    extra = 0
    hide_title = True
    fields = ("code", "name", "type", "kind")
    ordering = ("code",)
    verbose_name_plural = _("Payment kinds")


class EquipmentTillInline(TabularInline):
    model = EquipmentTill
    extra = 0
    hide_title = True
    fields = ("code", "register")
    autocomplete_fields = ("register",)
    ordering = ("code",)
    verbose_name_plural = _("Registers of a cash server, by their numbers in its files")


class EquipmentForm(forms.ModelForm):  # type: ignore[type-arg]  # Generic for the checker only.
    """With equipment a person sets what its register may do, which the register keeps.

    Whoever may not change registers (`may_set_register`) sees here what they are allowed, and no more.
    """

    may_set_register = True

    taxation_systems = forms.TypedMultipleChoiceField(
        label=capfirst(_("taxation systems")),
        choices=TaxationSystem.choices,
        coerce=int,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=_("Those that the device may print on a receipt."),
    )
    workplace = forms.CharField(
        label=capfirst(_("workplace")), max_length=100, required=False, widget=UnfoldAdminTextInputWidget()
    )
    discounts = forms.BooleanField(
        label=capfirst(_("discounts allowed")), required=False, initial=True, widget=UnfoldBooleanSwitchWidget()
    )
    payment_cards = forms.BooleanField(
        label=capfirst(_("payment cards allowed")), required=False, initial=True, widget=UnfoldBooleanSwitchWidget()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        register = self.instance.register
        for name in set(OF_THE_REGISTER) & set(self.fields):
            self.fields[name].disabled = not self.may_set_register
            if register is not None:
                self.fields[name].initial = getattr(register, name)

    def of_the_register(self) -> dict[str, Any]:
        """Return what the person has changed of the register."""
        return {name: self.cleaned_data[name] for name in OF_THE_REGISTER if name in self.changed_data}


@admin.register(Equipment)
class EquipmentAdmin(AsksForReports, KeySelects, ExportAdmin, KeepsHistory):
    empty_says = _(
        "Equipment says how a device speaks and which register it is. A register that speaks over HTTP itself "
        "needs none, unless a rule is to choose its goods."
    )
    empty_leads_to = "registers.register"
    resource_classes = [EquipmentResource]
    form = EquipmentForm
    list_display = ("name", "register", "rule", "exchange_kind_shown", "format_shown", "device_id", "organization")
    list_select_related = ("register", "rule", "organization")
    list_filter = (
        ("exchange_kind", ChoicesDropdownFilter),
        ("format_version", ChoicesDropdownFilter),
        ("rule", RelatedDropdownFilter),
        ("organization", RelatedDropdownFilter),
    )
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "device_id", "=register__number", "register__name", "register__workplace")
    search_help_text = _("Name, device id, number, name or workplace of the register")
    ordering = ("name",)
    actions = None
    actions_detail = ("check_equipment", "ask_for_report")
    autocomplete_fields = ("register",)
    inlines = (PaymentOptionInline, EquipmentTillInline, ArtixServerInline)
    warn_unsaved_form = True
    change_form_outer_before_template = "exchange/equipment_panel.html"
    readonly_fields = ("kind_shown",)
    conditional_fields = {
        "folder": "exchange_kind == 'folder'",
        "dialect": "exchange_kind == 'folder'",
        "encoding": "exchange_kind == 'folder' && (dialect == 'shtrih' || dialect == 'frontol')",
        "format_version": "exchange_kind != 'http'",
        "device_id": "exchange_kind != 'http'",
    }
    fieldsets = (
        (None, {"fields": (("name", "kind_shown"), ("organization", "rule"))}),
        (
            _("How it speaks"),
            {"fields": (("exchange_kind", "format_version"), "device_id", ("folder", "dialect"), "encoding")},
        ),
        (
            _("Register"),
            {"fields": ("register", "workplace", ("discounts", "payment_cards"))},
        ),
        (_("What it prints"), {"fields": ("taxation_systems", ("sale_location", "sender_email"))}),
    )

    class Media:
        css = {"all": ["registers/registers.css", "exchange/exchange.css"]}

    def get_empty_value_display(self) -> Any:
        return NOTHING

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        return Listing

    @display(description=_("type and kind"))
    def kind_shown(self, equipment: Equipment) -> str:
        return equipment.get_kind_display()

    @display(description=_("exchange"), ordering="exchange_kind")
    def exchange_kind_shown(self, equipment: Equipment) -> str:
        return equipment.get_exchange_kind_display()

    @display(description=_("format version"), ordering="format_version")
    def format_shown(self, equipment: Equipment) -> str:
        return equipment.get_format_version_display() if equipment.device_id else ""

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if kwargs.get("obj") is not None:
            context["panel"] = equipment_panel.of(request, kwargs["obj"])
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def get_inlines(self, request: HttpRequest, obj: Equipment | None) -> Any:
        """Only Artix is told goods over HTTP by us."""
        is_artix = obj is not None and obj.dialect == FileDialect.ARTIX
        return [one for one in self.inlines if is_artix or one is not ArtixServerInline]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.may_set_register = request.user.has_perm("registers.change_register")
        return form

    # What the register keeps, for whoever may only look.

    @display(description=_("workplace"))
    def workplace(self, equipment: Equipment) -> str:
        return equipment.register.workplace if equipment.register else ""

    @display(description=_("discounts allowed"), boolean=True)
    def discounts(self, equipment: Equipment) -> bool | None:
        return equipment.register.discounts if equipment.register else None

    @display(description=_("payment cards allowed"), boolean=True)
    def payment_cards(self, equipment: Equipment) -> bool | None:
        return equipment.register.payment_cards if equipment.register else None

    def save_model(self, request: HttpRequest, obj: Equipment, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        asked = form.of_the_register()
        if obj.register is not None and asked:
            register = Register.objects.select_for_update(of=("self",)).get(pk=obj.register.pk)
            for name, value in asked.items():
                setattr(register, name, value)
            register.save(update_fields=list(asked))
            transaction.on_commit(lambda: revocations.announce([register.pk]))

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """New equipment without payment kinds begins with the usual ones."""
        super().save_related(request, form, formsets, change)
        equipment = form.instance
        if not change and not equipment.payment_options.exists():
            payment_options.add_usual(equipment=equipment)
            messages.info(request, _now("The usual payment kinds are added: look whether the device has them all."))

    @action(
        description=_("Check"),
        url_path="check",
        permissions=["check"],
        icon="fact_check",
        variant=ActionVariant.PRIMARY,
    )
    def check_equipment(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what would keep the device from working."""
        found = Equipment.objects.select_related(
            "rule__warehouse__retail_price_type", "organization", "register__shop", "register__organization"
        )
        equipment = found.filter(pk=object_id).first() if object_id.isdecimal() else None
        if equipment is None or not self.has_view_permission(request, equipment):
            raise Http404
        findings = checks.missing(equipment=equipment, now=timezone.now())
        return check_page.render(request, self, equipment, findings=findings)

    def has_check_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("exchange.view_equipment")
