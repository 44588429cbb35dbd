"""Windows on what happened: nobody adds, edits or deletes a fact here, and a long journal costs no full count."""

from datetime import datetime
from functools import cached_property
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.contrib.admin import ShowFacets
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin, TabularInline
from unfold.views import ChangeList

from retail.admin.base import NOTHING, Listing
from retail.admin.exports import ExportAdmin
from retail.models import Shop


class JournalPaginator(Paginator):  # type: ignore[type-arg]  # Generic for the checker only.
    """Count no further than `COUNTED`: beyond that a person narrows the list instead of leafing through it."""

    COUNTED = 10_000
    template_name = "registers/journal_pages.html"

    @cached_property
    def count(self) -> int:
        return int(min(self._counted, self.COUNTED))

    @property
    def more(self) -> bool:
        return self._counted > self.COUNTED

    @cached_property
    def _counted(self) -> int:
        rows = cast(QuerySet[Any], self.object_list)
        return rows.order_by()[: self.COUNTED + 1].count()


class _ReadOnly:
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class FactAdmin(_ReadOnly, ExportAdmin, ModelAdmin):
    """A journal of facts and the page of one. `get_panel` adds what the page shows beside the fact's own fields."""

    actions = None
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = JournalPaginator
    list_filter_submit = True
    actions_detail_hide_default = True  # What nobody edits has no history of edits.
    moment = ""  # The time by which a journal ordered by its key is narrowed.
    panel_template: str | None = None
    body_template: str | None = None

    class Media:
        css = {"all": ["registers/registers.css"]}

    @property
    def change_form_outer_before_template(self) -> str | None:
        return self.panel_template

    @property
    def change_form_outer_after_template(self) -> str | None:
        return self.body_template

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Listing

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Order a past period by its time, so that the database picks its rows and does not leaf back to it by key."""
        ends = (f"{self.moment}_from", f"{self.moment}_to")
        if self.moment and all(request.GET.get(end) for end in ends):
            return (f"-{self.moment}", "-pk")
        return tuple(self.ordering)

    def get_panel(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        return {}

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> Any:
        if kwargs.get("obj") is not None:
            context.update(self.get_panel(request, kwargs["obj"]))
        return super().render_change_form(request, context, **kwargs)


class FactInline(_ReadOnly, TabularInline):
    extra = 0
    can_delete = False
    hide_title = True


def badge(text: object, variant: str = "", *, title: object = "") -> SafeString:
    """Return a coloured label; variants are those of the admin theme: info, success, warning, danger."""
    context = {"text": text, "type": variant, "label_title": title}
    return render_to_string("unfold/helpers/label.html", context)


def link(obj: Model, text: object = None) -> SafeString:
    """Return a link to an object's page in the admin, or its text alone where the admin does not know it."""
    shown = str(obj) if text is None else text
    opts = obj._meta
    try:
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[obj.pk])
    except NoReverseMatch:
        return format_html("{}", shown)
    return format_html('<a href="{}" class="text-link">{}</a>', url, shown)


def list_url(label: str, **filters: str | int) -> str | None:
    """Return the address of a model's list, filtered, or None where the admin does not know it.

    By name, so that a page here may point at what stands above it.
    """
    try:
        url = reverse(f"admin:{label.replace('.', '_').lower()}_changelist")
    except NoReverseMatch:
        return None
    return f"{url}?{urlencode(filters)}" if filters else url


def page_url(label: str, pk: object) -> str | None:
    """Return the address of the page on which a model's object is seen, or None where the admin does not know it."""
    try:
        return reverse(f"admin:{label.replace('.', '_').lower()}_change", args=[pk])
    except NoReverseMatch:
        return None


def shop_time(moment: datetime | None, shop: Shop) -> str:
    """Return a time as the shop's clock shows it, saying so where that clock is not ours."""
    if moment is None:
        return NOTHING
    local = timezone.localtime(moment, ZoneInfo(shop.time_zone))
    shown = date_format(local, "SHORT_DATE_FORMAT") + " " + date_format(local, "H:i:s")
    if local.utcoffset() == timezone.localtime(moment).utcoffset():
        return shown
    hours = local.utcoffset().total_seconds() / 3600  # type: ignore[union-attr]
    return f"{shown} (UTC{hours:+g})"


def here(moment: datetime | None) -> str:
    """Return a time by the server's own clock, to the second."""
    if moment is None:
        return NOTHING
    local = timezone.localtime(moment)
    return date_format(local, "SHORT_DATE_FORMAT") + " " + date_format(local, "H:i:s")
