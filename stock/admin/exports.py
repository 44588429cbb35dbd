"""What is left and the documents behind it as files; of documents either their headers or all of their lines."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from import_export.fields import Field

from retail.admin.exports import ListResource
from stock.models import Balance, CountLine, DocumentLine, Movement, SalesLine
from stock.models.reservations import ReservationQuerySet


class BalanceResource(ListResource):
    code = Field(attribute="sku__code", column_name=_("SKU code"))
    name = Field(attribute="sku__name", column_name=_("name"))
    group = Field(attribute="sku__item__group", column_name=_("item group"))
    warehouse = Field(attribute="warehouse", column_name=_("warehouse"))
    unit = Field(attribute="sku__item__unit", column_name=_("unit"))
    on_hand = Field(attribute="on_hand", column_name=_("on hand"))
    sold = Field(attribute="sold", column_name=_("sold"))
    reserved = Field(attribute="reserved", column_name=_("reserved"))
    available = Field(attribute="available", column_name=_("available"))

    def rows(self, queryset: QuerySet[Balance]) -> QuerySet[Any]:
        return queryset.select_related("warehouse", "sku__item__unit", "sku__item__group")


class MovementResource(ListResource):
    made_at = Field(attribute="made_at", column_name=_("made at"))
    kind = Field(attribute="document__get_kind_display", column_name=_("document"))
    number = Field(attribute="document__number", column_name=_("number"))
    warehouse = Field(attribute="warehouse", column_name=_("warehouse"))
    code = Field(attribute="sku__code", column_name=_("SKU code"))
    name = Field(attribute="sku__name", column_name=_("name"))
    quantity = Field(attribute="quantity", column_name=_("quantity"))
    on_hand_after = Field(attribute="on_hand_after", column_name=_("on hand after"))
    reversing = Field(attribute="reversing", column_name=_("reversing"))

    def rows(self, queryset: QuerySet[Movement]) -> QuerySet[Any]:
        return queryset.select_related("document", "warehouse", "sku")


class ReservationResource(ListResource):
    """What is held, a row for each hold: its goods stand in one cell."""

    state = Field(attribute="get_state_display", column_name=_("state"))
    register = Field(attribute="register__number", column_name=_("register"))
    order = Field(attribute="order__number", column_name=_("customer order"))
    receipt_uid = Field(attribute="receipt_uid", column_name=_("receipt uid"))
    warehouse = Field(attribute="warehouse", column_name=_("warehouse"))
    goods = Field(attribute="goods", column_name=_("goods"))
    placed_at = Field(attribute="placed_at", column_name=_("placed at"))
    expires_at = Field(attribute="expires_at", column_name=_("expires at"))
    ended_at = Field(attribute="ended_at", column_name=_("ended at"))
    ended_by = Field(attribute="ended_by", column_name=_("released by"))
    reason = Field(attribute="reason", column_name=_("reason"))
    is_late = Field(attribute="is_late", column_name=_("sold too late"))

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        found: ReservationQuerySet = queryset.select_related("register", "order", "warehouse", "ended_by")  # type: ignore[assignment]
        return found.with_goods()


class DocumentResource(ListResource):
    """The header of a document of any kind; a kind adds its own columns at the end."""

    number = Field(attribute="number", column_name=_("number"))
    date = Field(attribute="date", column_name=_("date"))
    state = Field(attribute="get_state_display", column_name=_("state"))
    organization = Field(attribute="organization", column_name=_("organization"))
    warehouse = Field(attribute="warehouse", column_name=_("warehouse"))
    comment = Field(attribute="comment", column_name=_("comment"))
    posted_at = Field(attribute="posted_at", column_name=_("posted at"))
    posted_by = Field(attribute="posted_by", column_name=_("posted by"))
    reversed_at = Field(attribute="reversed_at", column_name=_("reversed at"))
    reversed_by = Field(attribute="reversed_by", column_name=_("reversed by"))

    related: tuple[str, ...] = ("organization", "warehouse", "posted_by", "reversed_by")

    class Meta:
        name = _("Documents")

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.select_related(*self.related)


class GoodsReceiptResource(DocumentResource):
    supplier = Field(attribute="supplier", column_name=_("supplier"))
    supplier_number = Field(attribute="supplier_number", column_name=_("supplier's number"))
    total = Field(attribute="total", column_name=_("sum"))

    related = (*DocumentResource.related, "supplier")


class WholesaleInvoiceResource(DocumentResource):
    customer = Field(attribute="customer", column_name=_("customer"))
    total = Field(attribute="total", column_name=_("sum"))

    related = (*DocumentResource.related, "customer")


class StockTransferResource(DocumentResource):
    to_warehouse = Field(attribute="to_warehouse", column_name=_("to warehouse"))
    total = Field(attribute="total", column_name=_("sum"))

    related = (*DocumentResource.related, "to_warehouse")


class StockCountResource(DocumentResource):
    counted_at = Field(attribute="counted_at", column_name=_("counted at"))


class CustomerOrderResource(DocumentResource):
    status = Field(attribute="get_status_display", column_name=pgettext_lazy("order", "status"))
    customer = Field(attribute="customer", column_name=_("customer"))
    phone = Field(attribute="phone", column_name=_("phone"))
    address = Field(attribute="address", column_name=_("delivery address"))
    delivery_date = Field(attribute="delivery_date", column_name=_("delivery date"))
    delivery_from = Field(attribute="delivery_from", column_name=pgettext_lazy("delivery", "from"))
    delivery_to = Field(attribute="delivery_to", column_name=pgettext_lazy("delivery", "to"))
    courier = Field(attribute="courier__number", column_name=_("courier's register"))
    total = Field(attribute="total", column_name=_("sum"))
    prepaid = Field(attribute="prepaid", column_name=_("prepaid"))
    receipt = Field(attribute="receipt__number", column_name=_("sold by receipt"))

    related = (*DocumentResource.related, "courier", "receipt")


class CurrentSalesResource(DocumentResource):
    shop = Field(attribute="register__shop", column_name=_("shop"))
    register = Field(attribute="register__number", column_name=_("register"))
    shift = Field(attribute="shift__number", column_name=_("shift"))
    sequence = Field(attribute="sequence", column_name=_("number in the shift"))

    related = (*DocumentResource.related, "register__shop", "shift")


class ZReportResource(DocumentResource):
    shop = Field(attribute="register__shop", column_name=_("shop"))
    register = Field(attribute="register__number", column_name=_("register"))
    shift = Field(attribute="shift__number", column_name=_("shift"))
    corrects = Field(attribute="corrects__number", column_name=_("corrects"))
    receipts = Field(attribute="receipts", column_name=_("sale receipts"))
    sales = Field(attribute="sales", column_name=_("sales"))
    return_receipts = Field(attribute="return_receipts", column_name=_("return receipts"))
    returns = Field(attribute="returns", column_name=_("returns"))
    cancelled_receipts = Field(attribute="cancelled_receipts", column_name=_("cancelled receipts"))
    cash_in = Field(attribute="cash_in", column_name=_("cash in"))
    cash_out = Field(attribute="cash_out", column_name=_("cash out"))

    related = (*DocumentResource.related, "register__shop", "shift", "corrects")


class _LineResource(ListResource):
    """A row for each line of the listed documents."""

    number = Field(attribute="document__number", column_name=_("number"))
    date = Field(attribute="document__date", column_name=_("date"))
    warehouse = Field(attribute="document__warehouse", column_name=_("warehouse"))

    lines: QuerySet[Any]

    class Meta:
        name = _("Lines of documents")

    def rows(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        listed = self.lines.filter(document__in=queryset.order_by().values("pk"))
        return listed.select_related("document__warehouse", "sku").order_by("document", "pk")


class DocumentLineResource(_LineResource):
    line = Field(attribute="line", column_name=_("line"))
    code = Field(attribute="sku__code", column_name=_("SKU code"))
    name = Field(attribute="sku__name", column_name=_("name"))
    quantity = Field(attribute="quantity", column_name=_("quantity"))
    price = Field(attribute="price", column_name=_("price"))
    amount = Field(attribute="amount", column_name=_("amount"))

    lines = DocumentLine.objects.all()


class CountLineResource(_LineResource):
    line = Field(attribute="line", column_name=_("line"))
    code = Field(attribute="sku__code", column_name=_("SKU code"))
    name = Field(attribute="sku__name", column_name=_("name"))
    expected = Field(attribute="expected", column_name=_("expected"))
    counted = Field(attribute="counted", column_name=_("counted"))
    difference = Field(attribute="difference", column_name=_("difference"))
    price = Field(attribute="price", column_name=_("price"))
    amount = Field(attribute="amount", column_name=_("amount of the difference"))

    lines = CountLine.objects.all()


class SalesLineResource(_LineResource):
    code = Field(attribute="sku__code", column_name=_("SKU code"))
    name = Field(attribute="sku__name", column_name=_("name"))
    kind = Field(attribute="get_kind_display", column_name=_("kind"))
    vat = Field(attribute="vat", column_name=_("VAT"))
    quantity = Field(attribute="quantity", column_name=_("quantity"))
    amount = Field(attribute="amount", column_name=_("amount"))
    discount = Field(attribute="discount", column_name=_("discount"))

    lines = SalesLine.objects.all()
