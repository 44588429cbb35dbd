"""«Загрузка ККМ»: drafts are filled in, posted ones show how far each register has come."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from exchange.admin import load_progress
from exchange.admin.exports import RegisterLoadResource
from exchange.admin.load_form import RegisterLoadForm, keys
from exchange.choices import LoadKind
from exchange.models import RegisterLoad
from exchange.models.loads import RegisterLoadQuerySet
from exchange.services import loads
from registers.admin.facts import badge, here
from retail.admin.base import NOTHING, Listing, user_of
from retail.admin.exports import ExportAdmin
from retail.admin.initial import PlainInitial
from retail.admin.periods import PeriodFilter
from retail.admin.refusals import SaysRefusals
from retail.choices import DocumentState
from retail.exceptions import DomainError
from retail.models import Organization

STATE_COLOURS: dict[str, str] = {DocumentState.DRAFT: "info", DocumentState.POSTED: "success"}
LISTED = 500


@admin.register(RegisterLoad)
class RegisterLoadAdmin(SaysRefusals, ExportAdmin, PlainInitial):
    empty_says = _(
        "A load orders registers to come and take everything anew. They take changes by themselves: a load is for "
        "a new or a lost base."
    )
    empty_leads_to = "registers.register"
    resource_classes = [RegisterLoadResource]
    form = RegisterLoadForm
    list_display = ("number_shown", "date", "kind_shown", "state_shown", "progress_shown", "comment", "posted_by_shown")
    list_display_links = ("number_shown",)
    list_select_related = ("posted_by",)
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("date", PeriodFilter),
        ("lines__register", AutocompleteSelectFilter),
        ("organization", RelatedDropdownFilter),
    )
    list_filter_submit = True
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    search_fields = ("number", "comment", "=lines__register__number")
    search_help_text = _("A number, a comment, or the number of a register")
    ordering = ("-date", "-pk")
    actions = None
    actions_detail = ("post_load",)
    warn_unsaved_form = True
    change_form_outer_before_template = "exchange/load_panel.html"

    class Media:
        css = {"all": ["registers/registers.css", "exchange/exchange.css"]}

    @display(description=_("number"), ordering="number")
    def number_shown(self, load: RegisterLoad) -> str:
        return f"№ {load.number}"

    @display(description=_("what to load"), ordering="kind")
    def kind_shown(self, load: RegisterLoad) -> str:
        return load.get_kind_display()

    @display(description=_("state"), ordering="state")
    def state_shown(self, load: RegisterLoad) -> str:
        return _state(load)

    @display(description=_("registers: acknowledged of all"))
    def progress_shown(self, load: Any) -> SafeString | str:
        if load.is_draft:
            return str(load.registers)
        return load_progress.bar(load.acknowledged, load.registers)

    @display(description=_("posted by"), ordering="posted_by")
    def posted_by_shown(self, load: RegisterLoad) -> str:
        return _person(load) or NOTHING

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        return Listing

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegisterLoad]:
        found: RegisterLoadQuerySet = super().get_queryset(request)
        return found.with_counts()

    def get_fieldsets(self, request: HttpRequest, obj: RegisterLoad | None = None) -> Any:
        fields: tuple[Any, ...] = ("date", ("organization", "kind"), "comment")
        if obj and not self.has_change_permission(request, obj):
            return ((None, {"fields": fields}),)
        return (
            (None, {"fields": fields}),
            (_("What to load where"), {"fields": ("registers", ("shops", "warehouses"))}),
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begin with the registers that the list of registers sent here."""
        initial = super().get_changeform_initial_data(request)
        asked = keys(str(initial.pop("registers", "")).split(","))
        organization = Organization.objects.order_by("pk").first()
        return {"date": timezone.now(), "organization": organization, "registers": asked, **initial}

    # A posted load is read, whatever one may do to drafts.

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (not isinstance(obj, RegisterLoad) or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (not isinstance(obj, RegisterLoad) or obj.is_draft)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if load := kwargs.get("obj"):
            context |= {"state": _state(load), "posted": _deed(load), "progress": self._progress(load)}
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def save_model(self, request: HttpRequest, obj: RegisterLoad, form: Any, change: bool) -> None:
        loads.save_draft(load=obj, registers=form.chosen())

    def delete_model(self, request: HttpRequest, obj: RegisterLoad) -> None:
        loads.discard(load=obj)

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        """Offer to post drafts alone."""
        load = self.get_object(request, object_id)
        return super().get_actions_detail(request, object_id) if load and load.is_draft else []

    def has_post_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("exchange.change_registerload")

    @action(
        description=_("Post"),
        url_path="post",
        permissions=["post"],
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
    )
    def post_load(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show which registers will load what; on the second asking tell them."""
        load = self._found(request, object_id)
        if request.method != "POST":
            return TemplateResponse(request, "exchange/confirm_load.html", self._asking(request, load))
        try:
            loads.post(load=load, by=user_of(request), now=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        else:
            said = gettext("Register load %(load)s is posted.") % {"load": load}
            self.log_change(request, load, said)
            messages.success(request, said)
        return HttpResponseRedirect(_page(load))

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Render the progress of a posted load alone: the page asks for it every few seconds."""
        load = self._found(request, object_id)
        if not self.has_view_permission(request, load):
            raise PermissionDenied
        if load.is_draft:
            raise Http404
        response = TemplateResponse(request, "exchange/load_progress.html", {"progress": self._progress(load)})
        response["Cache-Control"] = "no-store"
        return response

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.progress_view)
        progress = path("<path:object_id>/progress/", view, name="exchange_registerload_progress")
        return [progress, *super().get_urls()]

    def _found(self, request: HttpRequest, object_id: str) -> RegisterLoad:
        load: RegisterLoad | None = self.get_object(request, object_id)
        if load is None:
            raise Http404
        return load

    def _progress(self, load: RegisterLoad) -> load_progress.Progress | None:
        if load.is_draft:
            return None
        return load_progress.of(load, url=reverse("admin:exchange_registerload_progress", args=[load.pk]))

    def _asking(self, request: HttpRequest, load: RegisterLoad) -> dict[str, Any]:
        lines = list(load.lines.select_related("register__warehouse").order_by("register__number")[: LISTED + 1])
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "original": load,
            "title": _("Post register load %(load)s?") % {"load": load},
            "is_full": load.kind == LoadKind.FULL,
            "registers": [line.register for line in lines[:LISTED]],
            "cut": len(lines) > LISTED,
            "back_url": _page(load),
        }


def _state(load: RegisterLoad) -> str:
    return badge(load.get_state_display(), STATE_COLOURS[load.state])


def _person(load: RegisterLoad) -> str:
    by = load.posted_by
    return (by.get_full_name() or by.get_username()) if by else ""


def _deed(load: RegisterLoad) -> str:
    return " · ".join(filter(None, (here(load.posted_at), _person(load)))) if load.posted_at else ""


def _page(load: RegisterLoad) -> str:
    return reverse("admin:exchange_registerload_change", args=[load.pk])
