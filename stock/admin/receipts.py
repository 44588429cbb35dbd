"""Receipts with what came of them: which document took each into the books, or that it waits.

Every total of a document of sales leads here, to the receipts that make it, with their sum beside its own.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from registers.admin import ReceiptAdmin
from registers.admin.facts import badge, here, link
from registers.choices import PaymentKind, TransactionKind
from registers.models import KkmTransaction, Payment, Receipt, ReceiptLine
from retail.admin.base import NOTHING
from stock.admin.shown import document_link, money
from stock.choices import OrderStatus
from stock.models import CustomerOrder, MendedLine, ReceiptPosting, Reservation, StockDocument, UnpostedReceipt, ZReport
from stock.services import explanations

MOVING = (TransactionKind.SALE, TransactionKind.RETURN)
MENDED_SHOWN = 20


class _GivenFilter(DropdownFilter):
    """Narrows by what the address says; a person only sees it and takes it away."""

    def shown(self, value: str) -> str | None:
        """Return the words for a value, or None for one that means nothing."""
        raise NotImplementedError

    def narrowed(self, receipts: QuerySet[Receipt], value: str) -> QuerySet[Receipt]:
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        value = self.used_parameters.get(self.parameter_name)
        value = value[-1] if isinstance(value, list) else value
        words = self.shown(value) if value else None
        return [(value, words)] if words else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Receipt]) -> QuerySet[Receipt]:
        value = self.value()
        return self.narrowed(queryset, value) if value else queryset


class PostedByFilter(_GivenFilter):
    title = _("document")
    parameter_name = "document"

    def shown(self, value: str) -> str | None:
        document = StockDocument.objects.filter(pk=value).first() if value.isdecimal() else None
        return str(document) if document else None

    def narrowed(self, receipts: QuerySet[Receipt], value: str) -> QuerySet[Receipt]:
        return receipts.filter(posting__document=int(value))


class ReportFilter(_GivenFilter):
    """The receipts that a Z-report's totals are made of, whichever document moved their goods."""

    title = _("totals of Z-report")
    parameter_name = "report"

    def shown(self, value: str) -> str | None:
        report = ZReport.objects.filter(pk=value).first() if value.isdecimal() else None
        return str(report) if report else None

    def narrowed(self, receipts: QuerySet[Receipt], value: str) -> QuerySet[Receipt]:
        report = ZReport.objects.get(pk=int(value))
        return explanations.receipts_of(report=report, among=receipts)


class VatFilter(_GivenFilter):
    title = _("with lines at VAT")
    parameter_name = "vat"

    def shown(self, value: str) -> str | None:
        return value

    def narrowed(self, receipts: QuerySet[Receipt], value: str) -> QuerySet[Receipt]:
        code = "" if value == NOTHING else value
        return receipts.filter(Exists(ReceiptLine.objects.filter(receipt=OuterRef("pk"), vat=code)))


class PaidFilter(DropdownFilter):
    title = _("paid by")
    parameter_name = "paid"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return PaymentKind.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Receipt]) -> QuerySet[Receipt]:
        if self.value() not in PaymentKind.values:
            return queryset
        return queryset.filter(Exists(Payment.objects.filter(receipt=OuterRef("pk"), kind=self.value())))


class WaitingFilter(DropdownFilter):
    title = _("document")
    parameter_name = "posted"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return [("no", _("Waiting for processing")), ("yes", _("In a document"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Receipt]) -> QuerySet[Receipt]:
        match self.value():
            case "no":
                return queryset.filter(pk__in=UnpostedReceipt.objects.values("receipt"))
            case "yes":
                return queryset.filter(Exists(ReceiptPosting.objects.filter(receipt=OuterRef("pk"))))
        return queryset


class PostedReceiptAdmin(ReceiptAdmin):
    list_display: Any = (*ReceiptAdmin.list_display, "document_shown")
    list_filter: Any = (*ReceiptAdmin.list_filter, WaitingFilter, PaidFilter, VatFilter, ReportFilter, PostedByFilter)
    list_after_template = "stock/receipt_sums.html"

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Receipt]:
        return super().get_queryset(request).select_related("posting__document")

    @display(description=_("document"))
    def document_shown(self, receipt: Receipt) -> str:
        if receipt.kind not in MOVING:
            return NOTHING
        posting = _posting(receipt)
        return document_link(posting.document) if posting else badge(gettext("Waiting"), "warning")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Add the sums of what is listed, when it is what some total is made of."""
        response: HttpResponse = super().changelist_view(request, extra_context)
        context = response.context_data if isinstance(response, TemplateResponse) else None
        if context and "cl" in context and request.GET.keys() & {"document", "report"}:
            context["sums"] = _sums(request, context["cl"].queryset)
        return response

    def get_panel(self, request: HttpRequest, obj: Receipt) -> dict[str, Any]:
        return {**super().get_panel(request, obj), "outcome_template": "stock/receipt_outcome.html", **_outcome(obj)}


def _posting(receipt: Receipt) -> ReceiptPosting | None:
    posting: ReceiptPosting | None = getattr(receipt, "posting", None)
    return posting


def _outcome(receipt: Receipt) -> dict[str, Any]:
    """Say which document took the receipt into the books, whether its goods were held until it came, and those of its
    lines that were understood later.
    """
    posting = _posting(receipt)
    waiting = UnpostedReceipt.objects.filter(shift=receipt.shift_id, receipt=receipt.pk).exists()
    since = KkmTransaction.objects.values_list("received_at", flat=True).get(pk=receipt.pk) if waiting else None
    late = Reservation.objects.late().filter(register=receipt.register_id, receipt_uid=receipt.uid).first()
    mended = MendedLine.objects.filter(line__receipt=receipt).select_related("line", "document", "mended_by")
    return {
        "posted_by": document_link(posting.document) if posting else None,
        "waiting_since": here(since) if since else None,
        "waiting_for": timesince(since, depth=1) if since else None,
        **_order_of(receipt),
        "late": {"at": here(late.ended_at), "state": link(late, late.get_state_display())}
        if late and late.ended_at
        else None,
        "mended": [
            {
                "line": row.line.line,
                "at": here(row.mended_at),
                "by": row.mended_by,
                "document": document_link(row.document) if row.document else None,
            }
            for row in mended.order_by("line")[:MENDED_SHOWN]
        ],
    }


def _order_of(receipt: Receipt) -> dict[str, Any]:
    """Say what became of the customer order that the receipt names, if it names one."""
    if not receipt.order_uid:
        return {}
    named = Q(uid=receipt.order_uid) | Q(receipt=receipt.pk)
    order = CustomerOrder.objects.filter(named).select_related("receipt").order_by("receipt").first()
    if order is None:
        return {"unknown_order": receipt.order_uid}
    return {
        "order": document_link(order),
        "order_customer": order.customer,
        "order_cancelled": order.status == OrderStatus.CANCELLED,
        "order_sold_here": order.receipt_id == receipt.pk,
        "order_sold_by": link(order.receipt) if order.receipt else None,
        "sells": receipt.kind == TransactionKind.SALE,
    }


def _sums(request: HttpRequest, receipts: QuerySet[Receipt]) -> dict[str, Any]:
    """Sum up all the receipts listed: by themselves, and what in them is at the rate or payment asked for."""
    vat, paid = request.GET.get("vat"), request.GET.get("paid")
    found = explanations.sum_up(receipts=receipts, vat=None if vat is None else vat.replace(NOTHING, ""), paid=paid)
    return {
        "sales": (found.sale_count, money(found.sales)),
        "returns": (found.return_count, money(found.returns)),
        "net": money(found.sales - found.returns),
        "part": None
        if found.part is None
        else {
            "title": PaymentKind(paid).label if paid in PaymentKind.values else gettext("VAT %(code)s") % {"code": vat},
            "sales": money(found.part[0]),
            "returns": money(found.part[1]),
            "net": money(found.part[0] - found.part[1]),
        },
    }


admin.site.unregister(Receipt)
admin.site.register(Receipt, PostedReceiptAdmin)
