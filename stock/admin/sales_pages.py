"""What pages of current sales and of Z-reports show alike: totals with their receipts, lines, movements."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext as _

from registers.admin.facts import badge, link, list_url, shop_time
from registers.choices import PaymentKind
from registers.models import Payment
from retail.admin.base import NOTHING
from retail.fields import MoneyField
from retail.models import VatRate
from stock.admin.paging import page_of
from stock.admin.shown import balance_figure, document_link, figure, moment, money, sku_link
from stock.choices import SalesKind, TotalBy
from stock.models import CurrentSales, Movement, ReceiptPosting, SalesLine, StockDocument, ZReport
from stock.models.movements import MovementQuerySet

ZERO = Decimal(0)
PAYMENTS = dict(PaymentKind.choices)


@dataclass(frozen=True)
class Total:
    """Sales or returns of one VAT rate, or paid in one way; `tax` is None where there is no telling it."""

    kind: str
    key: str
    amount: Decimal
    tax: Decimal | None = None


def totals_table(totals: Iterable[Total], *, by: str, **receipts: int) -> list[dict[str, Any]]:
    """Lay totals out, a row for a VAT rate or a kind of payment; each amount leads to the receipts that make it.

    `receipts` is how the list of receipts is narrowed to those of the document; without it nothing leads anywhere.
    """
    rows: dict[str, dict[str, Total]] = {}
    for total in totals:
        rows.setdefault(total.key, {})[total.kind] = total
    names = dict(VatRate.objects.values_list("code", "name")) if by == TotalBy.VAT else PAYMENTS
    parameter = "vat" if by == TotalBy.VAT else "paid"
    table = []
    for key, found in sorted(rows.items()):
        sale, returned = found.get(SalesKind.SALE), found.get(SalesKind.RETURN)
        narrowed = {**receipts, parameter: key or NOTHING} if receipts else {}
        table.append(
            {
                "name": names.get(key, key or _("not told")),
                "sale": _amount(sale, narrowed),
                "sale_tax": _tax(sale),
                "return": _amount(returned, narrowed),
                "return_tax": _tax(returned),
                "net": money((sale.amount if sale else ZERO) - (returned.amount if returned else ZERO)),
                "net_tax": _net_tax(sale, returned),
            }
        )
    return table


def _amount(total: Total | None, receipts: dict[str, Any]) -> str:
    if total is None:
        return NOTHING
    if not receipts:
        return money(total.amount)
    url = list_url("registers.receipt", **receipts, kind__exact=total.kind)
    return format_html('<a href="{}" class="text-link">{}</a>', url, money(total.amount))


def _tax(total: Total | None) -> str:
    return NOTHING if total is None or total.tax is None else money(total.tax)


def _net_tax(sale: Total | None, returned: Total | None) -> str:
    taxes = [(1, sale), (-1, returned)]
    known = [sign * total.tax for sign, total in taxes if total is not None and total.tax is not None]
    return money(sum(known, ZERO)) if known else NOTHING


def of_document(request: HttpRequest, document: Any) -> dict[str, Any]:
    """Return what a page of sales of either kind shows of its document."""
    lines = document.sales_lines
    sums = {
        kind: (count, amount, discount)
        for kind, count, amount, discount in lines.order_by()
        .values_list("kind")
        .annotate(Count("pk"), Sum("amount"), Sum("discount"))
    }
    return {
        "document": document,
        "register": link(document.register),
        "shop": link(document.register.shop),
        "shift": link(document.shift),
        "warehouse": link(document.warehouse),
        "opened": shop_time(document.shift.opened_at or document.shift.first_at, document.register.shop),
        "closed": shop_time(document.shift.closed_at, document.register.shop),
        "date": moment(document.date),
        "posted": moment(document.posted_at) if document.posted_at else NOTHING,
        "receipts_url": list_url("registers.receipt", document=document.pk),
        "movements_url": list_url("stock.movement", document__id__exact=document.pk),
        "line_sums": [
            {"kind": _kind(kind), "count": count, "amount": money(amount), "discount": money(discount)}
            for kind, (count, amount, discount) in sorted(sums.items(), reverse=True)
        ],
        "lines": page_of(
            request,
            lines.select_related("sku__item__unit").order_by("sku__code", "-kind", "vat"),
            name="lines",
            shown_as=_line_row,
            count=sum(count for count, _amount, _discount in sums.values()),
        ),
        "movements": page_of(request, _movements(document), name="movements", shown_as=_movement_row),
    }


def current_sales(request: HttpRequest, document: Any) -> dict[str, Any]:
    """Return what the page of current sales shows."""
    vat = document.sales_lines.order_by().values_list("kind", "vat").annotate(Sum("amount"))
    payments = Payment.objects.filter(receipt__posting__document=document).order_by()
    paid = payments.values_list("receipt__kind", "kind").annotate(Sum("amount"))
    return {
        **of_document(request, document),
        "sales": money(document.sales),
        "returns": money(document.returns),
        "net": money(document.sales - document.returns),
        "receipts": document.receipts,
        "vat": totals_table((Total(*row) for row in vat), by=TotalBy.VAT, document=document.pk),
        "payments": totals_table((Total(*row) for row in paid), by=TotalBy.PAYMENT, document=document.pk),
        "reports": [document_link(report) for report in reports_of(document.shift_id)],
    }


def with_sums(documents: QuerySet[CurrentSales]) -> QuerySet[CurrentSales]:
    """Add `sales` and `returns` in roubles and the number of `receipts`."""
    postings = ReceiptPosting.objects.filter(document=OuterRef("pk")).order_by().values("document")
    receipts = Subquery(postings.annotate(count=Count("pk")).values("count"))
    return documents.annotate(
        sales=_sum_of(SalesKind.SALE), returns=_sum_of(SalesKind.RETURN), receipts=Coalesce(receipts, 0)
    )


def _sum_of(kind: SalesKind) -> Coalesce:
    lines = SalesLine.objects.filter(document=OuterRef("pk"), kind=kind).order_by().values("document")
    summed = Subquery(lines.annotate(sum=Sum("amount")).values("sum"), output_field=MoneyField())
    return Coalesce(summed, Decimal(0), output_field=MoneyField())


def reports_of(shift_id: int) -> QuerySet[Any]:
    """Return the shift's own Z-report, then its corrections, with how they agree."""
    return ZReport.objects.with_agreement().filter(shift=shift_id).order_by("pk")


def sales_of(shift_id: int) -> QuerySet[CurrentSales]:
    return CurrentSales.objects.filter(shift=shift_id).order_by("pk")


def _movements(document: StockDocument) -> QuerySet[Movement]:
    movements: MovementQuerySet = document.movements  # type: ignore[assignment]
    return movements.with_balance().select_related("sku", "warehouse").order_by("pk")


def _kind(kind: str) -> str:
    return badge(SalesKind(kind).label, "warning" if kind == SalesKind.RETURN else "info")


def _line_row(line: SalesLine) -> dict[str, Any]:
    return {
        "sku": sku_link(line.sku),
        "kind": _kind(line.kind),
        "vat": line.vat or NOTHING,
        "quantity": figure(line.quantity),
        "unit": line.sku.item.unit.short_name,
        "discount": money(line.discount),
        "amount": money(line.amount),
    }


def _movement_row(movement: Any) -> dict[str, Any]:
    return {
        "sku": sku_link(movement.sku),
        "moved": figure(movement.quantity, signed=True),
        "after": balance_figure(movement.on_hand_after, movement.balance_id),
    }
