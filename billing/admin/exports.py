"""Lists of discount cards as files. Who may not see personal data gets numbers masked and no owners."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from import_export.fields import Field

from billing.admin import shown
from billing.models import (
    BillingOperation,
    CardKind,
    CorrectionDocument,
    DiscountCard,
    NightRun,
    PromotionAssignment,
    WaitingRecord,
)
from registers.services import problems
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


class AssignmentResource(ListResource):
    number = Field(attribute="number", column_name=_("number"))
    date = Field(attribute="date", column_name=_("date"))
    organization = Field(attribute="organization", column_name=_("organization"))
    promotion_code = Field(attribute="promotion__code", column_name=_("promotion's code"))
    promotion = Field(attribute="promotion", column_name=_("promotion"))
    bonus_rule = Field(attribute="bonus_rule", column_name=_("bonus life rule"))
    begins = Field(attribute="begins", column_name=_("first day"))
    ends = Field(attribute="ends", column_name=_("last day"))
    shops = Field(column_name=_("shops"))
    kinds = Field(column_name=_("kinds of cards"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    posted_at = Field(attribute="posted_at", column_name=_("posted at"))
    posted_by = Field(attribute="posted_by", column_name=_("posted by"))
    reversed_at = Field(attribute="reversed_at", column_name=_("reversed at"))
    reversed_by = Field(attribute="reversed_by", column_name=_("reversed by"))
    comment = Field(attribute="comment", column_name=_("comment"))

    def rows(self, queryset: QuerySet[PromotionAssignment]) -> QuerySet[Any]:
        related = ("organization", "promotion", "bonus_rule", "posted_by", "reversed_by")
        return queryset.select_related(*related).prefetch_related("shops", "kinds")

    def dehydrate_shops(self, one: PromotionAssignment) -> str:
        return ", ".join(str(shop) for shop in one.shops.all())

    def dehydrate_kinds(self, one: PromotionAssignment) -> str:
        return ", ".join(str(kind) for kind in one.kinds.all())


class NightRunResource(ListResource):
    date = Field(attribute="date", column_name=_("business date"))
    kind = Field(attribute="get_kind_display", column_name=_("kind"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    document = Field(attribute="document__number", column_name=_("document"))
    failed = Field(attribute="failed", column_name=_("cards that could not be"))
    started_at = Field(attribute="started_at", column_name=_("started at"))
    finished_at = Field(attribute="finished_at", column_name=_("finished at"))
    started_by = Field(attribute="started_by", column_name=_("started by"))

    def rows(self, queryset: QuerySet[NightRun]) -> QuerySet[Any]:
        return queryset.select_related("document", "started_by")


class NightDocumentResource(ListResource):
    number = Field(attribute="number", column_name=_("number"))
    date = Field(attribute="date", column_name=_("date"))
    organization = Field(attribute="organization", column_name=_("organization"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    cards = Field(attribute="cards", column_name=_("cards"))
    lots = Field(attribute="lots", column_name=_("lots"))
    bonuses = Field(attribute="bonuses", column_name=_("bonuses"))
    turnover = Field(attribute="turnover", column_name=_("accumulated sum"))
    receipts = Field(attribute="receipts", column_name=_("receipts"))
    posted_at = Field(attribute="posted_at", column_name=_("posted at"))
    posted_by = Field(attribute="posted_by", column_name=_("posted by"))

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("organization", "posted_by")


class CorrectionResource(ListResource):
    number = Field(attribute="number", column_name=_("number"))
    date = Field(attribute="date", column_name=_("date"))
    organization = Field(attribute="organization", column_name=_("organization"))
    reason = Field(attribute="reason", column_name=_("reason"))
    cards = Field(attribute="counted", column_name=_("cards"))
    bonuses = Field(attribute="sum_bonuses", column_name=_("bonuses"))
    turnover = Field(attribute="sum_turnover", column_name=_("accumulated sum"))
    receipts = Field(attribute="sum_receipts", column_name=_("receipts"))
    stage = Field(attribute="get_stage_display", column_name=pgettext_lazy("correction", "stage"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    written_by = Field(attribute="written_by", column_name=_("written by"))
    submitted_at = Field(attribute="submitted_at", column_name=_("submitted at"))
    submitted_by = Field(attribute="submitted_by", column_name=_("submitted by"))
    approved_at = Field(attribute="approved_at", column_name=_("approved at"))
    approved_by = Field(attribute="approved_by", column_name=_("approved by"))
    comment = Field(attribute="comment", column_name=_("comment"))

    def rows(self, queryset: QuerySet[CorrectionDocument]) -> QuerySet[Any]:
        return queryset.select_related("organization", "written_by", "submitted_by", "approved_by")


class MaskedCardResource(ListResource):
    """Cards for whoever may not see personal data: the last characters of their numbers, and no owners."""

    number = Field(column_name=_("number"))
    kind = Field(attribute="kind", column_name=_("kind of cards"))
    status = Field(attribute="get_status_display", column_name=pgettext_lazy("card", "status"))
    issued_at = Field(attribute="issued_at", column_name=_("issued at"))
    bonuses = Field(attribute="bonuses", column_name=_("bonuses"))
    turnover = Field(attribute="turnover", column_name=_("accumulated sum"))
    receipts = Field(attribute="receipts", column_name=_("receipts"))
    last_at = Field(attribute="last_at", column_name=_("last operation"))

    whole = False

    def rows(self, queryset: QuerySet[DiscountCard]) -> QuerySet[Any]:
        return queryset.select_related("kind", "owner").prefetch_related("numbers")

    def dehydrate_number(self, card: DiscountCard) -> str:
        ordered = sorted(card.numbers.all(), key=lambda one: one.pk)
        return ", ".join(shown.number(one.value, whole=self.whole) for one in ordered)


class CardResource(MaskedCardResource):
    owner = Field(attribute="owner__called", column_name=_("owner"))
    phone = Field(attribute="owner__phone", column_name=_("phone"))

    whole = True


class MaskedOperationResource(ListResource):
    uid = Field(attribute="uid", column_name=_("unique id"))
    occurred_at = Field(attribute="occurred_at", column_name=_("occurred at"))
    recorded_at = Field(attribute="recorded_at", column_name=_("recorded at"))
    kind = Field(attribute="get_kind_display", column_name=_("kind"))
    card = Field(column_name=_("discount card"))
    bonuses = Field(attribute="bonuses", column_name=_("bonuses"))
    turnover = Field(attribute="turnover", column_name=_("accumulated sum"))
    receipts = Field(attribute="receipts", column_name=_("receipts"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    overdrawn = Field(attribute="overdrawn", column_name=_("overdrawn"))
    source = Field(attribute="get_source_display", column_name=_("came"))
    register = Field(attribute="register__number", column_name=_("register"))
    receipt_uid = Field(attribute="receipt_uid", column_name=_("receipt id"))
    promotion_code = Field(attribute="promotion_code", column_name=_("promotion's code"))
    of = Field(attribute="of", column_name=_("takes back"))

    whole = False

    def rows(self, queryset: QuerySet[BillingOperation]) -> QuerySet[Any]:
        return queryset.select_related("card", "register").prefetch_related("card__numbers")

    def dehydrate_card(self, operation: BillingOperation) -> str:
        ordered = sorted(operation.card.numbers.all(), key=lambda one: one.pk)
        return ", ".join(shown.number(one.value, whole=self.whole) for one in ordered) or str(operation.card)


class OperationResource(MaskedOperationResource):
    whole = True


class MaskedWaitingResource(ListResource):
    came_at = Field(attribute="came_at", column_name=_("came at"))
    uid = Field(attribute="uid", column_name=_("unique id"))
    card = Field(column_name=_("discount card"))
    problem = Field(column_name=_("problem"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    settled_at = Field(attribute="settled_at", column_name=_("settled at"))
    transaction = Field(attribute="transaction", column_name=_("transaction"))

    whole = False

    def rows(self, queryset: QuerySet[WaitingRecord]) -> QuerySet[Any]:
        return queryset.select_related("transaction__register")

    def dehydrate_card(self, record: WaitingRecord) -> str:
        return shown.number(record.card_number, whole=self.whole) if record.card_number else ""

    def dehydrate_problem(self, record: WaitingRecord) -> str:
        return problems.describe(shown.problem(record, whole=self.whole))


class WaitingResource(MaskedWaitingResource):
    whole = True
