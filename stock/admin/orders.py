"""«Заказы покупателей»: taken, agreed, handed to a courier, sold. The page of one tells its whole life."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy
from unfold.contrib.filters.admin import AutocompleteSelectFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from registers.admin.facts import badge, here, link
from registers.services import returns
from retail.admin.base import NOTHING, user_of
from retail.admin.periods import PeriodFilter
from retail.choices import ItemKind
from retail.exceptions import DomainError
from stock.admin import exports
from stock.admin.documents import StockDocumentAdmin
from stock.admin.lines import InvoiceLineInline, KeptLineInline
from stock.admin.order_verbs import OrderVerbs
from stock.admin.shown import balance_figure, money, person
from stock.choices import OrderDeed, OrderStatus
from stock.models import CustomerOrder, OrderEvent
from stock.services import orders, reservations

STATUS_COLOURS: dict[str, str] = {OrderStatus.AGREED: "info", OrderStatus.CANCELLED: "warning"}
DEED_ICONS: dict[str, str] = {
    OrderDeed.MADE: "edit_note",
    OrderDeed.AGREED: "handshake",
    OrderDeed.CHANGED: "edit",
    OrderDeed.TAKEN_BACK: "undo",
    OrderDeed.CANCELLED: "cancel",
    OrderDeed.REOPENED: "restart_alt",
    OrderDeed.TOLD: "two_wheeler",
    OrderDeed.SOLD: "receipt_long",
}
LATEST = 100  # events on a page


class StandFilter(DropdownFilter):
    title = pgettext_lazy("order", "status")
    parameter_name = "stands"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return (
            ("not_agreed", OrderStatus.NOT_AGREED.label),
            ("agreed", _("Agreed, not sold yet")),
            ("sold", pgettext_lazy("order", "Sold")),
            ("cancelled", OrderStatus.CANCELLED.label),
            ("odd", _("Sold, but not agreed")),
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[CustomerOrder]) -> QuerySet[CustomerOrder]:
        match self.value():
            case "sold":
                return queryset.exclude(receipt=None)
            case "odd":
                return queryset.exclude(receipt=None).exclude(status=OrderStatus.AGREED)
            case "agreed" | "not_agreed" | "cancelled":
                return queryset.filter(status=self.value(), receipt=None)
        return queryset


class DeliveryFilter(DropdownFilter):
    title = _("delivery")
    parameter_name = "delivery"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return (
            ("late", _("Should have been delivered")),
            ("today", _("Today")),
            ("tomorrow", _("Tomorrow")),
            ("none", _("No day yet")),
        )

    def queryset(self, request: HttpRequest, queryset: QuerySet[CustomerOrder]) -> QuerySet[CustomerOrder]:
        today = timezone.localdate()
        match self.value():
            case "late":
                waiting = queryset.filter(receipt=None).exclude(status=OrderStatus.CANCELLED)
                return waiting.filter(delivery_date__lt=today)
            case "today":
                return queryset.filter(delivery_date=today)
            case "tomorrow":
                return queryset.filter(delivery_date=today + timedelta(days=1))
            case "none":
                return queryset.filter(delivery_date=None)
        return queryset


class DayFilter(PeriodFilter):
    """Days from and to, of a date without a time."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        ends = {"gte": self._day("from"), "lte": self._day("to")}
        return queryset.filter(**{f"{self.field_path}__{end}": day for end, day in ends.items() if day})


class OrderLineInline(InvoiceLineInline):
    """Lines of an order that may change. What the order holds itself is available to it."""

    @display(description=_("available"))
    def available_figure(self, line: Any) -> str:
        if not line.pk or line.sku.item.kind == ItemKind.SERVICE:
            return NOTHING
        own = line.asked if self.holds else 0
        return balance_figure(line.available + own, line.balance_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("sku__item")

    def get_formset(self, request: HttpRequest, obj: CustomerOrder | None = None, **kwargs: Any) -> Any:
        self.holds = obj is not None and obj.holds
        return super().get_formset(request, obj, **kwargs)


@admin.register(CustomerOrder)
class CustomerOrderAdmin(OrderVerbs, StockDocumentAdmin):
    empty_says = _(
        "Goods promised to a customer: agree an order, and they are held until a courier's register sells them."
    )
    empty_leads_to = "registers.register"
    resource_classes = [exports.CustomerOrderResource, exports.DocumentLineResource]
    counterparty = "counterparty"
    found_by = ("customer__icontains", "phone__icontains", "address__icontains", "uid")
    search_help_text = _("A number, a customer, a phone or an address; a SKU by code, name or barcode")
    line_inline = OrderLineInline
    actions: Any = ("agree_chosen",)
    available_url_name = "admin:stock_wholesaleinvoice_available"
    change_form_outer_before_template = "stock/order_panel.html"
    list_display = (
        "number_shown", "date_shown", "customer_shown", "delivery_shown", "warehouse", "courier", "total_figure",
        "prepaid_figure", "status_shown",
    )  # fmt: skip
    list_filter = (
        StandFilter,
        DeliveryFilter,
        ("delivery_date", DayFilter),
        ("warehouse", RelatedDropdownFilter),
        ("courier", AutocompleteSelectFilter),
        ("date", PeriodFilter),
    )
    autocomplete_fields = ("warehouse", "counterparty", "courier")
    fieldsets = (
        (None, {"fields": ("date", ("warehouse", "counterparty"), ("customer", "phone"))}),
        (_("Delivery"), {"fields": (("courier", "address"), "delivery_date", ("delivery_from", "delivery_to"))}),
        (_("Payment and comment"), {"fields": ("prepaid", "comment")}),
    )

    def related(self) -> tuple[str, ...]:
        return (*super().related(), "courier", "receipt", "warehouse__organization")

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [self.line_inline] if obj is None or _is_open(obj) else [KeptLineInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """The goods of an agreed order are held in its warehouse, so it stays there."""
        return ("warehouse",) if obj is not None and obj.holds else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or _is_open(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One that was agreed is cancelled, and stays to be read."""
        never_agreed = obj is None or obj.status == OrderStatus.NOT_AGREED
        return super().has_delete_permission(request, obj) and never_agreed

    @display(description=_("customer"), ordering="customer")
    def customer_shown(self, order: CustomerOrder) -> str:
        return format_html("{}<br><span class='rg-muted'>{}</span>", order.customer, order.phone)

    @display(description=_("delivery"), ordering="delivery_date")
    def delivery_shown(self, order: CustomerOrder) -> str:
        return format_html_join(mark_safe("<br>"), "{}", ([part] for part in _delivery(order))) or NOTHING

    @display(description=_("prepaid"), ordering="prepaid")
    def prepaid_figure(self, order: CustomerOrder) -> str:
        return money(order.prepaid) if order.prepaid else NOTHING

    @display(description=pgettext_lazy("order", "status"), ordering="status")
    def status_shown(self, order: CustomerOrder) -> str:
        return status_badge(order)

    # Saving is the services'.

    def check_can_edit(self, original: Any) -> None:
        orders.check_can_edit(order=original)

    def words_of(self, refusal: DomainError) -> str:
        if not isinstance(refusal, reservations.Refused):
            return super().words_of(refusal)
        named = format_html_join("", "<li>{}</li>", ([line.detail] for line in refusal.lines))
        return format_html("{}<ul>{}</ul>", _now("Not enough is free:"), named)

    def party(self, document: Any) -> Any:
        return document.counterparty or document.customer

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        orders.save_header(order=obj, by=user_of(request), now=timezone.now())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        lines = formset.save(commit=False)
        for line in formset.deleted_objects:
            line.delete()
        orders.save_lines(order=form.instance, lines=lines, now=timezone.now())

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.has_changed() or any(formset.has_changed() for formset in formsets):
            orders.rehold(order=form.instance, by=user_of(request), now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        orders.discard(order=obj)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if order := kwargs.get("obj"):
            context |= panel(order)
        return super().render_change_form(request, context, **kwargs)


def _is_open(order: CustomerOrder) -> bool:
    return order.is_draft and order.status != OrderStatus.CANCELLED


def status_badge(order: CustomerOrder) -> str:
    """Say how an order stands: a sold one is sold, whatever was agreed."""
    if not order.is_sold:
        return badge(order.get_status_display(), STATUS_COLOURS.get(order.status, ""))
    sold = badge(pgettext("order", "Sold"), "success")
    if order.status == OrderStatus.AGREED:
        return sold
    return format_html("{} {}", sold, badge(order.get_status_display(), "warning"))


def _delivery(order: CustomerOrder) -> list[str]:
    """Return the day and the hours of an order's delivery, as far as they are known."""
    day = date_format(order.delivery_date, "SHORT_DATE_FORMAT") if order.delivery_date else ""
    hours = [f"{at:%H:%M}" if at else "…" for at in (order.delivery_from, order.delivery_to)]
    return [part for part in (day, "–".join(hours) if hours != ["…", "…"] else "") if part]


def panel(order: Any) -> dict[str, Any]:
    """Describe an order: how it stands, what is to be paid, and its life, the latest first."""
    hold = order.reservations.order_by("-pk").first()
    events = order.events.select_related("by", "register").order_by("-pk")[:LATEST]
    return {
        "status": status_badge(order),
        "delivery": " ".join(_delivery(order)),
        "prepaid": money(order.prepaid) if order.prepaid else "",
        "to_pay": money(order.total - order.prepaid),
        "hold": link(hold, hold.get_state_display()) if hold else "",
        "courier": link(order.courier) if order.courier else "",
        "told": order.handouts.filter(register=order.courier_id, live=True).values_list("told_at", flat=True).first(),
        "holds": order.holds,
        "sold_by": link(order.receipt) if order.receipt else "",
        "others": _other_sales(order),
        "events": [_event_row(event) for event in events],
    }


def _event_row(event: OrderEvent) -> dict[str, Any]:
    return {
        "at": here(event.at),
        "icon": DEED_ICONS[event.deed],
        "deed": event.get_deed_display(),
        "by": person(event.by) or (link(event.register) if event.register else ""),
        "reason": event.reason,
        "sold": event.deed == OrderDeed.SOLD,
    }


def _other_sales(order: CustomerOrder) -> list[str]:
    """Name returns of the sale that the order became: it stays sold."""
    if not order.receipt:
        return []
    found = returns.returns_of(order.receipt).filter(register=order.receipt.register_id).order_by("pk")
    return [link(receipt) for receipt in found[:LATEST]]
