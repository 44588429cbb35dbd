"""The documents that take what registers sold into the books: current sales and Z-reports. Read only."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from retail.api import filters
from retail.api.base import LinesViewSet, ReadViewSet, Row
from retail.api.descriptions import DOCUMENTS
from stock.choices import Agreement, DocumentKind
from stock.models import CurrentSales, Discrepancy, SalesLine, ZReport, ZReportTotal

_SOLD = {
    "id": 801, "number": "000031", "date": "2026-11-20T12:00:00+03:00", "state": "posted", "organization": 1,
    "warehouse": 1, "register": 4, "shift": 12, "comment": "", "posted_at": "2026-11-20T12:00:00+03:00",
}  # fmt: skip
_DISCREPANCY = {
    "id": 5, "what": "counter", "key": "cash", "expected": "198.000", "found": "200.000", "difference": "2.000",
    "details": {}, "found_at": "2026-11-20T21:00:05+03:00", "resolved_at": None, "accepted_at": None,
    "accepted_by": None, "reason": "",
}  # fmt: skip
_Z_REPORT = {
    **_SOLD, "corrects": None, "sales": "198.00", "returns": "0.00", "receipts": 1, "return_receipts": 0,
    "cancelled_receipts": 0, "cash_in": "0.00", "cash_out": "0.00", "agreement": "differs",
    "breakdown": [
        {"kind": "sale", "by": "payment", "key": "cash", "amount": "198.00", "tax": None},
        {"kind": "sale", "by": "vat", "key": "10", "amount": "198.00", "tax": "18.00"},
    ],
    "discrepancies": [_DISCREPANCY],
}  # fmt: skip
_SALES_FIELDS = (
    "id", "number", "date", "state", "organization", "warehouse", "register", "shift", "comment", "posted_at",
)  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("The third of a shift", {**_SOLD, "sequence": 3})])
class CurrentSalesRow(Row[CurrentSales]):
    class Meta:
        model = CurrentSales
        fields = (*_SALES_FIELDS, "sequence")


class ZReportTotalRow(Row[ZReportTotal]):
    class Meta:
        model = ZReportTotal
        fields = ("kind", "by", "key", "amount", "tax")


class DiscrepancyRow(Row[Discrepancy]):
    accepted_by = serializers.CharField(source="accepted_by.username", allow_null=True)

    class Meta:
        model = Discrepancy
        fields = (
            "id", "what", "key", "expected", "found", "difference", "details", "found_at", "resolved_at", "accepted_at",
            "accepted_by", "reason",
        )  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("A shift whose cash differs", _Z_REPORT)])
class ZReportRow(Row[ZReport]):
    sales = serializers.DecimalField(max_digits=15, decimal_places=2)
    returns = serializers.DecimalField(max_digits=15, decimal_places=2)
    cash_in = serializers.DecimalField(max_digits=15, decimal_places=2)
    cash_out = serializers.DecimalField(max_digits=15, decimal_places=2)
    receipts = serializers.IntegerField()
    return_receipts = serializers.IntegerField()
    cancelled_receipts = serializers.IntegerField()
    agreement = serializers.ChoiceField(
        choices=Agreement.choices, help_text="Of a correction: that of what it corrects"
    )
    breakdown = ZReportTotalRow(many=True, help_text="By VAT rate and by kind of payment")
    discrepancies = DiscrepancyRow(many=True, help_text="Those of the shift's own report")

    class Meta:
        model = ZReport
        fields = (
            *_SALES_FIELDS, "corrects", "sales", "returns", "receipts", "return_receipts", "cancelled_receipts",
            "cash_in", "cash_out", "agreement", "breakdown", "discrepancies",
        )  # fmt: skip


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Milk sold",
            {
                "id": 6001, "sku": "10001", "name": "Молоко 3,2 %", "kind": "sale", "vat": "10", "quantity": "2.000",
                "amount": "198.00", "discount": "0.00",
            },
        )
    ]
)  # fmt: skip
class SalesLineRow(Row[SalesLine]):
    sku = serializers.CharField(source="sku.code", help_text="Code of the SKU")
    name = serializers.CharField(source="sku.name")

    class Meta:
        model = SalesLine
        fields = ("id", "sku", "name", "kind", "vat", "quantity", "amount", "discount")


class _SalesFilters(FilterSet):
    warehouse = filters.Numbers(about="Ids of warehouses")
    organization = filters.Numbers(about="Ids of organizations")
    register = filters.Numbers(about="Ids of registers")
    shop = filters.Numbers("register__shop", about="Ids of shops")
    shift = filters.Numbers(about="Ids of shifts")
    number = filters.Codes(about="Numbers of documents")
    since = filters.Since("date", about="Date of the document")
    until = filters.Until("date", about="Date of the document")


class CurrentSalesFilters(_SalesFilters):
    pass


def _correction(rows: QuerySet[Any], wanted: bool) -> QuerySet[Any]:
    return rows.filter(corrects__isnull=not wanted)


class ZReportFilters(_SalesFilters):
    agreement = filters.Choices(words=Agreement.values, about="How it stands with what it was compared with")
    correction = filters.Check(about="true: corrections only; false: shifts' own reports only", narrow=_correction)
    corrects = filters.Numbers(about="Ids of the reports that are corrected")


class SalesLineFilters(FilterSet):
    sku = filters.Codes("sku__code", about="Codes of SKUs")


class CurrentSalesViewSet(ReadViewSet):
    """What a register sold since the last such document of its shift, posted while the shift is open."""

    tag = DOCUMENTS
    title = "current sales"
    queryset = CurrentSales.objects.filter(kind=DocumentKind.CURRENT_SALES)
    serializer_class = CurrentSalesRow
    filterset_class = CurrentSalesFilters
    orderings = {"id": "pk", "date": "date"}
    period = "date"


class ZReportViewSet(ReadViewSet):
    """A shift has one report of its own; what came after it is told by reports that correct it.

    Their totals add up to the shift's. A discrepancy that a correction healed has `resolved_at`.
    """

    tag = DOCUMENTS
    title = "Z-reports"
    needs = ("stock.view_zreporttotal", "stock.view_discrepancy")
    queryset = ZReport.objects.with_agreement().filter(kind=DocumentKind.Z_REPORT)
    serializer_class = ZReportRow
    filterset_class = ZReportFilters
    orderings = {"id": "pk", "date": "date"}
    period = "date"
    joined = {
        "breakdown": [Prefetch("breakdown", ZReportTotal.objects.order_by("kind", "by", "key"))],
        "discrepancies": [Prefetch("discrepancies", Discrepancy.objects.select_related("accepted_by").order_by("pk"))],
    }


class _SalesLineViewSet(LinesViewSet):
    tag = DOCUMENTS
    owner_field = "document"
    queryset = SalesLine.objects.select_related("sku")
    serializer_class = SalesLineRow
    filterset_class = SalesLineFilters


class CurrentSalesLineViewSet(_SalesLineViewSet):
    title = "lines of current sales"
    owner = CurrentSales
    needs = ("stock.view_currentsales",)


class ZReportLineViewSet(_SalesLineViewSet):
    """What the report moved itself: what the shift's current sales had moved before is in theirs."""

    title = "lines of a Z-report"
    owner = ZReport
    needs = ("stock.view_zreport",)
