"""Exchange rules and equipment as files."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from exchange.choices import RuleMarking
from exchange.models import Equipment, ExchangeRule
from retail.admin.exports import ListResource


class ExchangeRuleResource(ListResource):
    name = Field(attribute="name", column_name=_("name"))
    warehouse = Field(attribute="warehouse", column_name=_("warehouse"))
    price_type = Field(attribute="warehouse__retail_price_type", column_name=_("price type"))
    priced_only = Field(attribute="priced_only", column_name=_("only with a price above zero"))
    in_stock_only = Field(attribute="in_stock_only", column_name=_("only in stock"))
    markings = Field(column_name=_("kinds of marking"))
    with_groups = Field(attribute="with_groups", column_name=_("upload groups"))
    balances = Field(attribute="balances", column_name=_("tell what is left"))
    package_size = Field(attribute="package_size", column_name=_("goods in a package"))

    def dehydrate_markings(self, rule: ExchangeRule) -> str:
        return ", ".join(str(RuleMarking(kind).label) for kind in rule.markings)

    def rows(self, queryset: QuerySet[ExchangeRule]) -> QuerySet[Any]:
        return queryset.select_related("warehouse__retail_price_type")


class EquipmentResource(ListResource):
    name = Field(attribute="name", column_name=_("name"))
    organization = Field(attribute="organization", column_name=_("organization"))
    register = Field(attribute="register", column_name=_("register"))
    shop = Field(attribute="register__shop", column_name=_("shop"))
    workplace = Field(attribute="register__workplace", column_name=_("workplace"))
    rule = Field(attribute="rule", column_name=_("exchange rule"))
    exchange_kind = Field(attribute="get_exchange_kind_display", column_name=_("exchange"))
    format_version = Field(attribute="get_format_version_display", column_name=_("format version"))
    device_id = Field(attribute="device_id", column_name=_("device id"))
    folder = Field(attribute="folder", column_name=_("folder of files"))
    discounts = Field(attribute="register__discounts", column_name=_("discounts allowed"))
    payment_cards = Field(attribute="register__payment_cards", column_name=_("payment cards allowed"))

    def rows(self, queryset: QuerySet[Equipment]) -> QuerySet[Any]:
        return queryset.select_related("organization", "register__shop", "rule")
