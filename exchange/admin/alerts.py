"""Alerts: what is wrong now, first; since when, who was told and who knows."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from exchange.admin.exports import AlertResource
from exchange.models import Alert
from exchange.services.alerts import watching, words
from registers.admin.facts import FactAdmin, badge, here, link, list_url, page_url
from retail.admin import asking
from retail.admin.base import NOTHING, user_of
from retail.admin.periods import PeriodFilter

# Lists as a whole, and how they are narrowed to what an alert counts.
_LISTS = {"registers.receipt": {"posted": "no"}, "stock.desktransaction": {}}
OPEN, OVER = pgettext_lazy("alert", "Open"), pgettext_lazy("alert", "Over")
ACKNOWLEDGED = pgettext_lazy("alert", "Acknowledged")


class AlertStateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Sequence[tuple[str, Any]]:
        return [("open", OPEN), ("unseen", _("Open, not acknowledged")), ("over", OVER)]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Alert]:
        found: QuerySet[Alert] = queryset
        match self.value():
            case "open":
                found = queryset.open()
            case "unseen":
                found = queryset.unseen()
            case "over":
                found = queryset.filter(closed_at__isnull=False)
        return found


@admin.register(Alert)
class AlertAdmin(FactAdmin):
    empty_says = _(
        "What was wrong, when it was noticed and when it was over. Rules say what is looked at; all is well so far."
    )
    empty_leads_to = "exchange.alertrule"
    resource_classes = [AlertResource]
    list_display = ("state", "said", "subject_link", "rule", "opened", "lasted", "known_by")
    list_display_links = ("said",)
    list_select_related = ("rule", "acknowledged_by")
    list_filter = (
        AlertStateFilter,
        ("rule__kind", ChoicesDropdownFilter),
        ("rule", RelatedDropdownFilter),
        ("opened_at", PeriodFilter),
    )
    search_fields = ("rule__name", "params__register", "params__shop")
    search_help_text = _("Name of a rule, a register, or a shop")
    sortable_by = ()
    actions = ("acknowledge",)  # type: ignore[assignment]  # Other facts have none.
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "said",
                    ("state", "subject_link"),
                    ("opened", "lasted"),
                    ("seen", "told"),
                    ("rule_link", "known_by"),
                )
            },
        ),
    )
    readonly_fields = ("said", "state", "subject_link", "opened", "lasted", "seen", "told", "rule_link", "known_by")

    def get_ordering(self, request: HttpRequest) -> tuple[Any, ...]:
        """Open ones first; of each the latest."""
        return (F("closed_at").desc(nulls_first=True), "-pk")

    def get_empty_value_display(self) -> Any:
        return NOTHING

    def has_acknowledge_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("exchange.acknowledge_alert")

    @display(description=_("state"))
    def state(self, alert: Alert) -> SafeString:
        if alert.closed_at is not None:
            return badge(OVER, "success")
        return badge(ACKNOWLEDGED, "warning") if alert.acknowledged_at else badge(OPEN, "danger")

    @display(description=_("what is wrong"))
    def said(self, alert: Alert) -> str:
        return words.told(alert)

    @display(description=_("where to look"), empty_value=NOTHING)
    def subject_link(self, alert: Alert) -> SafeString | None:
        label, _colon, key = alert.subject.partition(":")
        url = page_url(label, key) if key != "0" else list_url(label, **_LISTS.get(label, {}))
        return format_html('<a href="{}" class="text-link">{}</a>', url, _("Show")) if url else None

    @display(description=_("rule"))
    def rule_link(self, alert: Alert) -> str:
        return link(alert.rule)

    @display(description=_("began at"))
    def opened(self, alert: Alert) -> str:
        return here(alert.opened_at)

    @display(description=_("for"))
    def lasted(self, alert: Alert) -> str:
        return timesince(alert.opened_at, alert.closed_at or timezone.now(), depth=1)

    @display(description=_("last found at"))
    def seen(self, alert: Alert) -> str:
        return here(alert.seen_at)

    @display(description=_("told at"))
    def told(self, alert: Alert) -> str:
        return here(alert.told_at)

    @display(description=_("acknowledged by"), empty_value=NOTHING)
    def known_by(self, alert: Alert) -> str | None:
        by = alert.acknowledged_by
        return f"{by.get_full_name() or by.get_username()}, {here(alert.acknowledged_at)}" if by else None

    @admin.action(description=_("Acknowledge…"), permissions=["acknowledge"])
    def acknowledge(self, request: HttpRequest, queryset: QuerySet[Alert]) -> HttpResponse | None:
        if not asking.confirmed(request):
            return asking.ask(
                self,
                request,
                queryset,
                action="acknowledge",
                title=_("Acknowledge"),
                question=_("Say that you know of these alerts? They are repeated no more; that they are over is told."),
            )
        chosen = list(queryset.values_list("pk", flat=True))
        count = watching.acknowledge(alerts=chosen, by=user_of(request), now=timezone.now())
        said = ngettext("%(count)d alert acknowledged.", "%(count)d alerts acknowledged.", count) % {"count": count}
        self.message_user(request, said, messages.SUCCESS if count else messages.WARNING)
        return None
