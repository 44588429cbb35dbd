"""What tests of counts share: a register that sells, and counts of what there is."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from registers.models import Register
from retail.models import Sku, Warehouse
from stock.models import Balance, GoodsReceipt, StockCount, StockDocument, WholesaleInvoice
from stock.services import counts, documents, intake
from tests.factories.retail import CounterpartyFactory
from tests.messages import entries, line, sale
from tests.stock.conftest import NOW, lines

COUNTED = NOW - timedelta(hours=2)
BEFORE = COUNTED - timedelta(hours=1)
AFTER = COUNTED + timedelta(hours=1)
LATER = NOW + timedelta(hours=1)

_last = iter(range(1, 10**9))


def sell(register: Register, sku: Sku, quantity: Any, *, at: datetime, came: datetime, kind: str = "sale") -> None:
    """Take in a receipt of one line that happened at one time and came at another."""
    told = sale(next(_last), line(sku.code, f"{Decimal(quantity):.3f}"), kind=kind, occurred_at=at.isoformat())
    (outcome,) = intake.take_in(register=register, entries=entries(told), protocol="kkmtransfer", now=came)
    assert outcome.status == "accepted"


def count(warehouse: Warehouse, counted: dict[Sku, Any], *, at: datetime = COUNTED) -> StockCount:
    """Draft a count of so much of each SKU, or of what nobody has counted (None)."""
    return counts.draft_stock_count(
        warehouse=warehouse,
        counted_at=at,
        date=at,
        lines=[counts.Counted(sku, None if found is None else Decimal(found)) for sku, found in counted.items()],
    )


def post(document: StockCount, *, now: datetime = NOW) -> StockCount:
    return documents.post(document=document, by=None, now=now)


def truth(warehouse: Warehouse, sku: Sku) -> Decimal:
    """Return what the shelf holds by all we know: the books less what registers sold."""
    balance = Balance.objects.get(warehouse=warehouse, sku=sku)
    return balance.on_hand - balance.sold


def moved(warehouse: Warehouse, sku: Sku, quantity: int, *, at: datetime) -> StockDocument:
    """Bring goods in at a moment, or take them out wholesale."""
    draft: GoodsReceipt | WholesaleInvoice
    if quantity > 0:
        draft = documents.draft_goods_receipt(
            warehouse=warehouse, supplier=CounterpartyFactory(), date=at, lines=lines({sku: quantity})
        )
    else:
        draft = documents.draft_wholesale_invoice(
            warehouse=warehouse, customer=CounterpartyFactory(), date=at, lines=lines({sku: -quantity})
        )
    return documents.post(document=draft, by=None, now=at)
