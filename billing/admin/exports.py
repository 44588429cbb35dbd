"""Lists of discount cards as files. Who may not see personal data gets numbers masked and no owners."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from billing.models import CardKind
from retail.admin.exports import ListResource


class CardKindResource(ListResource):
    code = Field(attribute="code", column_name=_("code"))
    name = Field(attribute="name", column_name=_("name"))
    bonus_rule = Field(attribute="bonus_rule", column_name=_("bonus life rule"))
    turnover_delay = Field(attribute="turnover_delay", column_name=_("delay of the accumulated sum, days"))
    turnover_life = Field(attribute="turnover_life", column_name=_("lifetime of the accumulated sum, days"))
    receipts_delay = Field(attribute="receipts_delay", column_name=_("delay of the number of receipts, days"))
    receipts_life = Field(attribute="receipts_life", column_name=_("lifetime of the number of receipts, days"))
    thresholds = Field(column_name=_("discount thresholds"))

    def rows(self, queryset: QuerySet[CardKind]) -> QuerySet[Any]:
        return queryset.select_related("bonus_rule").prefetch_related("thresholds")

    def dehydrate_thresholds(self, kind: CardKind) -> str:
        return "; ".join(str(threshold) for threshold in sorted(kind.thresholds.all(), key=lambda one: one.percent))


class BonusLifeRuleResource(ListResource):
    name = Field(attribute="name", column_name=_("name"))
    starts = Field(attribute="get_starts_display", column_name=_("begin"))
    starts_after_days = Field(attribute="starts_after_days", column_name=_("after so many days"))
    starts_on = Field(attribute="starts_on", column_name=_("on a date"))
    lives = Field(attribute="get_lives_display", column_name=_("live"))
    lives_for = Field(attribute="lives_for", column_name=_("so many days or months"))
    lives_until = Field(attribute="lives_until", column_name=_("until a date"))
    rounding = Field(attribute="get_rounding_display", column_name=_("rounding"))


class PromotionResource(ListResource):
    code = Field(attribute="code", column_name=_("code"))
    name = Field(attribute="name", column_name=_("name"))
