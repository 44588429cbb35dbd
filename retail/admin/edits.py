"""«История изменений»: all edits in one list, for those who answer for who may do what."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin import ShowFacets, site
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from retail.admin import edit_words
from retail.admin.base import Listing
from retail.admin.edit_words import COLOURS
from retail.admin.exports import ExportAdmin
from retail.admin.filters import is_key
from retail.admin.history import KeepsHistory
from retail.admin.periods import PeriodFilter
from retail.admin.reference_exports import EditResource
from retail.choices import EditSource
from retail.models import Edit, FileImport

IMPORTS_OFFERED = 30
_BY_NOBODY = "nobody-"


class WhoFilter(DropdownFilter):
    """A person, or that which edited where no person did."""

    title = _("who")
    parameter_name = "who"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        people = User.objects.filter(is_staff=True).order_by("last_name", "username")
        named = [(str(user.pk), user.get_full_name() or user.get_username()) for user in people]
        return [*named, *((f"{_BY_NOBODY}{source.value}", source.label) for source in EditSource if source != "page")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Edit]) -> QuerySet[Edit]:
        value = self.value() or ""
        if value.startswith(_BY_NOBODY):
            return queryset.filter(by=None, source=value.removeprefix(_BY_NOBODY).replace("\x00", ""))
        return queryset.filter(by=int(value)) if is_key(value) else queryset


class WhatFilter(DropdownFilter):
    """A kind of page: a barcode's edits are its SKU's."""

    title = _("what")
    parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        kept = {
            model._meta.label_lower: capfirst(str(model._meta.verbose_name_plural))
            for model, model_admin in site._registry.items()
            if isinstance(model_admin, KeepsHistory) and not model_admin.history_parent
        }
        imports = (FileImport._meta.label_lower, capfirst(str(FileImport._meta.verbose_name_plural)))
        return sorted((*kept.items(), imports), key=lambda choice: choice[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Edit]) -> QuerySet[Edit]:
        value = (self.value() or "").replace("\x00", "")
        return queryset.filter(page_model=value) if value else queryset


class ImportFilter(DropdownFilter):
    """The rows of a file. Without one they stay out of the list, where the import has a line of its own."""

    title = _("rows of an import")
    parameter_name = "import"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        runs = FileImport.objects.order_by("-pk")[:IMPORTS_OFFERED]
        return [(str(run.pk), f"{run.file_name} · {_shown(run.at)}") for run in runs]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Edit]) -> QuerySet[Edit]:
        value = self.value() or ""
        return queryset.filter(run=int(value)) if is_key(value) else queryset.filter(run=None)


class EditListing(Listing):
    """Puts the edits of its page into words, all at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        edits = list(self.result_list)
        for edit, told in zip(edits, edit_words.describe(edits), strict=True):
            edit.told = told
        self.result_list: list[Any] = edits


@admin.register(Edit)
class EditAdmin(ExportAdmin, ModelAdmin):
    empty_says = _("Who changed what, and when. The first change of reference data will stand here.")
    resource_classes = [EditResource]
    list_display = ("when", "who", "act_shown", "what", "changes_shown")
    list_display_links = None
    list_select_related = ("run",)
    list_filter = (WhoFilter, WhatFilter, ("act", ChoicesDropdownFilter), ("at", PeriodFilter), ImportFilter)
    list_filter_submit = True
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    search_fields = ("label",)
    search_help_text = _("Name or code, as it was when it was edited")
    ordering = ("-at", "-pk")
    actions = None

    class Media:
        css = {"all": ["retail/history.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return EditListing

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Edit | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Edit | None = None) -> bool:
        return False

    @display(description=_("when"), ordering="at")
    def when(self, edit: Any) -> str:
        return _shown(edit.at)

    @display(description=_("who"))
    def who(self, edit: Any) -> SafeString:
        how = format_html('<br><span class="hs-muted">{}</span>', edit.told.how) if edit.told.how else ""
        return format_html("{}{}", edit.told.who, how)

    @display(description=_("action"), label=COLOURS)
    def act_shown(self, edit: Any) -> tuple[str, str]:
        return edit.told.act, edit.told.verb

    @display(description=_("what"))
    def what(self, edit: Any) -> SafeString:
        return render_to_string("retail/edit_what.html", {"told": edit.told})

    @display(description=_("changes"))
    def changes_shown(self, edit: Any) -> SafeString:
        return render_to_string("retail/edit_list_changes.html", {"told": edit.told})


def _shown(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
