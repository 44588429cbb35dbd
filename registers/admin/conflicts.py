"""Two bodies under one key, side by side: what was accepted, and what came later under the same number or id."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter
from unfold.decorators import display

from registers.admin import bodies
from registers.admin.facts import FactAdmin, here, link, shop_time
from registers.models import TransactionConflict
from retail.admin.periods import PeriodFilter


@admin.register(TransactionConflict)
class TransactionConflictAdmin(FactAdmin):
    list_display = ("title", "register", "kind", "happened", "received", "protocol")
    list_display_links = ("title",)
    list_select_related = ("transaction__register__shop",)
    list_filter = (
        ("transaction__register", AutocompleteSelectFilter),
        ("received_at", PeriodFilter),
    )
    ordering = ("-pk",)
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

    def get_queryset(self, request: HttpRequest) -> QuerySet[TransactionConflict]:
        conflicts: QuerySet[TransactionConflict] = super().get_queryset(request)
        related = conflicts.select_related("transaction__register__shop")
        return related.defer("raw", "body_hash", "transaction__raw", "transaction__body_hash")

    def get_panel(self, request: HttpRequest, obj: TransactionConflict) -> dict[str, Any]:
        accepted = bodies.lay_out(obj.transaction.raw, sort=True)
        other = bodies.lay_out(obj.raw, sort=True)
        return {
            "rows": bodies.compare(accepted, other),
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
