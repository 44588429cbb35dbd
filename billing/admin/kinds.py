"""What cards are of: kinds with their thresholds, rules by which bonuses live, promotions."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format, number_format
from django.utils.html import format_html_join
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from billing.admin import exports
from billing.choices import LifeLength, LifeStart, ThresholdMeasure
from billing.models import BonusLifeRule, CardKind, DiscountThreshold, Promotion
from retail.admin.base import NOTHING, ReferenceAdmin
from retail.admin.exports import ExportAdmin


class ThresholdInline(TabularInline):
    model = DiscountThreshold
    extra = 0
    hide_title = True
    fields = ("measure", "reached", "percent")
    ordering = ("measure", "reached")


@admin.register(CardKind)
class CardKindAdmin(ExportAdmin, ReferenceAdmin):
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
    resource_classes = [exports.BonusLifeRuleResource]
    form = RuleForm
    list_display = ("name", "begins_shown", "lives_shown", "rounding")
    list_filter = (("starts", ChoicesDropdownFilter), ("lives", ChoicesDropdownFilter))
    search_fields = ("name",)
    search_help_text = _("Name")
    ordering = ("name",)
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

    @display(description=_("begin"))
    def begins_shown(self, rule: BonusLifeRule) -> str:
        if rule.starts == LifeStart.ON and rule.starts_on:
            return _now("on %(day)s") % {"day": date_format(rule.starts_on, "SHORT_DATE_FORMAT")}
        days = rule.starts_after_days
        if not days:
            return _now("at once")
        return ngettext("after %(count)d day", "after %(count)d days", days) % {"count": days}

    @display(description=_("live"))
    def lives_shown(self, rule: BonusLifeRule) -> str:
        if rule.lives == LifeLength.FOREVER:
            return str(LifeLength.FOREVER.label)
        if rule.lives == LifeLength.UNTIL and rule.lives_until:
            return _now("until %(day)s, and on it") % {"day": date_format(rule.lives_until, "SHORT_DATE_FORMAT")}
        count = rule.lives_for or 0
        if rule.lives == LifeLength.DAYS:
            return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
        return ngettext("%(count)d month", "%(count)d months", count) % {"count": count}


@admin.register(Promotion)
class PromotionAdmin(ExportAdmin, ReferenceAdmin):
    resource_classes = [exports.PromotionResource]
    list_display = ("code", "name")
    list_display_links = ("code", "name")
    search_fields = ("code", "name")
    search_help_text = _("Code or name")
    ordering = ("code",)
    fields = ("code", "name")


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
