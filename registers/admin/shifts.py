"""Shifts: their receipts, what they came to, and what the register counted itself."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter
from unfold.decorators import display

from registers.admin import exports
from registers.admin.facts import FactAdmin, FactInline, badge, link, list_url, shop_time
from registers.admin.receipts import kind_badge
from registers.admin.transactions import state_badge
from registers.choices import PaymentKind
from registers.models import Receipt, Shift
from registers.services import shifts
from retail.admin.periods import PeriodFilter
from retail.services import figures

PAYMENTS = dict(PaymentKind.choices)


class ReceiptInline(FactInline):
    model = Receipt
    verbose_name_plural = _("receipts")
    fields = ("title", "kind_shown", "happened", "cashier", "total_shown", "state")
    readonly_fields = fields
    per_page = 50
    ordering = ("occurred_at", "pk")

    @display(description=_("number"))
    def title(self, receipt: Receipt) -> str:
        return link(receipt)

    @display(description=_("kind"))
    def kind_shown(self, receipt: Receipt) -> str:
        return kind_badge(receipt)

    @display(description=_("time"))
    def happened(self, receipt: Receipt) -> str:
        return shop_time(receipt.occurred_at, receipt.register.shop)

    @display(description=_("total"))
    def total_shown(self, receipt: Receipt) -> str | None:
        return figures.money(receipt.total)

    @display(description=_("state"))
    def state(self, receipt: Receipt) -> str:
        return state_badge(receipt.transaction)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        receipts: QuerySet[Receipt] = super().get_queryset(request)
        related = receipts.select_related("register__shop", "transaction")
        return related.defer("transaction__raw", "transaction__body_hash")


@admin.register(Shift)
class ShiftAdmin(FactAdmin):
    empty_says = _(
        "A shift is there from the first receipt that names it. Pair a register, and its shifts will stand here."
    )
    empty_leads_to = "registers.register"
    resource_classes = [exports.ShiftResource]
    list_display = ("title", "register", "shop", "opened", "closed", "open_shown")
    list_display_links = ("title",)
    list_select_related = ("register__shop",)
    list_filter = (
        ("register", AutocompleteSelectFilter),
        ("register__shop", RelatedDropdownFilter),
        ("first_at", PeriodFilter),
    )
    search_fields = ("=number",)
    search_help_text = _("The number of a shift")
    ordering = ("-first_at", "-pk")
    inlines = (ReceiptInline,)
    panel_template = "registers/shift_panel.html"
    fieldsets = ((None, {"fields": (("register", "shop"), ("first", "opened", "closed"))}),)
    readonly_fields = ("shop", "first", "opened", "closed")

    @display(description=_("number"), ordering="number")
    def title(self, shift: Shift) -> str:
        return str(shift)

    @display(description=_("shop"), ordering="register__shop")
    def shop(self, shift: Shift) -> str:
        return link(shift.register.shop)

    @display(description=_("first transaction at"))
    def first(self, shift: Shift) -> str:
        return shop_time(shift.first_at, shift.register.shop)

    @display(description=_("opened at"), ordering="first_at")
    def opened(self, shift: Shift) -> str:
        return shop_time(shift.opened_at, shift.register.shop)

    @display(description=_("closed at"), ordering="closed_at")
    def closed(self, shift: Shift) -> str:
        return shop_time(shift.closed_at, shift.register.shop)

    @display(description=_("state"))
    def open_shown(self, shift: Shift) -> str:
        return badge(pgettext("shift", "Closed")) if shift.closed_at else badge(pgettext("shift", "Open"), "success")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Shift]:
        found: QuerySet[Shift] = super().get_queryset(request)
        return found.select_related("register__shop")

    def get_panel(self, request: HttpRequest, obj: Shift) -> dict[str, Any]:
        totals = shifts.totals(shift=obj)
        return {
            "state": self.open_shown(obj),
            "totals": totals,
            "money": [
                *((PAYMENTS.get(kind, kind), figures.money(sum_)) for kind, sum_ in sorted(totals.payments.items())),
                (_("Cash put in"), figures.money(totals.cash_in)),
                (_("Cash taken out"), figures.money(totals.cash_out)),
            ],
            "figures": [
                (figure.name, _figure(figure.ours), _figure(figure.theirs), figure.differs)
                for figure in shifts.compare(shift=obj, totals=totals)
            ],
            "counted": bool(obj.counters),
            "receipts_url": list_url("registers.receipt", shift__id__exact=obj.pk),
            "transactions_url": list_url(
                "registers.kkmtransaction", register__id__exact=obj.register_id, shift_number=obj.number
            ),
        }


def _figure(value: Decimal | int | None) -> str | None:
    """Write a sum of money or a number of receipts; what the register counts is not always either."""
    return figures.money(value) if isinstance(value, Decimal) else value if value is None else str(value)
