"""What happened: shifts, receipts with their lines and payments, and the transactions they came in. Read only."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from registers.choices import TransactionKind, TransactionState
from registers.models import KkmTransaction, Payment, Receipt, ReceiptLine, Register, Shift
from registers.services import archives, problems
from retail.api import filters
from retail.api.base import ReadViewSet, Row
from retail.api.descriptions import SALES

RECEIPT_KINDS = (TransactionKind.SALE, TransactionKind.RETURN, TransactionKind.CANCELLED)
_SHIFT = {
    "id": 12, "register": 4, "number": 207, "era": 0, "first_at": "2026-11-20T08:58:02+03:00",
    "opened_at": "2026-11-20T08:58:02+03:00", "closed_at": None, "counters": None,
    "totals": {"sale.receipts": "1", "sale.lines": "1", "sale.total": "198.00", "sale.paid.cash": "198.00"},
}  # fmt: skip
_RECEIPT = {
    "id": 3201, "uid": "7b1f4f0e", "kind": "sale", "number": 15, "register": 4, "shift": 12, "warehouse": 1,
    "occurred_at": "2026-11-20T10:15:32+03:00", "total": "198.00", "cashier": "Петрова", "card_number": "",
    "order_uid": "", "of_uid": "", "fiscal_drive": "9960440300000001", "fiscal_document": 1015,
    "fiscal_sign": "2837465019", "state": "accepted",
    "lines": [
        {
            "line": 1, "sku": "10001", "name": "Молоко 3,2 %", "sku_code": "10001", "barcode": "4600000000015",
            "quantity": "2.000", "price": "99.00", "discount": "0.00", "amount": "198.00", "vat": "10", "marks": [],
        }
    ],
    "payments": [{"kind": "cash", "amount": "198.00"}],
}  # fmt: skip
_TRANSACTION = {
    "id": 3201, "register": 4, "number": 1207, "occurred_at": "2026-11-20T10:15:32+03:00",
    "received_at": "2026-11-20T10:15:33+03:00", "uid": "0c3b6a52", "kind": "sale", "shift_number": 207,
    "amount": "198.00", "state": "error_desk", "protocol": "kkmtransfer",
    "problems": [
        {"code": "unknown_sku", "detail": "Line 1: nobody knows SKU “404” or barcode “”.", "attr": "receipt.lines.0"}
    ],
}  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("An open shift", _SHIFT)])
class ShiftRow(Row[Shift]):
    counters = serializers.JSONField(read_only=True, help_text="What the register counted itself, as it came")
    totals = serializers.DictField(
        child=serializers.CharField(), read_only=True, help_text="What we count: sale.total, return.paid.cash, …"
    )

    class Meta:
        model = Shift
        fields = ("id", "register", "number", "era", "first_at", "opened_at", "closed_at", "counters", "totals")


class ReceiptLineRow(Row[ReceiptLine]):
    sku = serializers.CharField(source="sku.code", allow_null=True, help_text="null: nobody knows what was sold")
    name = serializers.CharField(source="sku.name", allow_null=True)

    class Meta:
        model = ReceiptLine
        fields = (
            "line", "sku", "name", "sku_code", "barcode", "quantity", "price", "discount", "amount", "vat", "marks",
        )  # fmt: skip


class PaymentRow(Row[Payment]):
    class Meta:
        model = Payment
        fields = ("kind", "amount")


@extend_schema_serializer(examples=[OpenApiExample("A sale", _RECEIPT)])
class ReceiptRow(Row[Receipt]):
    id = serializers.IntegerField(source="pk", help_text="That of its transaction")
    state = serializers.ChoiceField(source="transaction.state", choices=TransactionState.choices)
    lines = ReceiptLineRow(many=True)
    payments = PaymentRow(many=True)

    class Meta:
        model = Receipt
        fields = (
            "id", "uid", "kind", "number", "register", "shift", "warehouse", "occurred_at", "total", "cashier",
            "card_number", "order_uid", "of_uid", "fiscal_drive", "fiscal_document", "fiscal_sign", "state", "lines",
            "payments",
        )  # fmt: skip


class ProblemRow(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


@extend_schema_serializer(examples=[OpenApiExample("One that waits for a person", _TRANSACTION)])
class TransactionRow(Row[KkmTransaction]):
    problems = serializers.SerializerMethodField()

    class Meta:
        model = KkmTransaction
        fields: tuple[str, ...] = (
            "id", "register", "number", "occurred_at", "received_at", "uid", "kind", "shift_number", "amount", "state",
            "protocol", "problems",
        )  # fmt: skip

    @extend_schema_field(ProblemRow(many=True))
    def get_problems(self, transaction: KkmTransaction) -> list[dict[str, Any]]:
        return [
            {"code": problem.get("code"), "detail": problems.describe(problem), "attr": problem.get("attr")}
            for problem in transaction.problems
            if isinstance(problem, dict)
        ]


@extend_schema_serializer(examples=[OpenApiExample("As it came", {**_TRANSACTION, "raw": '{"number": 1207, …}'})])
class TransactionWhole(TransactionRow):
    raw = serializers.SerializerMethodField(
        help_text="Its body as it came; bytes that are no UTF-8 are replaced. Empty if it lies in an archive that is "
        "not in its folder any more"
    )

    class Meta(TransactionRow.Meta):
        fields = (*TransactionRow.Meta.fields, "raw")

    def get_raw(self, transaction: KkmTransaction) -> str:
        try:
            return archives.body(transaction).decode(errors="replace")
        except archives.BodyAway:
            return ""


class _Uids(filters.Codes):
    """Whole unique ids, found through the index that begins with the register."""

    def filter(self, rows: QuerySet[Any], value: list[str] | None) -> QuerySet[Any]:
        if not value:
            return rows
        # A condition of its own on the register would make no use of it.
        return super().filter(rows.filter(register__in=Register.objects.values("pk")), value)  # type: ignore[no-any-return]


def _open(rows: QuerySet[Any], wanted: bool) -> QuerySet[Any]:
    return rows.filter(closed_at__isnull=wanted)


class ShiftFilters(FilterSet):
    register = filters.Numbers(about="Ids of registers")
    shop = filters.Numbers("register__shop", about="Ids of shops")
    number = filters.Numbers(about="Numbers of shifts")
    open = filters.Check(about="Not closed yet", narrow=_open)
    since = filters.Since("first_at", about="First transaction")
    until = filters.Until("first_at", about="First transaction")


class ReceiptFilters(FilterSet):
    register = filters.Numbers(about="Ids of registers")
    shop = filters.Numbers("register__shop", about="Ids of shops")
    warehouse = filters.Numbers(about="Ids of warehouses")
    shift = filters.Numbers(about="Ids of shifts")
    kind = filters.Choices(words=RECEIPT_KINDS, about="Kinds")
    state = filters.Choices("transaction__state", words=TransactionState.values, about="How it was taken in")
    number = filters.Numbers(about="Numbers of receipts")
    uid = _Uids(about="Whole ids of receipts")
    of_uid = filters.Codes(about="Of returns: whole ids of the receipts of the sale")
    since = filters.Since("occurred_at", about="Time by the register's clock")
    until = filters.Until("occurred_at", about="Time by the register's clock")


class TransactionFilters(FilterSet):
    register = filters.Numbers(about="Ids of registers")
    kind = filters.Choices(words=TransactionKind.values, about="Kinds")
    state = filters.Choices(words=TransactionState.values, about="How it was taken in")
    number = filters.Numbers(about="Numbers of transactions")
    shift_number = filters.Numbers(about="Numbers of shifts")
    uid = _Uids(about="Whole unique ids")
    since = filters.Since("received_at", about="Time of receiving")
    until = filters.Until("received_at", about="Time of receiving")


class ShiftViewSet(ReadViewSet):
    """`totals` are kept as receipts come in; `counters` are the register's own, told when it closes the shift."""

    tag = SALES
    title = "shifts"
    queryset = Shift.objects.all()
    serializer_class = ShiftRow
    filterset_class = ShiftFilters
    orderings = {"id": "pk", "first_at": "first_at"}


class ReceiptViewSet(ReadViewSet):
    """Receipts as registers printed them. Leave `lines` and `payments` out with `fields` where you need none."""

    tag = SALES
    title = "receipts"
    needs = ("registers.view_receiptline", "registers.view_payment")
    queryset = Receipt.objects.select_related("transaction").defer("transaction__raw", "transaction__body_hash")
    serializer_class = ReceiptRow
    filterset_class = ReceiptFilters
    orderings = {"id": "pk", "occurred_at": "occurred_at"}
    period = "occurred_at"
    joined = {
        "lines": [Prefetch("lines", ReceiptLine.objects.select_related("sku").order_by("line"))],
        "payments": [Prefetch("payments", Payment.objects.order_by("pk"))],
    }


class TransactionViewSet(ReadViewSet):
    """The journal of what registers reported, word for word, with what is wrong with each."""

    tag = SALES
    title = "transactions"
    queryset = KkmTransaction.objects.all()
    serializer_class = TransactionRow
    detail_class = TransactionWhole
    filterset_class = TransactionFilters
    orderings = {"id": "pk", "received_at": "received_at"}
    period = "received_at"

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        return rows.defer("raw", "body_hash") if self.action == "list" else rows
