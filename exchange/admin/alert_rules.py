"""Rules of alerts: what is watched, from what on it is wrong, and who is told."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import validate_email
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format, time_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from exchange.admin.exports import AlertRuleResource
from exchange.choices import AlertKind
from exchange.models import AlertRule
from registers.admin.facts import badge, list_url
from retail.admin.base import NOTHING, Listing
from retail.admin.exports import ExportAdmin
from retail.admin.history import KeepsHistory

MEANING = {
    AlertKind.SILENT: _("Minutes without a word from a register that was heard before."),
    AlertKind.BEHIND: _("Changes of stock or goods that a register which is heard has not taken."),
    AlertKind.LATE: _("Minutes that the oldest receipt waits to be taken into a document."),
    AlertKind.DISCREPANCY: _("The least difference in any figure, in roubles or pieces; 0: any."),
    AlertKind.DESK: _("Transactions that wait on the error desk."),
    AlertKind.NIGHT: _("Minutes that a night of cards may take; cards that it leaves out are told in any case."),
}


class EmailsField(forms.CharField):
    """E-mails, one on a line or separated by commas."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return list(dict.fromkeys(str(value or "").replace(",", " ").replace(";", " ").split()))

    def run_validators(self, value: Any) -> None:
        for email in value:
            validate_email(email)


class AlertRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # Generic for the checker only.
    emails = EmailsField(label=_("E-mails"), required=False, help_text=_("One on a line."))

    class Meta:
        model = AlertRule
        fields = "__all__"  # noqa: DJ007 - the page's fieldsets say which.

    def clean(self) -> Any:
        cleaned = super().clean() or {}
        if not cleaned.get("emails") and not cleaned.get("endpoint") and "emails" not in self.errors:
            self.add_error("emails", _("Say who is told: e-mails, a webhook, or both."))
        return cleaned


@admin.register(AlertRule)
class AlertRuleAdmin(ExportAdmin, KeepsHistory):
    empty_says = _("A rule says what to look at, from when on it is too much, and whom to tell by mail or webhook.")
    empty_leads_to = "exchange.alert"
    resource_classes = [AlertRuleResource]
    form = AlertRuleForm
    list_display = ("name", "kind", "threshold_shown", "where", "whom", "open_shown", "active")
    list_select_related = ("shop", "register", "endpoint")
    list_filter = (("kind", ChoicesDropdownFilter), "active")
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "shop__name", "register__name", "endpoint__name")
    search_help_text = _("Name of a rule, a shop, a register, or an endpoint")
    ordering = ("name",)
    actions = None
    autocomplete_fields = ("shop", "register")
    warn_unsaved_form = True
    fieldsets = (
        (None, {"fields": (("name", "active"), "kind", "threshold")}),
        (
            _("Where and when"),
            {
                "fields": (("shop", "register"), ("hours_from", "hours_to")),
                "description": _(
                    "Nothing chosen: the whole chain, round the clock. Hours are those of each shop's own clock, and"
                    " are for registers that are silent or behind."
                ),
            },
        ),
        (_("Who is told"), {"fields": (("emails", "language"), ("endpoint", "repeat_minutes"))}),
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        return Listing

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertRule]:
        found: QuerySet[AlertRule] = super().get_queryset(request)
        return found.annotate(open_count=Count("alerts", filter=Q(alerts__closed_at=None)))

    def get_readonly_fields(self, request: HttpRequest, obj: AlertRule | None = None) -> Any:
        """Keep what a rule watches as it is: its alerts are told in the words of that."""
        return ("kind",) if obj else ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "threshold":
            said = (f"{AlertKind(kind).label}: {meaning}" for kind, meaning in MEANING.items())
            field.help_text = format_html("{}" + "<br>{}" * (len(MEANING) - 1), *said)
        return field

    @display(description=_("threshold"), ordering="threshold")
    def threshold_shown(self, rule: AlertRule) -> str:
        count = {"count": number_format(rule.threshold, force_grouping=True)}
        match rule.kind:
            case AlertKind.SILENT | AlertKind.LATE | AlertKind.NIGHT:
                return ngettext("%(count)s minute", "%(count)s minutes", rule.threshold) % count
            case AlertKind.BEHIND:
                return ngettext("%(count)s change", "%(count)s changes", rule.threshold) % count
            case AlertKind.DESK:
                return ngettext("%(count)s transaction", "%(count)s transactions", rule.threshold) % count
        return _now("From %(count)s") % count if rule.threshold else _now("Any difference")

    @display(description=_("where and when"))
    def where(self, rule: AlertRule) -> str:
        place = rule.shop or rule.register or _now("The whole chain")
        if rule.hours_from is None or rule.hours_to is None:
            return str(place)
        return f"{place}, {time_format(rule.hours_from, 'H:i')}–{time_format(rule.hours_to, 'H:i')}"

    @display(description=_("who is told"), empty_value=NOTHING)
    def whom(self, rule: AlertRule) -> str | None:
        return ", ".join([*rule.emails, *([rule.endpoint.name] if rule.endpoint else [])]) or None

    @display(description=_("open alerts"), ordering="open_count")
    def open_shown(self, rule: Any) -> SafeString | str:
        if not rule.open_count:
            return "0"
        url = list_url("exchange.alert", rule__id__exact=rule.pk, state="open")
        return format_html('<a href="{}">{}</a>', url, badge(rule.open_count, "danger"))
