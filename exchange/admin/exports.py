"""Loads of registers and the exchange log as files."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from exchange.models import ExchangeSession, RegisterLoad, TransactionFile
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


class ExchangeSessionResource(ListResource):
    began_at = Field(attribute="began_at", column_name=_("began at"))
    equipment = Field(attribute="equipment", column_name=_("equipment"))
    device_id = Field(attribute="device_id", column_name=_("device id"))
    operation = Field(attribute="operation", column_name=_("operation"))
    result = Field(attribute="get_result_display", column_name=_("result"))
    summary = Field(attribute="summary", column_name=_("what went"))
    error = Field(attribute="error", column_name=_("error"))
    milliseconds = Field(attribute="milliseconds", column_name=_("milliseconds"))
    bytes_in = Field(attribute="bytes_in", column_name=_("bytes received"))
    bytes_out = Field(attribute="bytes_out", column_name=_("bytes sent"))
    address = Field(attribute="address", column_name=_("address"))
    user = Field(attribute="user", column_name=_("user"))

    def rows(self, queryset: QuerySet[ExchangeSession]) -> QuerySet[Any]:
        return queryset.select_related("equipment", "user")


class TransactionFileResource(ListResource):
    name = Field(attribute="name", column_name=_("file"))
    came_at = Field(attribute="came_at", column_name=_("came at"))
    register = Field(attribute="register", column_name=_("register"))
    dialect = Field(attribute="get_dialect_display", column_name=_("dialect"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    lines = Field(attribute="lines", column_name=_("lines"))
    accepted = Field(attribute="accepted", column_name=_("accepted"))
    duplicate = Field(attribute="duplicate", column_name=_("known already"))
    conflict = Field(attribute="conflict", column_name=_("told otherwise before"))
    error_desk = Field(attribute="error_desk", column_name=_("on the error desk"))
    quarantined = Field(attribute="quarantined", column_name=_("lines in quarantine"))
    sha256 = Field(attribute="sha256", column_name=_("SHA-256"))

    def rows(self, queryset: QuerySet[TransactionFile]) -> QuerySet[Any]:
        return queryset.select_related("register")
