"""Registers: what each is set to, whether it is heard, and who lets it in."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from registers.admin import bulk, exports, joining
from registers.admin.facts import badge, here, list_url
from registers.admin.filters import Presence, PresenceFilter, ProgramFilter
from registers.choices import TransactionState
from registers.models import KkmTransaction, Register, RegisterStatus, RegisterToken
from registers.services import revocations
from retail.admin.base import NOTHING, Listing
from retail.admin.exports import ExportAdmin

PRESENCE_COLOURS = {
    Presence.ONLINE: "success",
    Presence.UNPAIRED: "info",
    Presence.SILENT: "warning",
    Presence.INACTIVE: "",
}
DESK_COUNTED = 1000


@admin.register(Register)
class RegisterAdmin(ExportAdmin, joining.JoiningAdmin):
    empty_says = _("Add a register, then pair it by the code on its page. It needs a shop and a warehouse.")
    empty_leads_to = "retail.shop"
    resource_classes = [exports.RegisterResource]
    list_display = (
        "number",
        "name",
        "place",
        "warehouse",
        "stock_control_shown",
        "last_seen",
        "presence",
    )
    list_display_links = ("number", "name")
    list_filter = (
        PresenceFilter,
        ("stock_control", ChoicesDropdownFilter),
        ("shop", RelatedDropdownFilter),
        ("organization", RelatedDropdownFilter),
        ("warehouse", RelatedDropdownFilter),
        ProgramFilter,
    )
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("=number", "name", "workplace", "status__serial")
    search_help_text = _("Number, name, workplace or serial number")
    ordering = ("number",)
    actions = (bulk.change_stock_control, bulk.deactivate)
    actions_detail = ("pair_device", "revoke_access")
    change_form_outer_before_template = "registers/register_panel.html"
    fieldsets = (
        (None, {"fields": (("number", "name"), "active")}),
        (_("Where it works"), {"fields": (("organization", "shop"), ("warehouse", "workplace"))}),
        (_("How it sells"), {"fields": (("stock_control", "reservation_minutes"), ("discounts", "payment_cards"))}),
    )

    class Media:
        css = {"all": ["registers/registers.css"]}

    @display(description=_("stock control"), ordering="stock_control")
    def stock_control_shown(self, register: Register) -> str:
        return register.get_stock_control_display()

    @display(description=_("shop"), ordering="shop")
    def place(self, register: Register) -> SafeString:
        return _two_lines(register.shop, register.organization)

    @display(description=_("last seen"), ordering="status__last_seen", empty_value=NOTHING)
    def last_seen(self, register: Register) -> SafeString | None:
        """Say how long ago it was heard, and by what program."""
        status = _status(register)
        if status is None or status.last_seen is None:
            return None
        seen = gettext("%(time)s ago") % {"time": timesince(status.last_seen, depth=1)}
        if timezone.now() - status.last_seen < timedelta(minutes=1):
            seen = gettext("just now")
        return _two_lines(seen, f"{status.software} {status.version}".strip())

    @display(description=_("state"))
    def presence(self, register: Register) -> str:
        presence = Presence.of(register)
        return badge(presence.label, PRESENCE_COLOURS[presence])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Register]:
        registers: QuerySet[Register] = super().get_queryset(request)
        return registers.select_related("shop", "organization", "warehouse", "status")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Listing

    def has_delete_permission(self, request: HttpRequest, obj: Register | None = None) -> bool:
        """Let nobody delete a register that has told anything; such a one is made inactive."""
        if not isinstance(obj, Register) or not super().has_delete_permission(request, obj):
            return False
        return not KkmTransaction.objects.filter(register=obj).exists()

    def save_model(self, request: HttpRequest, obj: Register, form: "ModelForm[Register]", change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            transaction.on_commit(lambda: revocations.announce([obj.pk]))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> Any:
        if kwargs.get("obj") is not None:
            context["panel"] = _panel(kwargs["obj"])
        return super().render_change_form(request, context, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        state = path(
            "<path:object_id>/pair-device/<int:code_id>/",
            self.admin_site.admin_view(self.pairing_state),
            name="registers_register_pairing_state",
        )
        return [state, *super().get_urls()]


def _two_lines(first: object, second: object) -> SafeString:
    return format_html('{}<br><span class="rg-muted">{}</span>', first, second)


def _status(register: Register) -> RegisterStatus | None:
    return getattr(register, "status", None)


def _panel(register: Register) -> dict[str, Any]:
    """Gather what the page shows above the form: presence, device, sign-in, feeds, and where to look further."""
    status = _status(register)
    presence = Presence.of(register)
    on_desk = KkmTransaction.objects.filter(register=register, state=TransactionState.ERROR_DESK)
    return {
        "presence": badge(presence.label, PRESENCE_COLOURS[presence]),
        "status": status,
        "last_seen": here(status.last_seen) if status else NOTHING,
        "signs_in": _sign_in(register),
        "on_desk": on_desk[:DESK_COUNTED].count(),
        "desk_url": list_url(
            "registers.kkmtransaction",
            register__id__exact=register.pk,
            state__exact=TransactionState.ERROR_DESK,
        ),
        "links": _links(register),
    }


def _sign_in(register: Register) -> dict[str, Any]:
    """Say whether the register can sign in: the token in use, the one waiting, or who took the last one away."""
    tokens = RegisterToken.objects.filter(register=register)
    live = list(tokens.live().order_by("pk"))
    in_use = next((token for token in live if token.first_used_at), None)
    pending = next((token for token in live if not token.first_used_at), None)
    revoked = None
    if not live:
        revoked = tokens.select_related("revoked_by").order_by("-revoked_at").first()
    return {
        "since": here(in_use.first_used_at) if in_use else None,
        "pending": here(pending.created_at) if pending else None,
        "revoked": here(revoked.revoked_at) if revoked else None,
        "revoked_by": revoked.revoked_by if revoked else None,
    }


def _links(register: Register) -> list[dict[str, Any]]:
    shown = [
        (_("Shifts"), "schedule", list_url("registers.shift", register__id__exact=register.pk)),
        (_("Receipts"), "receipt_long", list_url("registers.receipt", register__id__exact=register.pk)),
        (_("Transactions"), "list_alt", list_url("registers.kkmtransaction", register__id__exact=register.pk)),
        (
            _("Conflicts"),
            "difference",
            list_url("registers.transactionconflict", transaction__register__id__exact=register.pk),
        ),
        (_("Loads"), "download", list_url("exchange.registerload", lines__register__id__exact=register.pk)),
    ]
    return [{"title": title, "icon": icon, "url": url} for title, icon, url in shown if url]
