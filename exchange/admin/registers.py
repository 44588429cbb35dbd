"""Registers with what `registers` does not know of: loads, equipment, the check of both, per-receipt upload."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action

from exchange.admin import check_page, upload_panel
from exchange.admin.register_changes import ChangesManyRegisters
from exchange.admin.uploads import FetchesUploads, UploadFilter, UploadInline
from exchange.models import Equipment, UploadSource
from exchange.services import fleet
from exchange.services.rules import checks
from registers.admin import RegisterAdmin
from registers.models import Register

MOST = 500  # An address holds no more; a shop or a warehouse is chosen whole on the load's own page.


class BehindFilter(DropdownFilter):
    title = _("stock and goods taken")
    parameter_name = "behind"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return [("yes", _("Online and behind"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(fleet.lagging(now=timezone.now())) if self.value() == "yes" else queryset


class LoadableRegisterAdmin(ChangesManyRegisters, FetchesUploads, RegisterAdmin):
    list_filter: Sequence[Any] = (*RegisterAdmin.list_filter, BehindFilter, UploadFilter)  # type: ignore[assignment]
    actions: Sequence[Any] = (*RegisterAdmin.actions, "give_rule", "change_upload", "load_registers")  # type: ignore[assignment]
    actions_detail: Sequence[str] = (  # type: ignore[assignment]
        *RegisterAdmin.actions_detail,
        "check_register",
        "fetch_upload",
        "make_upload_hook",
    )
    inlines = (UploadInline,)
    change_form_outer_before_template = "exchange/register_panel.html"
    search_fields: Sequence[str] = (*RegisterAdmin.search_fields, "equipment__device_id")  # type: ignore[assignment]
    search_help_text = _("Number, name, workplace, device id or serial number")

    class Media:
        css = {"all": ["registers/registers.css", "exchange/exchange.css"]}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> Any:
        """Add the way to the register's equipment to those of its panel, and how its upload goes."""
        response = super().render_change_form(request, context, **kwargs)
        register = kwargs.get("obj")
        if register is not None and request.user.has_perm("exchange.view_equipment"):
            equipment = Equipment.objects.filter(register=register).first()
            url = reverse("admin:exchange_equipment_change", args=[equipment.pk]) if equipment else _new(register)
            if equipment or request.user.has_perm("exchange.add_equipment"):
                title = equipment.name if equipment else _("Connect equipment")
                context["panel"]["links"].append({"title": title, "icon": "phonelink_setup", "url": url})
        if register is not None and request.user.has_perm("exchange.view_uploadsource"):
            source = UploadSource.objects.filter(register=register).first()
            context["upload"] = source and upload_panel.of(request, source, now=timezone.now())
        return response

    @action(description=_("Check"), url_path="check", permissions=["check"], icon="fact_check")
    def check_register(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what would keep the register from working."""
        register = self.get_object(request, object_id)
        if register is None or not self.has_view_permission(request, register):
            raise Http404
        findings = checks.missing_of_register(register=register, now=timezone.now())
        return check_page.render(request, self, register, findings=findings)

    def has_check_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("registers.view_register")

    def has_load_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("exchange.add_registerload")

    @admin.action(description=_("Load…"), permissions=["load"])
    def load_registers(self, request: HttpRequest, queryset: QuerySet[Register]) -> HttpResponse | None:
        """Go to a new load of the chosen registers."""
        chosen = list(queryset.order_by("number").values_list("pk", flat=True)[: MOST + 1])
        if len(chosen) > MOST:
            said = _("At most %(most)d registers at once: choose their shops or warehouses on the load's page.")
            self.message_user(request, said % {"most": MOST}, messages.ERROR)
            return None
        asked = urlencode({"registers": ",".join(map(str, chosen))})
        return HttpResponseRedirect(f"{reverse('admin:exchange_registerload_add')}?{asked}")


def _new(register: Register) -> str:
    """Return the address of new equipment for a register, as far as it says what the equipment is."""
    asked = urlencode([("register", register.pk), ("organization", register.organization_id), ("name", register.name)])
    return f"{reverse('admin:exchange_equipment_add')}?{asked}"


admin.site.unregister(Register)
admin.site.register(Register, LoadableRegisterAdmin)
