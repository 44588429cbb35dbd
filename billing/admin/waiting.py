"""What receipts told of cards and could not be applied. It is mended on the error desk, or by entering the card."""

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from billing.admin import exports, shown
from billing.choices import WaitingState
from billing.models import WaitingRecord
from registers.admin.facts import FactAdmin, badge, here, link, page_url
from registers.services import problems
from retail.admin.base import NOTHING, Listing
from retail.admin.exports import ListResource
from retail.admin.periods import PeriodFilter

STATE_COLOURS: dict[str, str] = {WaitingState.WAITING: "warning", WaitingState.APPLIED: "success"}


class RecordListing(Listing):
    """Tells each record of a page whether whoever looks may see whole numbers."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        records: list[Any] = list(self.result_list)  # type: ignore[has-type]
        for record in records:
            record.whole = shown.sees_people(request)
        self.result_list = records


@admin.register(WaitingRecord)
class WaitingRecordAdmin(FactAdmin):
    empty_says = _(
        "What receipts told of cards and could not be applied waits here until its cause is mended. Nothing waits now."
    )
    empty_leads_to = "stock.desktransaction"
    resource_classes = [exports.WaitingResource]
    list_display = ("came", "card_shown", "problem_shown", "state_shown", "settled", "transaction_shown")
    list_display_links = ("came",)
    list_select_related = ("transaction__register",)
    list_filter = (("state", ChoicesDropdownFilter), ("came_at", PeriodFilter))
    search_fields = ("uid",)
    search_help_text = _("The whole id of an operation, or the whole number of a card")
    ordering = ("-pk",)
    sortable_by = ()
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("uid", "card_shown", "state_shown"),
                    ("came", "settled", "transaction_shown"),
                    "problem_shown",
                    "remedy_shown",
                )
            },
        ),
    )
    readonly_fields = (
        "card_shown",
        "state_shown",
        "came",
        "settled",
        "transaction_shown",
        "problem_shown",
        "remedy_shown",
    )

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "billing/billing.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordListing]:
        return RecordListing

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[ListResource]]:
        return [exports.WaitingResource if shown.sees_people(request) else exports.MaskedWaitingResource]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.whole = shown.sees_people(request)
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WaitingRecord], search_term: str
    ) -> tuple[QuerySet[WaitingRecord], bool]:
        term = search_term.strip()
        return (queryset.filter(Q(uid=term) | Q(card_number=term)) if term else queryset), False

    @display(description=_("came at"))
    def came(self, record: WaitingRecord) -> str:
        return here(record.came_at)

    @display(description=_("settled at"))
    def settled(self, record: WaitingRecord) -> str:
        return here(record.settled_at)

    @display(description=_("discount card"))
    def card_shown(self, record: Any) -> str:
        return shown.number(record.card_number, whole=record.whole) if record.card_number else NOTHING

    @display(description=_("problem"))
    def problem_shown(self, record: Any) -> str:
        return problems.describe(shown.problem(record, whole=record.whole))

    @display(description=_("what would mend it"))
    def remedy_shown(self, record: WaitingRecord) -> str:
        return problems.remedy(record.problem) or NOTHING

    @display(description=_("state"))
    def state_shown(self, record: WaitingRecord) -> str:
        return badge(record.get_state_display(), STATE_COLOURS.get(record.state, ""))

    @display(description=_("transaction"))
    def transaction_shown(self, record: WaitingRecord) -> str:
        """Lead to where it is mended while it waits, else to the journal."""
        waits = record.state == WaitingState.WAITING and page_url("stock.desktransaction", record.transaction_id)
        return shown.leading(waits, record.transaction) if waits else link(record.transaction)
