"""Loads of registers, the exchange log, alerts and messages as files."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from exchange.models import Alert, AlertRule, ExchangeSession, OutgoingMessage, RegisterLoad, TransactionFile
from exchange.services.alerts import words
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


class AlertRuleResource(ListResource):
    name = Field(attribute="name", column_name=_("name"))
    kind = Field(attribute="get_kind_display", column_name=_("what is watched"))
    threshold = Field(attribute="threshold", column_name=_("threshold"))
    shop = Field(attribute="shop", column_name=_("shop"))
    register = Field(attribute="register", column_name=_("register"))
    endpoint = Field(attribute="endpoint", column_name=_("webhook endpoint"))
    active = Field(attribute="active", column_name=_("active"))

    def rows(self, queryset: QuerySet[AlertRule]) -> QuerySet[Any]:
        return queryset.select_related("shop", "register", "endpoint")


class AlertResource(ListResource):
    rule = Field(attribute="rule", column_name=_("rule"))
    said = Field(column_name=_("what is wrong"))
    opened_at = Field(attribute="opened_at", column_name=_("began at"))
    closed_at = Field(attribute="closed_at", column_name=_("over at"))
    acknowledged_at = Field(attribute="acknowledged_at", column_name=_("acknowledged at"))
    acknowledged_by = Field(attribute="acknowledged_by", column_name=_("acknowledged by"))

    def dehydrate_said(self, alert: Alert) -> str:
        return words.told(alert)

    def rows(self, queryset: QuerySet[Alert]) -> QuerySet[Any]:
        return queryset.select_related("rule", "acknowledged_by")


class OutgoingMessageResource(ListResource):
    made_at = Field(attribute="made_at", column_name=_("made at"))
    endpoint = Field(attribute="endpoint", column_name=_("endpoint"))
    email = Field(attribute="email", column_name=_("e-mail"))
    event = Field(attribute="get_event_display", column_name=_("event"))
    uid = Field(attribute="uid", column_name=_("message id"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    attempts = Field(attribute="attempts", column_name=_("attempts"))
    status = Field(attribute="status", column_name=_("answer"))
    error = Field(attribute="error", column_name=_("error"))
    delivered_at = Field(attribute="delivered_at", column_name=_("delivered at"))

    def rows(self, queryset: QuerySet[OutgoingMessage]) -> QuerySet[Any]:
        return queryset.select_related("endpoint").defer("body", "tries")
