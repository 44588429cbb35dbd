"""A few rows of everything that the back-office API tells of."""

import zlib
from datetime import UTC, datetime
from decimal import Decimal

from axes.models import AccessAttempt, AccessFailureLog, AccessLog

from billing.choices import Measure, OperationSource
from billing.models import WaitingRecord
from billing.services import corrections, operations
from exchange.models import ExchangeSession, Ukm5Unclaimed
from registers.models import Register, TransactionConflict
from retail.choices import DocumentState
from retail.services import api_tokens
from stock.choices import DiscrepancyKind, DocumentKind, SalesKind, TotalBy
from stock.models import (
    CountLine,
    CurrentSales,
    Discrepancy,
    DocumentLine,
    SalesLine,
    StockCount,
    StockDocument,
    StockTransfer,
    ZReport,
    ZReportTotal,
)
from tests.factories import billing, exchange, registers, retail, stock
from tests.factories.people import UserFactory

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def make_some(*, times: int = 2) -> None:
    """Make two more rows of each kind, with two rows under those that have any."""
    for _ in range(times):
        _make_goods()
        shift = _make_sales()
        _make_documents(shift)
        _make_cards(shift)


def make_the_rest() -> None:
    """Make a row of what only pages show, so that `make_some` and this leave no model of the admin empty."""
    by = UserFactory()
    api_tokens.create(user=by, name="a program", by=by, now=NOON)
    exchange.Ukm5TillFactory()
    Ukm5Unclaimed.objects.create(raw=b"<", body_hash=b"y" * 32, received_at=NOON)
    register = Register.objects.order_by("-pk")[0]
    registers.PairingCodeFactory(register=register)
    registers.RegisterTokenFactory(register=register)
    seen = {"username": "somebody", "ip_address": "127.0.0.1", "path_info": "/"}
    AccessAttempt.objects.create(failures_since_start=1, **seen)
    AccessLog.objects.create(**seen)
    AccessFailureLog.objects.create(**seen)


def _make_goods() -> None:
    group = retail.ItemGroupFactory(parent=retail.ItemGroupFactory())
    sku = retail.SkuFactory(item=retail.ItemFactory(group=group), varied=True, packed=True, priced=True)
    retail.BarcodeFactory.create_batch(2, sku=sku)
    retail.CounterpartyFactory()
    stock.BalanceFactory(sku=sku)
    stock.MovementFactory(sku=sku)


def _make_sales():
    register = registers.RegisterStatusFactory().register
    shift = registers.ShiftFactory(register=register, counters={"sales": "1.00"})
    receipt = registers.ReceiptFactory(register=register, shift=shift, transaction__on_desk=True)
    registers.ReceiptLineFactory(receipt=receipt)
    registers.ReceiptLineFactory(receipt=receipt, sku=None)
    registers.PaymentFactory.create_batch(2, receipt=receipt)
    TransactionConflict.objects.create(
        transaction=receipt.transaction, raw=b"{}", body_hash=b"x" * 32, protocol="kkmtransfer", received_at=NOON
    )
    return shift


def _make_documents(shift) -> None:
    by = UserFactory()
    warehouse = retail.WarehouseFactory()
    common = {"warehouse": warehouse, "organization": warehouse.organization, "date": NOON}
    exchange.RegisterLoadFactory()
    ExchangeSession.objects.create(
        equipment=exchange.EquipmentFactory(), user=by, began_at=NOON, milliseconds=1, bytes_in=1, bytes_out=1,
        asked=zlib.compress(b"<asked/>"),
    )  # fmt: skip
    exchange.PaymentOptionFactory()
    exchange.ArtixServerFactory()
    exchange.OutgoingMessageFactory()
    exchange.AlertFactory()
    exchange.TransactionFileFactory()
    exchange.UploadFetchFactory()
    stock.GoodsReceiptFactory(lines=2)
    stock.WholesaleInvoiceFactory(lines=2)
    stock.CustomerOrderFactory(lines=2)
    stock.ReservationFactory(register=shift.register, lines={retail.SkuFactory(): 1, retail.SkuFactory(): 2})
    there = retail.WarehouseFactory(organization=warehouse.organization)
    transfer = StockTransfer.objects.create(kind=DocumentKind.STOCK_TRANSFER, to_warehouse=there, **common)
    count = StockCount.objects.create(kind=DocumentKind.STOCK_COUNT, counted_at=NOON, **common)
    of_shift = {"register": shift.register, "shift": shift}
    current = CurrentSales.objects.create(kind=DocumentKind.CURRENT_SALES, sequence=1, **of_shift, **common)
    report = ZReport.objects.create(kind=DocumentKind.Z_REPORT, totals={"sale.total": "5.00"}, **of_shift, **common)
    for place in (1, 2):
        sku = retail.SkuFactory()
        DocumentLine.objects.create(document=transfer, line=place, sku=sku, quantity=1)
        CountLine.objects.create(document=count, line=place, sku=sku, counted=place)
        for document in (current, report):
            SalesLine.objects.create(
                document=document, sku=sku, kind=SalesKind.SALE, vat="22", quantity=1, amount=5, discount=0
            )
        ZReportTotal.objects.create(
            report=report, kind=SalesKind.SALE, by=TotalBy.VAT, key=f"{place}", amount=5, tax=Decimal("0.90")
        )
        Discrepancy.objects.create(
            report=report, what=DiscrepancyKind.COUNTER, key=f"{place}", expected=1, found=2, difference=1,
            found_at=NOON, accepted_by=by, accepted_at=NOON, reason="a coin",
        )  # fmt: skip
    # Lines first: what is posted takes none.
    sales = StockDocument.objects.filter(pk__in=[current.pk, report.pk])
    sales.update(state=DocumentState.POSTED, posted_at=NOON, posted_by=by)


def _make_cards(shift) -> None:
    billing.DiscountThresholdFactory(kind__bonus_rule=billing.BonusLifeRuleFactory(month=True))
    assignment = billing.PromotionAssignmentFactory()
    assignment.shops.set([retail.ShopFactory()])
    assignment.kinds.set([billing.CardKindFactory()])
    billing.NightRunFactory()
    billing.WriteOffDocumentFactory()
    card = billing.DiscountCardFactory(owner=billing.CardOwnerFactory())
    operations.record(
        register_id=shift.register_id,
        wanted=operations.Wanted(
            uid=f"card-{card.pk}", card=card.numbers.get().value, kind="accrue", occurred_at=NOON, bonuses=Decimal(5)
        ),
        source=OperationSource.RECEIPT,
        now=NOON,
    )
    lines = [corrections.Line(card, Measure.BONUSES, Decimal(amount)) for amount in (1, 2)]
    corrections.draft(reason="a coin", lines=lines, by=UserFactory(), now=NOON)
    WaitingRecord.objects.create(
        transaction=registers.ReceiptFactory().transaction, position=1, uid=f"waits-{card.pk}", record={}, came_at=NOON,
        problem={"code": "unknown_card"},
    )  # fmt: skip
