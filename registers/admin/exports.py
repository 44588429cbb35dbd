"""What happened as files: registers, shifts, receipts with or without their lines, transactions and conflicts."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from import_export.fields import Field

from registers.models import KkmTransaction, Receipt, ReceiptLine, Register, Shift
from registers.services import problems
from retail.admin.exports import ListResource


class RegisterResource(ListResource):
    number = Field(attribute="number", column_name=_("number"))
    name = Field(attribute="name", column_name=_("name"))
    organization = Field(attribute="organization", column_name=_("organization"))
    shop = Field(attribute="shop", column_name=_("shop"))
    warehouse = Field(attribute="warehouse", column_name=_("warehouse"))
    stock_control = Field(attribute="get_stock_control_display", column_name=_("stock control"))
    workplace = Field(attribute="workplace", column_name=_("workplace"))
    active = Field(attribute="active", column_name=_("active"))
    last_seen = Field(attribute="status__last_seen", column_name=_("last seen"))
    software = Field(attribute="status__software", column_name=_("software"))
    version = Field(attribute="status__version", column_name=_("software version"))

    def rows(self, queryset: QuerySet[Register]) -> QuerySet[Any]:
        return queryset.select_related("organization", "shop", "warehouse", "status")


class ShiftResource(ListResource):
    """A row for each shift, with what we counted of it."""

    number = Field(attribute="number", column_name=_("number"))
    register = Field(attribute="register__number", column_name=_("register"))
    shop = Field(attribute="register__shop", column_name=_("shop"))
    first_at = Field(attribute="first_at", column_name=_("first transaction at"))
    opened_at = Field(attribute="opened_at", column_name=_("opened at"))
    closed_at = Field(attribute="closed_at", column_name=_("closed at"))
    receipts = Field(column_name=_("sale receipts"))
    sales = Field(column_name=_("sales"))
    return_receipts = Field(column_name=_("return receipts"))
    returns = Field(column_name=_("returns"))
    cash_in = Field(column_name=_("cash in"))
    cash_out = Field(column_name=_("cash out"))

    def rows(self, queryset: QuerySet[Shift]) -> QuerySet[Any]:
        return queryset.select_related("register__shop")

    def dehydrate_receipts(self, shift: Shift) -> Any:
        return _total(shift, "sale.receipts")

    def dehydrate_sales(self, shift: Shift) -> Any:
        return _total(shift, "sale.total")

    def dehydrate_return_receipts(self, shift: Shift) -> Any:
        return _total(shift, "return.receipts")

    def dehydrate_returns(self, shift: Shift) -> Any:
        return _total(shift, "return.total")

    def dehydrate_cash_in(self, shift: Shift) -> Any:
        return _total(shift, "cash_in.total")

    def dehydrate_cash_out(self, shift: Shift) -> Any:
        return _total(shift, "cash_out.total")


class ReceiptResource(ListResource):
    number = Field(attribute="number", column_name=_("number"))
    kind = Field(attribute="get_kind_display", column_name=_("kind"))
    occurred_at = Field(attribute="occurred_at", column_name=_("time"))
    shop = Field(attribute="register__shop", column_name=_("shop"))
    register = Field(attribute="register__number", column_name=_("register"))
    shift = Field(attribute="shift__number", column_name=_("shift"))
    warehouse = Field(attribute="warehouse", column_name=_("warehouse"))
    total = Field(attribute="total", column_name=_("total"))
    cashier = Field(attribute="cashier", column_name=_("cashier"))
    card_number = Field(attribute="card_number", column_name=_("discount card"))
    order_uid = Field(attribute="order_uid", column_name=_("order"))
    fiscal_drive = Field(attribute="fiscal_drive", column_name=_("fiscal drive"))
    fiscal_document = Field(attribute="fiscal_document", column_name=_("fiscal document"))
    fiscal_sign = Field(attribute="fiscal_sign", column_name=_("fiscal sign"))
    state = Field(attribute="transaction__get_state_display", column_name=_("state"))
    uid = Field(attribute="uid", column_name=_("receipt id"))

    class Meta:
        name = _("Receipts")

    def rows(self, queryset: QuerySet[Receipt]) -> QuerySet[Any]:
        bare = queryset.select_related(None).select_related("register__shop", "shift", "warehouse", "transaction")
        return bare.defer("transaction__raw", "transaction__body_hash")


class ReceiptLineResource(ListResource):
    """A row for each line of the listed receipts, in the order of the lines."""

    number = Field(attribute="receipt__number", column_name=_("receipt number"))
    kind = Field(attribute="receipt__get_kind_display", column_name=_("kind"))
    occurred_at = Field(attribute="receipt__occurred_at", column_name=_("time"))
    register = Field(attribute="receipt__register__number", column_name=_("register"))
    shift = Field(attribute="receipt__shift__number", column_name=_("shift"))
    line = Field(attribute="line", column_name=_("line"))
    sku_code = Field(attribute="sku_code", column_name=_("SKU code"))
    barcode = Field(attribute="barcode", column_name=_("barcode"))
    name = Field(attribute="sku__name", column_name=_("name"))
    quantity = Field(attribute="quantity", column_name=_("quantity"))
    price = Field(attribute="price", column_name=_("price"))
    discount = Field(attribute="discount", column_name=_("discount"))
    amount = Field(attribute="amount", column_name=_("amount"))
    vat = Field(attribute="vat", column_name=_("VAT"))

    class Meta:
        name = _("Lines of receipts")

    def rows(self, queryset: QuerySet[Receipt]) -> QuerySet[Any]:
        lines = ReceiptLine.objects.filter(receipt__in=queryset.order_by().values("pk"))
        return lines.select_related("receipt__register", "receipt__shift", "sku").order_by("receipt", "line")


class TransactionResource(ListResource):
    number = Field(attribute="number", column_name=_("number"))
    register = Field(attribute="register__number", column_name=_("register"))
    shop = Field(attribute="register__shop", column_name=_("shop"))
    kind = Field(attribute="get_kind_display", column_name=_("kind"))
    occurred_at = Field(attribute="occurred_at", column_name=_("occurred at"))
    received_at = Field(attribute="received_at", column_name=_("received at"))
    shift_number = Field(attribute="shift_number", column_name=_("shift"))
    amount = Field(attribute="amount", column_name=_("amount"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    problems = Field(column_name=_("problems"))
    uid = Field(attribute="uid", column_name=_("unique id"))
    protocol = Field(attribute="protocol", column_name=_("protocol"))

    def rows(self, queryset: QuerySet[KkmTransaction]) -> QuerySet[Any]:
        return queryset.select_related("register__shop").defer("raw", "body_hash")

    def dehydrate_problems(self, transaction: KkmTransaction) -> str:
        return " ".join(problems.describe(found) for found in transaction.problems if isinstance(found, dict))


class ConflictResource(ListResource):
    number = Field(attribute="transaction__number", column_name=_("number"))
    register = Field(attribute="transaction__register__number", column_name=_("register"))
    kind = Field(attribute="transaction__get_kind_display", column_name=_("kind"))
    occurred_at = Field(attribute="transaction__occurred_at", column_name=_("occurred at"))
    received_at = Field(attribute="received_at", column_name=_("received at"))
    protocol = Field(attribute="protocol", column_name=_("protocol"))

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related("transaction__register").defer("raw", "transaction__raw")


def _total(shift: Shift, key: str) -> Any:
    """Return a figure of the shift as a number: totals are kept as texts."""
    return Decimal(shift.totals.get(key, 0))
