"""What cards are of: kinds with their thresholds, rules by which bonuses live, promotions."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from billing.admin import assignment_pages, exports, lives
from billing.choices import LifeLength, LifeStart, ThresholdMeasure
from billing.models import BonusLifeRule, CardKind, DiscountThreshold, Promotion, PromotionAssignment
from registers.admin.facts import list_url
from retail.admin.base import NOTHING, ReferenceAdmin
from retail.admin.exports import ExportAdmin

EXAMPLES = (0, 1, 30)  # Days from now on which something is accrued.


class ThresholdInline(TabularInline):
    model = DiscountThreshold
    extra = 0
    hide_title = True
    fields = ("measure", "reached", "percent")
    ordering = ("measure", "reached")


@admin.register(CardKind)
class CardKindAdmin(ExportAdmin, ReferenceAdmin):
    empty_says = _(
        "A kind says what its cards give: a discount by thresholds, bonuses, how long they live. Begin with one, "
        "then issue its cards."
    )
    empty_leads_to = "billing.discountcard"
    resource_classes = [exports.CardKindResource]
    list_display = ("code", "name", "thresholds_shown", "bonus_rule", "turnover_shown", "receipts_shown")
    list_display_links = ("code", "name")
    list_select_related = ("bonus_rule",)
    list_filter = (("bonus_rule", RelatedDropdownFilter),)
    search_fields = ("code", "name")
    search_help_text = _("Code or name")
    ordering = ("name",)
    inlines = (ThresholdInline,)
    fieldsets = (
        (None, {"fields": (("code", "name"), "bonus_rule")}),
        (_("Accumulated sum"), {"fields": (("turnover_delay", "turnover_life"),)}),
        (_("Receipts"), {"fields": (("receipts_delay", "receipts_life"),)}),
    )

    class Media:
        css = {"all": ["stock/stock.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[CardKind]:
        found: QuerySet[CardKind] = super().get_queryset(request).prefetch_related("thresholds")
        return found

    @display(description=_("discount thresholds"))
    def thresholds_shown(self, kind: CardKind) -> str:
        ordered = sorted(kind.thresholds.all(), key=lambda one: (one.measure, one.reached))
        return (
            format_html_join("", '<div class="st-figure">{}</div>', ((_threshold(one),) for one in ordered)) or NOTHING
        )

    @display(description=_("accumulated sum: delay / lifetime, days"))
    def turnover_shown(self, kind: CardKind) -> str:
        return f"{kind.turnover_delay} / {kind.turnover_life or '∞'}"

    @display(description=_("receipts: delay / lifetime, days"))
    def receipts_shown(self, kind: CardKind) -> str:
        return f"{kind.receipts_delay} / {kind.receipts_life or '∞'}"


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # Generic for the checker only.
    """Says at its field what the database would refuse."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        asked = (
            ("starts_on", cleaned.get("starts") == LifeStart.ON),
            ("lives_for", cleaned.get("lives") in (LifeLength.DAYS, LifeLength.MONTHS)),
            ("lives_until", cleaned.get("lives") == LifeLength.UNTIL),
        )
        for name, needed in asked:
            if needed and not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _now("This may not be left out."))
        return cleaned


@admin.register(BonusLifeRule)
class BonusLifeRuleAdmin(ExportAdmin, ReferenceAdmin):
    empty_says = _("A rule says from when and how long bonuses live; kinds of cards and promotions name one.")
    empty_leads_to = "billing.cardkind"
    resource_classes = [exports.BonusLifeRuleResource]
    form = RuleForm
    list_display = ("name", "begins_shown", "lives_shown", "rounding")
    list_filter = (("starts", ChoicesDropdownFilter), ("lives", ChoicesDropdownFilter))
    search_fields = ("name",)
    search_help_text = _("Name")
    ordering = ("name",)
    change_form_outer_before_template = "billing/rule_panel.html"
    conditional_fields = {
        "starts_after_days": f"starts == '{LifeStart.AFTER}'",
        "starts_on": f"starts == '{LifeStart.ON}'",
        "lives_for": f"lives == '{LifeLength.DAYS}' || lives == '{LifeLength.MONTHS}'",
        "lives_until": f"lives == '{LifeLength.UNTIL}'",
        "rounding": f"lives != '{LifeLength.FOREVER}'",
    }
    fieldsets = (
        (None, {"fields": ("name",)}),
        (_("Beginning"), {"fields": ("starts", "starts_after_days", "starts_on")}),
        (_("End"), {"fields": ("lives", "lives_for", "lives_until", "rounding")}),
    )

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "billing/billing.css"]}

    @display(description=_("begin"))
    def begins_shown(self, rule: BonusLifeRule) -> str:
        return lives.begins(rule)

    @display(description=_("live"))
    def lives_shown(self, rule: BonusLifeRule) -> str:
        return lives.length(rule)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if rule := kwargs.get("obj"):
            now = timezone.now()
            context["examples"] = [lives.example(rule, now + timedelta(days=days)) for days in EXAMPLES]
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response


@admin.register(Promotion)
class PromotionAdmin(ExportAdmin, ReferenceAdmin):
    empty_says = _(
        "A promotion is what registers accrue bonuses under. Where and when it is in force its assignments say."
    )
    empty_leads_to = "billing.promotionassignment"
    resource_classes = [exports.PromotionResource]
    list_display = ("code", "name", "in_force")
    list_display_links = ("code", "name")
    search_fields = ("code", "name")
    search_help_text = _("Code or name")
    ordering = ("code",)
    fields = ("code", "name")
    change_form_outer_after_template = "billing/promotion_body.html"

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "billing/billing.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promotion]:
        found: QuerySet[Promotion] = super().get_queryset(request)
        force = PromotionAssignment.objects.in_force(day=timezone.localdate()).select_related("bonus_rule")
        return found.prefetch_related(
            Prefetch("assignments", force.order_by("-posted_at", "-pk"), to_attr="assigned_now")
        )

    @display(description=_("bonus life rules in force today"))
    def in_force(self, promotion: Any) -> str:
        rules = dict.fromkeys(str(one.bonus_rule) for one in promotion.assigned_now)
        return format_html_join("", "<div>{}</div>", ((rule,) for rule in rules)) or NOTHING

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        promotion = kwargs.get("obj")
        if promotion and request.user.has_perm("billing.view_promotionassignment"):
            context["assigned"] = assignment_pages.of_promotion(promotion, today=timezone.localdate())
            context["assigned_url"] = list_url("billing.promotionassignment", promotion__id__exact=promotion.pk)
            if request.user.has_perm("billing.add_promotionassignment"):
                add = reverse("admin:billing_promotionassignment_add", query={"promotion": promotion.pk})
                context["assign_url"] = add
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response


def _threshold(threshold: DiscountThreshold) -> str:
    """Say from how much on which discount is suggested."""
    percent = number_format(threshold.percent.normalize(), use_l10n=True)
    reached = number_format(threshold.reached, decimal_pos=0 if threshold.reached % 1 == 0 else 2, force_grouping=True)
    words = (
        _now("%(percent)s %% from the sum of %(reached)s")
        if threshold.measure == ThresholdMeasure.TURNOVER
        else _now("%(percent)s %% from %(reached)s receipts")
    )
    return words % {"percent": percent, "reached": reached}
