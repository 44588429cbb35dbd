"""Two bodies under one key, side by side: what was accepted, and what came later under the same number or id.

Settling a conflict may move stock, so its verbs stand above this app (`stock.admin.conflicts`).
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter
from unfold.decorators import display

from registers.admin import bodies, exports
from registers.admin.facts import FactAdmin, badge, here, link, shop_time
from registers.admin.transactions import body_as_it_came, state_badge
from registers.choices import Settlement
from registers.models import TransactionConflict
from registers.services import problems
from retail.admin.periods import PeriodFilter

NAMED = 100
SETTLEMENT_COLOURS: dict[str, str] = {
    "": "danger",
    Settlement.FIRST: "success",
    Settlement.SECOND: "info",
    Settlement.BOTH: "info",
}


class SettledFilter(DropdownFilter):
    title = _("state")
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return [("no", _("Waiting for a person")), ("yes", _("Settled"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "no":
                return queryset.filter(settled_at=None)
            case "yes":
                return queryset.filter(settled_at__isnull=False)
        return queryset


@admin.register(TransactionConflict)
class TransactionConflictAdmin(FactAdmin):
    empty_says = _(
        "Another body under the key of a known transaction waits here for a person. There is none: that is how it "
        "should be."
    )
    empty_leads_to = "stock.desktransaction"
    resource_classes = [exports.ConflictResource]
    list_display = ("title", "register", "kind", "happened", "received", "settlement_shown", "settled_by")
    list_display_links = ("title",)
    list_select_related = ("transaction__register__shop", "settled_by")
    list_filter = (
        SettledFilter,
        ("transaction__register", AutocompleteSelectFilter),
        ("received_at", PeriodFilter),
    )
    ordering = ("-pk",)
    panel_template = "registers/conflict_panel.html"
    body_template = "registers/conflict.html"
    fieldsets = ((None, {"fields": (("transaction_link", "register", "kind"), ("happened", "received", "protocol"))}),)
    readonly_fields = ("transaction_link", "register", "kind", "happened", "received")

    @display(description=_("number"))
    def title(self, conflict: TransactionConflict) -> str:
        return str(conflict.transaction)

    @display(description=_("accepted transaction"))
    def transaction_link(self, conflict: TransactionConflict) -> str:
        return link(conflict.transaction)

    @display(description=_("register"))
    def register(self, conflict: TransactionConflict) -> str:
        return link(conflict.transaction.register)

    @display(description=_("kind"))
    def kind(self, conflict: TransactionConflict) -> str:
        return conflict.transaction.get_kind_display()

    @display(description=_("occurred at"))
    def happened(self, conflict: TransactionConflict) -> str:
        return shop_time(conflict.transaction.occurred_at, conflict.transaction.register.shop)

    @display(description=_("came at"), ordering="received_at")
    def received(self, conflict: TransactionConflict) -> str:
        return here(conflict.received_at)

    @display(description=_("state"))
    def settlement_shown(self, conflict: TransactionConflict) -> str:
        return settlement_badge(conflict)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransactionConflict]:
        conflicts: QuerySet[TransactionConflict] = super().get_queryset(request)
        related = conflicts.select_related("transaction__register__shop", "settled_by", "recorded")
        return related.defer(
            "raw", "body_hash", "transaction__raw", "transaction__body_hash", "recorded__raw", "recorded__body_hash"
        )

    def get_panel(self, request: HttpRequest, obj: TransactionConflict) -> dict[str, Any]:
        first = body_as_it_came(obj.transaction)
        accepted = bodies.lay_out(first.raw, sort=True)
        other = bodies.lay_out(obj.raw, sort=True)
        found = None if first.away else bodies.differences(first.raw, obj.raw)
        return {
            "settlement": settlement_badge(obj),
            "settled_at": here(obj.settled_at),
            "settled_by": obj.settled_by and (obj.settled_by.get_full_name() or obj.settled_by.get_username()),
            "recorded": obj.recorded and link(obj.recorded),
            "state": state_badge(obj.transaction),
            "differences": [(problems.place(one.path), one) for one in found[:NAMED]] if found else [],
            "more": len(found or ()) > NAMED,
            "rows": bodies.compare(accepted, other),
            "away": first.away,
            "accepted": accepted,
            "other": other,
            "accepted_at": here(obj.transaction.received_at),
            "came_at": here(obj.received_at),
            "accepted_url": reverse("admin:registers_kkmtransaction_raw", args=[obj.transaction_id]),
            "other_url": reverse("admin:registers_transactionconflict_raw", args=[obj.pk]),
            "compared_lines": bodies.COMPARED_LINES,
        }

    def get_urls(self) -> list[URLPattern]:
        raw = path("<int:pk>/raw/", self.admin_site.admin_view(self.raw_view), name="registers_transactionconflict_raw")
        return [raw, *super().get_urls()]

    def raw_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        conflict = self.get_object(request, str(pk))
        if conflict is None or not self.has_view_permission(request, conflict):
            raise Http404
        return bodies.download(conflict.raw, name=f"conflict-{pk}.json")


def settlement_badge(conflict: TransactionConflict) -> str:
    text = conflict.get_settlement_display() if conflict.settlement else _("Waiting for a person")
    return badge(text, SETTLEMENT_COLOURS.get(conflict.settlement, ""))
