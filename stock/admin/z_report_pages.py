"""What the page of a Z-report shows: totals, the register's counters beside ours, and what does not agree."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from registers.admin.facts import list_url
from registers.services import shifts
from stock.admin import sales_pages
from stock.admin.discrepancies import discrepancy_row
from stock.admin.sales_pages import Total, of_document, totals_table
from stock.admin.shown import agreement_badge, counted, document_link, moment, money
from stock.choices import Agreement, SalesKind, TotalBy
from stock.models import ZReport, ZReportTotal

DOCUMENTS_SHOWN = 50


def list_totals(reports: QuerySet[ZReport]) -> dict[str, Any]:
    """Sum up the reports of a list, over all its pages, in one statement."""
    found = reports.aggregate(
        count=Count("pk"),
        sales_sum=Sum("sales", default=0),
        returns_sum=Sum("returns", default=0),
        receipts_sum=Sum("receipts", default=0),
        return_receipts_sum=Sum("return_receipts", default=0),
    )
    return {
        "count": found["count"],
        "sales": money(found["sales_sum"]),
        "returns": money(found["returns_sum"]),
        "net": money(found["sales_sum"] - found["returns_sum"]),
        "receipts": counted(found["receipts_sum"] + found["return_receipts_sum"]),
    }


def z_report(request: HttpRequest, report: Any) -> dict[str, Any]:
    """Return what the page shows, in a number of statements that does not grow with what is shown."""
    breakdown = list(report.breakdown.order_by("by", "key", "kind"))
    own = report.corrects or report
    open_found: list[dict[str, Any]] = []
    healed: list[dict[str, Any]] = []
    for found in own.discrepancies.select_related("accepted_by").order_by("pk"):
        (healed if found.resolved_at else open_found).append(discrepancy_row(found))
    return {
        **of_document(request, report),
        "agreement": agreement_badge(report.agreement),
        "figures": figures_of(report),
        "vat": totals_table(_chosen(breakdown, TotalBy.VAT), by=TotalBy.VAT, report=report.pk),
        "payments": totals_table(_chosen(breakdown, TotalBy.PAYMENT), by=TotalBy.PAYMENT, report=report.pk),
        **_counters(report),
        "corrected": document_link(report.corrects) if report.corrects else None,
        "others": [_report_row(row) for row in sales_pages.reports_of(report.shift_id) if row.pk != report.pk],
        "differences": open_found,
        "waiting_differences": any(row["waits"] for row in open_found),
        "healed": healed,
        "may_accept": request.user.has_perm("stock.accept_discrepancy"),
        "accept_url": reverse("admin:stock_zreport_accept_discrepancies", args=[own.pk]),
        "sales_documents": _sales_rows(report),
        "sales_documents_url": list_url("stock.currentsales", shift__id__exact=report.shift_id),
        "report_receipts_url": list_url("registers.receipt", report=report.pk),
    }


def figures_of(report: ZReport, *, leading: bool = True) -> dict[str, Any]:
    """Return the sums of a Z-report; those of sales and of returns lead to their receipts."""

    def lead(amount: Any, kind: str) -> str:
        url = list_url("registers.receipt", report=report.pk, kind__exact=kind)
        return format_html('<a href="{}" class="text-link">{}</a>', url, money(amount)) if leading else money(amount)

    return {
        "sales": lead(report.sales, SalesKind.SALE),
        "returns": lead(report.returns, SalesKind.RETURN),
        "net": money(report.sales - report.returns),
        "receipts": report.receipts,
        "return_receipts": report.return_receipts,
        "cancelled": report.cancelled_receipts,
        "cash_in": money(report.cash_in),
        "cash_out": money(report.cash_out),
    }


def printed(report: Any) -> dict[str, Any]:
    """Return what the form on paper shows."""
    breakdown = list(report.breakdown.order_by("by", "key", "kind"))
    differences = (report.corrects or report).discrepancies.open().select_related("accepted_by").order_by("pk")
    return {
        "figures": figures_of(report, leading=False),
        "vat": totals_table(_chosen(breakdown, TotalBy.VAT), by=TotalBy.VAT),
        "payments": totals_table(_chosen(breakdown, TotalBy.PAYMENT), by=TotalBy.PAYMENT),
        **_counters(report),
        "agreement": Agreement(report.agreement).label,
        "differences": [discrepancy_row(found) for found in differences],
    }


def _counters(report: ZReport) -> dict[str, Any]:
    """Set ours beside the register's own: roubles with kopecks, numbers of receipts without."""
    rows = []
    for found in shifts.compare(shift=report.shift, totals=shifts.totals(shift=report.shift)):
        show: Any = money if isinstance(found.ours, Decimal) else counted
        theirs = None if found.theirs is None else show(found.theirs)
        rows.append({"name": found.name, "ours": show(found.ours), "theirs": theirs, "differs": found.differs})
    return {"counters": rows, "counted": bool(report.shift.counters)}


def _chosen(breakdown: list[ZReportTotal], by: TotalBy) -> Iterator[Total]:
    return (Total(row.kind, row.key, row.amount, row.tax) for row in breakdown if row.by == by)


def _report_row(report: ZReport) -> dict[str, Any]:
    return {
        "document": document_link(report),
        "date": moment(report.date),
        "net": money(report.sales - report.returns),
        "correction": report.is_correction,
    }


def _sales_rows(report: ZReport) -> list[dict[str, Any]]:
    documents: Any = sales_pages.with_sums(sales_pages.sales_of(report.shift_id)).select_related("warehouse")
    return [
        {
            "document": document_link(document),
            "date": moment(document.date),
            "warehouse": document.warehouse,
            "net": money(document.sales - document.returns),
        }
        for document in documents.order_by("-pk")[:DOCUMENTS_SHOWN]
    ]
