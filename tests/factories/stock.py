"""What is left: balances, documents with lines, movements."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from stock.choices import DocumentKind, ReservationState, SalesKind
from stock.models import (
    Balance,
    CurrentSales,
    CustomerOrder,
    DocumentLine,
    GoodsReceipt,
    Movement,
    Reservation,
    SalesLine,
    WholesaleInvoice,
    ZReport,
)
from tests.factories.registers import RegisterFactory, ShiftFactory
from tests.factories.retail import CounterpartyFactory, SkuFactory, WarehouseFactory

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class BalanceFactory(DjangoModelFactory):
    """What is left as if something had left it: no movement stands behind these figures."""

    class Meta:
        model = Balance

    class Params:
        empty = factory.Trait(on_hand=Decimal(0))

    warehouse = factory.SubFactory(WarehouseFactory)
    sku = factory.SubFactory(SkuFactory)
    on_hand = Decimal(10)


class _StockDocumentFactory(DjangoModelFactory):
    class Meta:
        abstract = True
        skip_postgeneration_save = True

    warehouse = factory.SubFactory(WarehouseFactory)
    organization = factory.SelfAttribute("warehouse.organization")
    date = NOON

    @factory.post_generation
    def lines(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        """`lines=3` makes three lines of new SKUs; `lines={sku: 5, …}` lines of these."""
        if not create or not extracted:
            return
        wanted = [(SkuFactory(), 1) for _ in range(extracted)] if isinstance(extracted, int) else extracted.items()
        for line, (sku, quantity) in enumerate(wanted, start=1):
            DocumentLineFactory(document=self, line=line, sku=sku, quantity=Decimal(quantity), **kwargs)


class GoodsReceiptFactory(_StockDocumentFactory):
    """A draft; posting is the service's."""

    class Meta:
        model = GoodsReceipt

    kind = DocumentKind.GOODS_RECEIPT
    supplier = factory.SubFactory(CounterpartyFactory)


class WholesaleInvoiceFactory(_StockDocumentFactory):
    """A draft; posting is the service's."""

    class Meta:
        model = WholesaleInvoice

    kind = DocumentKind.WHOLESALE_INVOICE
    customer = factory.SubFactory(CounterpartyFactory)


class CustomerOrderFactory(_StockDocumentFactory):
    """One that nobody has agreed; agreeing is the service's."""

    class Meta:
        model = CustomerOrder

    kind = DocumentKind.CUSTOMER_ORDER
    customer = factory.Sequence(lambda n: f"Покупатель {n + 1}")


class ReservationFactory(DjangoModelFactory):
    """A hold of a register that has expired, so that no balance stands behind it; `lines={sku: 2}`."""

    class Meta:
        model = Reservation

    register = factory.SubFactory(RegisterFactory)
    warehouse = factory.SelfAttribute("register.warehouse")
    receipt_uid = factory.Sequence(lambda n: f"receipt-{n}")
    state = ReservationState.EXPIRED
    placed_at = NOON
    changed_at = NOON
    expires_at = NOON
    ended_at = NOON

    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        held = kwargs.pop("lines", None) or {SkuFactory(): 1}
        lines = {
            str(line): {"sku": sku.pk, "quantity": f"{quantity}"}
            for line, (sku, quantity) in enumerate(held.items(), 1)
        }
        return {**kwargs, "lines": lines}


class _SalesFactory(DjangoModelFactory):
    """A draft, as processing makes it before it takes receipts in; `lines` of it are its own affair."""

    class Meta:
        abstract = True

    shift = factory.SubFactory(ShiftFactory)
    register = factory.SelfAttribute("shift.register")
    warehouse = factory.SelfAttribute("register.warehouse")
    organization = factory.SelfAttribute("warehouse.organization")
    date = NOON


class CurrentSalesFactory(_SalesFactory):
    class Meta:
        model = CurrentSales

    kind = DocumentKind.CURRENT_SALES
    sequence = factory.Sequence(lambda n: n + 1)


class ZReportFactory(_SalesFactory):
    class Meta:
        model = ZReport

    kind = DocumentKind.Z_REPORT


class SalesLineFactory(DjangoModelFactory):
    class Meta:
        model = SalesLine

    document = factory.SubFactory(CurrentSalesFactory)
    sku = factory.SubFactory(SkuFactory)
    kind = SalesKind.SALE
    quantity = Decimal(1)
    amount = Decimal("99.00")
    discount = Decimal(0)


class DocumentLineFactory(DjangoModelFactory):
    class Meta:
        model = DocumentLine

    document = factory.SubFactory(WholesaleInvoiceFactory)
    line = factory.Sequence(lambda n: n + 1)
    sku = factory.SubFactory(SkuFactory)
    quantity = Decimal(1)
    price = Decimal("99.00")


class MovementFactory(DjangoModelFactory):
    class Meta:
        model = Movement

    document = factory.SubFactory(GoodsReceiptFactory)
    warehouse = factory.SelfAttribute("document.warehouse")
    sku = factory.SubFactory(SkuFactory)
    quantity = Decimal(10)
    on_hand_after = factory.SelfAttribute("quantity")
    made_at = NOON
