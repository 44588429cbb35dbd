"""«Операции биллинга»: what happened to cards, with the entries that it made."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from billing.admin import exports, shown
from billing.admin.card_lots import entry_row
from billing.choices import Measure, OperationKind, OperationState
from billing.models import BillingOperation, CardNumber
from billing.services import explanations
from registers.admin.facts import FactAdmin, badge, here, link
from registers.models import Register
from retail.admin.base import NOTHING, Listing
from retail.admin.exports import ListResource
from retail.admin.periods import PeriodFilter

SIGNS: dict[str, int] = {OperationKind.REDEEM: -1}


class OperationListing(Listing):
    """Names the cards of a page and finds their receipts, in one query each."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        operations: list[Any] = list(self.result_list)  # type: ignore[has-type]
        names = shown.names_of((one.card_id for one in operations), whole=shown.sees_people(request))
        receipts = explanations.receipts_of(operations=operations)
        for one in operations:
            one.names, one.receipt = names, receipts.get((one.register_id or 0, one.receipt_uid))
        self.result_list = operations


@admin.register(BillingOperation)
class BillingOperationAdmin(FactAdmin):
    empty_says = _(
        "Operations with cards come here from registers, on-line and in receipts, and from corrections by hand."
    )
    empty_leads_to = "billing.discountcard"
    resource_classes = [exports.OperationResource]
    list_display = (
        "occurred",
        "kind_shown",
        "card_shown",
        "bonuses_figure",
        "turnover_figure",
        "receipts_figure",
        "outcome",
        "receipt_shown",
        "register",
        "source",
    )
    list_display_links = ("occurred",)
    list_select_related = ("card", "register")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("state", ChoicesDropdownFilter),
        ("overdrawn", BooleanRadioFilter),
        ("source", ChoicesDropdownFilter),
        ("register", AutocompleteSelectFilter),
        ("occurred_at", PeriodFilter),
    )
    moment = "occurred_at"
    search_fields = ("uid",)
    search_help_text = _("The whole id of an operation or of a receipt, or the whole number of a card")
    ordering = ("-pk",)
    sortable_by = ()
    body_template = "billing/operation_body.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("uid", "kind", "outcome"),
                    ("card_named", "occurred", "recorded"),
                    ("bonuses", "turnover", "receipts"),
                    ("receipt_named", "register", "came"),
                    ("promotion_named", "takes_back"),
                )
            },
        ),
    )
    readonly_fields = (
        "outcome",
        "card_named",
        "occurred",
        "recorded",
        "receipt_named",
        "came",
        "promotion_named",
        "takes_back",
    )

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "billing/billing.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[OperationListing]:
        return OperationListing

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[ListResource]]:
        return [exports.OperationResource if shown.sees_people(request) else exports.MaskedOperationResource]

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """Return an operation with the name of its card, as whoever looks may see it."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.names = shown.names_of([found.card_id], whole=shown.sees_people(request))
            found.receipt = explanations.receipts_of(operations=[found]).get(
                (found.register_id or 0, found.receipt_uid)
            )
        return found

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[BillingOperation], search_term: str
    ) -> tuple[QuerySet[BillingOperation], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        every = BillingOperation.objects.all()
        named = CardNumber.objects.filter(value=term).select_related("card").first()
        if named:
            return queryset.filter(card__in=explanations.chain(card=named.card)), False
        ids = every.filter(uid=term).values("pk").union(every.exclude(of="").filter(of=term).values("pk"))
        # By the index, which begins with the register.
        told_by = Register.objects.values("pk")
        receipts = every.exclude(receipt_uid="").filter(register__in=told_by, receipt_uid=term).values("pk")
        return queryset.filter(pk__in=ids.union(receipts)), False

    @display(description=_("occurred at"))
    def occurred(self, one: BillingOperation) -> str:
        return here(one.occurred_at)

    @display(description=_("recorded at"))
    def recorded(self, one: BillingOperation) -> str:
        return here(one.recorded_at)

    @display(description=_("kind"))
    def kind_shown(self, one: BillingOperation) -> str:
        return shown.kind_badge(one)

    @display(description=_("discount card"))
    def card_shown(self, one: Any) -> str:
        return one.names.get(one.card_id) or str(one.card)

    @display(description=_("discount card"))
    def card_named(self, one: Any) -> str:
        return shown.card_link(one.card, one.names)

    @display(description=_("bonuses"))
    def bonuses_figure(self, one: BillingOperation) -> str:
        return _asked(one, Measure.BONUSES)

    @display(description=_("accumulated sum"))
    def turnover_figure(self, one: BillingOperation) -> str:
        return _asked(one, Measure.TURNOVER)

    @display(description=_("receipts"))
    def receipts_figure(self, one: BillingOperation) -> str:
        return _asked(one, Measure.RECEIPTS)

    @display(description=_("state"))
    def outcome(self, one: BillingOperation) -> str:
        if one.state == OperationState.VOIDED:
            return badge(one.get_state_display(), title=_now("Its reversal had come before it."))
        if one.overdrawn:
            return badge(_now("Overdrawn"), "danger", title=_now("The till took more than there was."))
        return badge(one.get_state_display(), "success")

    @display(description=_("receipt"))
    def receipt_shown(self, one: Any) -> str:
        return f"№ {one.receipt.number}" if one.receipt else NOTHING

    @display(description=_("receipt"))
    def receipt_named(self, one: Any) -> str:
        return link(one.receipt, f"№ {one.receipt.number}") if one.receipt else one.receipt_uid or NOTHING

    @display(description=_("came"))
    def came(self, one: BillingOperation) -> str:
        return shown.came(one, explanations.documents_of(operations=[one]))

    @display(description=_("promotion"))
    def promotion_named(self, one: BillingOperation) -> str:
        return link(one.promotion) if one.promotion else one.promotion_code or NOTHING

    @display(description=_("takes back"))
    def takes_back(self, one: BillingOperation) -> str:
        if not one.of:
            return NOTHING
        taken = BillingOperation.objects.filter(uid=one.of).first()
        return link(taken) if taken else one.of

    def get_panel(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        entries = obj.entries.select_related("operation", "document").order_by("pk")
        back = BillingOperation.objects.exclude(of="").filter(of=obj.uid).order_by("pk")
        return {
            "entries": [entry_row(entry) for entry in entries],
            "reversals": [(link(one), here(one.occurred_at)) for one in back],
            "lots": [
                {
                    "measure": lot.get_measure_display(),
                    "amount": shown.figure(lot.measure, lot.amount),
                    "remaining": shown.figure(lot.measure, lot.remaining),
                    "begins": here(lot.active_from),
                    "ends": here(lot.expires_at) if lot.expires_at else "",
                    "debt": lot.amount < 0,
                }
                for lot in obj.lots.order_by("pk")
            ],
        }


def _asked(one: BillingOperation, measure: str) -> str:
    """Return what was asked of a measure; what a redemption takes is below zero."""
    return shown.figure(measure, getattr(one, measure) * SIGNS.get(one.kind, 1), signed=True, blank=True)
