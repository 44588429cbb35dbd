"""Short lists of reference, and the history of edits, as files."""

import json
from typing import Any

from django.apps import apps
from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from retail.admin.exports import ListResource
from retail.models import Edit, ItemGroup
from retail.services import groups


class ItemGroupResource(ListResource):
    name = Field(attribute="name", column_name=_("name"))
    path = Field(column_name=_("group"))
    items = Field(attribute="items_in", column_name=_("items"))

    def prepare(self) -> None:
        self._paths = groups.paths()

    def dehydrate_path(self, group: ItemGroup) -> str:
        return self._paths.get(group.pk, "")


class UnitResource(ListResource):
    code = Field(attribute="code", column_name=_("OKEI code"))
    name = Field(attribute="name", column_name=_("name"))
    short_name = Field(attribute="short_name", column_name=_("short name"))


class VatRateResource(ListResource):
    name = Field(attribute="name", column_name=_("name"))
    code = Field(attribute="code", column_name=_("code"))
    percent = Field(attribute="percent", column_name=_("percent"))
    valid_from = Field(attribute="valid_from", column_name=_("valid from"))
    valid_to = Field(attribute="valid_to", column_name=_("valid to"))


class PriceTypeResource(ListResource):
    name = Field(attribute="name", column_name=_("name"))


class EditResource(ListResource):
    """A row for each edit; what changed as the database wrote it down: `{"column": [old, new]}`."""

    at = Field(attribute="at", column_name=_("when"))
    by_name = Field(attribute="by_name", column_name=_("who"))
    source = Field(attribute="get_source_display", column_name=_("from where"))
    origin = Field(attribute="origin", column_name=_("program"))
    act = Field(attribute="get_act_display", column_name=_("action"))
    what = Field(column_name=_("what"))
    label = Field(attribute="label", column_name=_("name"))
    changes = Field(column_name=_("changes"))
    note = Field(attribute="note", column_name=_("note"))

    def rows(self, queryset: QuerySet[Edit]) -> QuerySet[Any]:
        return queryset.select_related(None)

    def dehydrate_what(self, edit: Edit) -> str:
        try:
            return capfirst(str(apps.get_model(edit.model)._meta.verbose_name))
        except (LookupError, ValueError):
            return edit.model

    def dehydrate_changes(self, edit: Edit) -> str:
        return json.dumps(edit.changes, ensure_ascii=False, default=str) if edit.changes else ""
