"""Receipts as registers printed them: lines, payments, the transaction as it came, and what came of it."""

from typing import Any

from django.contrib import admin
from django.db.models import BigIntegerField, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.decorators import display

from registers.admin import exports
from registers.admin.facts import FactAdmin, FactInline, badge, link, list_url, shop_time
from registers.admin.transactions import (
    FOUND,
    MAX_NUMBER_DIGITS,
    body_of,
    sentences,
    state_badge,
)
from registers.choices import TransactionKind
from registers.messages import number_in
from registers.models import Payment, Receipt, ReceiptLine, Register
from registers.services import returns
from retail.admin.base import NOTHING
from retail.admin.periods import PeriodFilter
from retail.services import figures

KIND_COLOURS: dict[str, str] = {TransactionKind.SALE: "info", TransactionKind.RETURN: "warning"}
LINKED = 20


class ReceiptLineInline(FactInline):
    model = ReceiptLine
    verbose_name_plural = _("lines")
    fields = (
        "line",
        "goods",
        "sku_code",
        "barcode",
        "quantity_shown",
        "price_shown",
        "discount_shown",
        "amount_shown",
        "vat",
        "marked",
    )
    readonly_fields = fields
    per_page = 50
    ordering = ("line",)

    @display(description=_("goods"))
    def goods(self, line: ReceiptLine) -> str:
        return link(line.sku, line.sku.name) if line.sku else badge(_("SKU not known"), "danger")

    @display(description=_("marks"))
    def marked(self, line: ReceiptLine) -> str:
        marks = line.marks if isinstance(line.marks, list) else [line.marks]
        return format_html_join("\n", "{}", ([str(mark)] for mark in marks)) or NOTHING

    @display(description=_("quantity"))
    def quantity_shown(self, line: ReceiptLine) -> str | None:
        return figures.quantity(line.quantity)

    @display(description=_("price"))
    def price_shown(self, line: ReceiptLine) -> str | None:
        return figures.money(line.price)

    @display(description=_("discount"))
    def discount_shown(self, line: ReceiptLine) -> str | None:
        return figures.money(line.discount)

    @display(description=_("amount"))
    def amount_shown(self, line: ReceiptLine) -> str | None:
        return figures.money(line.amount)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReceiptLine]:
        lines: QuerySet[ReceiptLine] = super().get_queryset(request)
        return lines.select_related("sku")


class PaymentInline(FactInline):
    model = Payment
    verbose_name_plural = _("payments")
    fields = ("kind", "amount_shown")
    readonly_fields = fields
    ordering = ("pk",)

    @display(description=_("amount"))
    def amount_shown(self, payment: Payment) -> str | None:
        return figures.money(payment.amount)


@admin.register(Receipt)
class ReceiptAdmin(FactAdmin):
    empty_says = _("Receipts come here from registers by themselves. Pair a register and sell something.")
    empty_leads_to = "registers.register"
    resource_classes = [exports.ReceiptResource, exports.ReceiptLineResource]
    list_display = ("title", "kind_shown", "register", "happened", "total_shown", "cashier", "shift", "state")
    list_display_links = ("title",)
    list_select_related = ("register__shop", "shift", "transaction")
    list_filter = (
        ("kind", ChoicesDropdownFilter),
        ("transaction__state", ChoicesDropdownFilter),
        ("register", AutocompleteSelectFilter),
        ("warehouse", RelatedDropdownFilter),
        ("occurred_at", PeriodFilter),
    )
    search_fields = ("uid",)
    search_help_text = _("The number or the whole id of a receipt; dates or a register make it quick")
    ordering = ("-pk",)
    moment = "occurred_at"
    sortable_by = ()  # No other order has an index behind it.
    inlines = (ReceiptLineInline, PaymentInline)
    panel_template = "registers/receipt_panel.html"
    body_template = "registers/body.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("register", "shop", "warehouse"),
                    ("happened", "shift", "cashier"),
                    ("total_shown", "card_number", "order_uid"),
                    ("fiscal_drive", "fiscal_document", "fiscal_sign"),
                    ("uid",),
                )
            },
        ),
    )
    readonly_fields = ("happened", "shop", "total_shown")

    @display(description=_("number"))
    def title(self, receipt: Receipt) -> str:
        return str(receipt)

    @display(description=_("kind"))
    def kind_shown(self, receipt: Receipt) -> str:
        return kind_badge(receipt)

    @display(description=_("time"))
    def happened(self, receipt: Receipt) -> str:
        return shop_time(receipt.occurred_at, receipt.register.shop)

    @display(description=_("total"))
    def total_shown(self, receipt: Receipt) -> str | None:
        return figures.money(receipt.total)

    @display(description=_("shop"))
    def shop(self, receipt: Receipt) -> str:
        return link(receipt.register.shop)

    @display(description=_("state"))
    def state(self, receipt: Receipt) -> str:
        return state_badge(receipt.transaction)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        receipts: QuerySet[Receipt] = super().get_queryset(request)
        related = receipts.select_related("register__shop", "shift", "warehouse", "transaction")
        return related.defer("transaction__raw", "transaction__body_hash")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Receipt], search_term: str
    ) -> tuple[QuerySet[Receipt], bool]:
        """Find by whole id through the index that begins with the register, or by number among what is listed."""
        term = search_term.strip()
        if not term:
            return queryset, False
        every_register = Receipt.objects.filter(register__in=Register.objects.values("pk"))
        found = list(every_register.filter(uid=term).values_list("pk", flat=True)[:FOUND])
        if not found and term.isascii() and term.isdigit() and len(term) <= MAX_NUMBER_DIGITS:
            return queryset.filter(number=Cast(Value(int(term)), BigIntegerField())), False
        return queryset.filter(pk__in=found), False

    def get_panel(self, request: HttpRequest, obj: Receipt) -> dict[str, Any]:
        return {
            "kind": kind_badge(obj),
            "state": state_badge(obj.transaction),
            "sentences": sentences(obj.transaction),
            "transaction": link(obj.transaction),
            "unknown": obj.lines.filter(sku=None).count(),
            "balances_url": list_url("stock.balance", warehouse__id__exact=obj.warehouse_id),
            "sales": _links(returns.sales_of(obj).filter(register__in=Register.objects.values("pk"))),
            "of_uid": _named(obj.of_uid),
            "returns": _links(returns.returns_of(obj)) if obj.kind == TransactionKind.SALE else [],
            "folded": True,
            **body_of(obj.transaction),
        }


def _named(of: str) -> str:
    """Return how a return names its sale, as people read it."""
    number = number_in(of)
    return of if number is None else gettext("№ %(number)s") % {"number": number}


def kind_badge(receipt: Receipt) -> str:
    return badge(receipt.get_kind_display(), KIND_COLOURS.get(receipt.kind, ""))


def _links(receipts: QuerySet[Receipt]) -> list[str]:
    found = receipts.select_related("register").order_by("pk")[:LINKED]
    return [
        link(
            receipt,
            gettext("№ %(number)s on register %(register)s")
            % {"number": receipt.number, "register": receipt.register.number},
        )
        for receipt in found
    ]
