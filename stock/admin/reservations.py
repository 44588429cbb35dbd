"""«Резервы»: who holds what, since when and until when; what has ended, and how. A person may take goods back."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.timesince import timesince, timeuntil
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    DropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from registers.admin.facts import FactAdmin, badge, here, link, list_url
from registers.models import Receipt
from retail.admin.base import NOTHING, Listing
from retail.admin.periods import PeriodFilter
from retail.models import Sku
from retail.services.figures import quantity as shown
from retail.services.search import matching_skus
from stock.admin import exports
from stock.admin.releasing import ReleasingAdmin
from stock.admin.shown import balance_figure, document_link, figure, moment, person, sku_link
from stock.choices import ReservationState
from stock.models import Balance, Reservation
from stock.models.reservations import ReservationQuerySet

STATE_COLOURS: dict[str, str] = {
    ReservationState.OPEN: "info",
    ReservationState.COMMITTED: "success",
    ReservationState.EXPIRED: "warning",
}
NAMED = 2  # goods of a hold in the list
SHOWN = 50  # holds of a balance
SEARCHED = 500  # SKUs that a search may mean


class LiveFilter(DropdownFilter):
    title = _("held")
    parameter_name = "live"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return (
            ("yes", _("Now")),
            ("overdue", _("Now, its time has run out")),
            ("no", _("Ended")),
            ("late", _("Sold after it was let go")),
        )

    def queryset(self, request: HttpRequest, queryset: ReservationQuerySet) -> "QuerySet[Reservation]":
        match self.value():
            case "yes":
                return queryset.open()
            case "overdue":
                return queryset.due(at=timezone.now())
            case "no":
                return queryset.exclude(state=ReservationState.OPEN)
            case "late":
                return queryset.late()
        return queryset


class HolderFilter(DropdownFilter):
    title = _("held for")
    parameter_name = "holder"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return (("receipt", _("A receipt")), ("order", _("A customer order")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reservation]) -> QuerySet[Reservation]:
        match self.value():
            case "receipt":
                return queryset.filter(order=None)
            case "order":
                return queryset.exclude(order=None)
        return queryset


class HoldListing(Listing):
    """Names the goods of all holds of a page in one query: their lines stand inside the rows."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        holds: list[Any] = list(self.result_list)  # type: ignore[has-type]
        names = dict(
            Sku.objects.filter(pk__in={held.sku_id for hold in holds for held in hold.held}).values_list("pk", "name")
        )
        for hold in holds:
            hold.names = names
        self.result_list = holds


@admin.register(Reservation)
class ReservationAdmin(ReleasingAdmin, FactAdmin):
    empty_says = _(
        "Goods held for a receipt that is being rung up, or for an agreed order. Registers with external stock "
        "control ask for them."
    )
    empty_leads_to = "registers.register"
    resource_classes = [exports.ReservationResource]
    list_display = ("number", "state_shown", "holder", "goods", "warehouse", "placed", "ends", "outcome")
    list_display_links = ("number",)
    list_filter = (
        LiveFilter,
        ("state", ChoicesDropdownFilter),
        HolderFilter,
        ("register", AutocompleteSelectFilter),
        ("warehouse", RelatedDropdownFilter),
        ("placed_at", PeriodFilter),
    )
    search_fields = ("receipt_uid",)
    search_help_text = _("The whole id of a receipt or the number of an order; a SKU of what is held now")
    ordering = ("-pk",)
    sortable_by = ()
    panel_template = "stock/reservation_panel.html"
    fieldsets = ((None, {"fields": (("receipt_uid", "warehouse"), ("placed", "changed", "ends"))}),)
    readonly_fields = ("placed", "changed", "ends")
    actions_detail = ("release",)
    actions: Any = ("release_chosen",)

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[HoldListing]:
        return HoldListing

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reservation]:
        found: QuerySet[Reservation] = super().get_queryset(request)
        return found.select_related("register", "order", "warehouse", "ended_by", "transaction")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Reservation], search_term: str
    ) -> tuple[QuerySet[Reservation], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        meant = list(matching_skus(term).values_list("pk", flat=True)[:SEARCHED])
        ids = Reservation.objects.filter(receipt_uid=term).values("pk")
        ids = ids.union(
            Reservation.objects.filter(order__number=term).values("pk"),
            Reservation.objects.holding(skus=meant).values("pk"),
        )
        return queryset.filter(pk__in=ids), False

    @display(description="№")
    def number(self, hold: Reservation) -> str:
        return str(hold.pk)

    @display(description=_("state"))
    def state_shown(self, hold: Reservation) -> str:
        return state_badge(hold)

    @display(description=_("held for"))
    def holder(self, hold: Reservation) -> str:
        return format_html('<span class="st-holder">{}</span>', holder(hold))

    @display(description=_("goods"))
    def goods(self, hold: Any) -> str:
        """Name the first goods of the hold, and say how many lines more there are."""
        lines = hold.held
        named = [
            f"{hold.names.get(held.sku_id, NOTHING)} ×\N{NO-BREAK SPACE}{shown(held.quantity)}"
            for held in lines[:NAMED]
        ]
        more = [_now("and %(count)s more") % {"count": len(lines) - NAMED}] if len(lines) > NAMED else []
        return format_html('<span class="st-goods">{}</span>', "; ".join(named + more) or NOTHING)

    @display(description=_("placed at"))
    def placed(self, hold: Reservation) -> str:
        if hold.state != ReservationState.OPEN:
            return moment(hold.placed_at)
        return format_html("{}<br><span class='rg-muted'>{}</span>", moment(hold.placed_at), age(hold.placed_at))

    @display(description=_("changed at"))
    def changed(self, hold: Reservation) -> str:
        return moment(hold.changed_at)

    @display(description=_("expires"))
    def ends(self, hold: Reservation) -> str:
        return until(hold)

    @display(description=_("how it ended"))
    def outcome(self, hold: Reservation) -> str:
        if hold.is_late:
            return badge(_now("Sold too late"), "danger", title=_now("The goods had been let go when the sale came."))
        if hold.state == ReservationState.OPEN or hold.ended_at is None:
            return NOTHING
        who = " · ".join(filter(None, (person(hold.ended_by), hold.reason)))
        return format_html("{}<br><span class='rg-muted'>{}</span>", moment(hold.ended_at), who)

    def get_panel(self, request: HttpRequest, obj: Reservation) -> dict[str, Any]:
        named = Q(register=obj.register_id, uid=obj.receipt_uid) if obj.register else Q(pk=obj.transaction_id)
        receipt = Receipt.objects.filter(named).first()
        return {
            "state": state_badge(obj),
            "holder": holder(obj),
            "until": until(obj),
            "age": age(obj.placed_at) if obj.state == ReservationState.OPEN else "",
            "late": obj.is_late,
            "ended": here(obj.ended_at) if obj.ended_at else "",
            "by": person(obj.ended_by),
            "receipt": link(receipt) if receipt else "",
            "sale": link(obj.transaction) if obj.transaction else "",
            "order": document_link(obj.order) if obj.order else "",
            "rows": _rows(obj),
        }


def state_badge(hold: Reservation) -> str:
    return badge(hold.get_state_display(), STATE_COLOURS.get(hold.state, ""))


def holder(hold: Reservation) -> str:
    """Say who holds: an order, or a register for a receipt."""
    if hold.order:
        return format_html("{}<br><span class='rg-muted'>{}</span>", document_link(hold.order), hold.order.customer)
    return format_html("{}<br><span class='rg-muted'>{}</span>", link(hold.register), hold.receipt_uid)  # type: ignore[arg-type]


def age(placed_at: datetime) -> str:
    return timesince(placed_at, depth=1)


def until(hold: Reservation) -> str:
    """Say until when goods are held; of what has ended, nothing."""
    if hold.state != ReservationState.OPEN:
        return NOTHING
    if hold.expires_at is None:
        return pgettext("reservation", "never")
    if hold.expires_at <= timezone.now():
        return badge(_now("Time has run out"), "warning")
    return format_html(
        "{}<br><span class='rg-muted'>{}</span>",
        moment(hold.expires_at),
        _now("in %(time)s") % {"time": timeuntil(hold.expires_at, depth=1)},
    )


def held(balance: Balance) -> dict[str, Any]:
    """Say who holds the SKU of a balance now, the oldest first: what its `reserved` is made of."""
    found = Reservation.objects.holding(skus=[balance.sku_id]).filter(warehouse=balance.warehouse_id)
    rows = []
    for hold in found.select_related("register", "order").order_by("placed_at", "pk")[:SHOWN]:
        quantity = sum((held.quantity for held in hold.held if held.sku_id == balance.sku_id), Decimal(0))
        rows.append({
            "url": reverse("admin:stock_reservation_change", args=[hold.pk]),
            "holder": holder(hold),
            "quantity": figure(quantity),
            "age": age(hold.placed_at),
            "until": until(hold),
        })  # fmt: skip
    url = list_url("stock.reservation", live="yes", warehouse__id__exact=balance.warehouse_id)
    return {"holds": rows, "holds_url": url, "holds_cut": len(rows) == SHOWN}


def _rows(hold: Reservation) -> list[dict[str, Any]]:
    ids = {held.sku_id for held in hold.held}
    skus = Sku.objects.select_related("item__unit").in_bulk(ids)
    balances: QuerySet[Any] = Balance.objects.with_available().filter(warehouse=hold.warehouse_id, sku__in=ids)
    left = {balance.sku_id: balance for balance in balances}
    return [
        {
            "line": held.line,
            "sku": sku_link(skus[held.sku_id]),
            "quantity": figure(held.quantity),
            "unit": skus[held.sku_id].item.unit.short_name,
            "available": balance_figure(left[held.sku_id].available, left[held.sku_id].pk)
            if held.sku_id in left
            else NOTHING,
        }
        for held in hold.held
    ]
