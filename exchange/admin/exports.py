"""Loads of registers as a file."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from exchange.models import RegisterLoad
from retail.admin.exports import ListResource


class RegisterLoadResource(ListResource):
    number = Field(attribute="number", column_name=_("number"))
    date = Field(attribute="date", column_name=_("date"))
    kind = Field(attribute="get_kind_display", column_name=_("what to load"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    organization = Field(attribute="organization", column_name=_("organization"))
    comment = Field(attribute="comment", column_name=_("comment"))
    posted_at = Field(attribute="posted_at", column_name=_("posted at"))
    posted_by = Field(attribute="posted_by", column_name=_("posted by"))

    def rows(self, queryset: QuerySet[RegisterLoad]) -> QuerySet[Any]:
        return queryset.select_related("organization", "posted_by")
