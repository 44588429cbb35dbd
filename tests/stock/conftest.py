"""What tests of stock share: goods in a warehouse, and threads with connections of their own."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from retail.models import Sku, Warehouse
from stock.models import GoodsReceipt
from stock.services import documents
from tests.factories.retail import CounterpartyFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def lines(wanted: Mapping[Sku, Any]) -> list[documents.Line]:
    return [documents.Line(sku, Decimal(quantity), Decimal("9.90")) for sku, quantity in wanted.items()]


def supply(warehouse: Warehouse, wanted: Mapping[Sku, Any]) -> GoodsReceipt:
    """Post a goods receipt of so much of each SKU."""
    draft = documents.draft_goods_receipt(
        warehouse=warehouse, supplier=CounterpartyFactory(), date=NOW, lines=lines(wanted)
    )
    return documents.post(document=draft, by=None, now=NOW)


def invoice(warehouse: Warehouse, wanted: Mapping[Sku, Any]):
    """Draft a wholesale invoice of so much of each SKU."""
    return documents.draft_wholesale_invoice(
        warehouse=warehouse, customer=CounterpartyFactory(), date=NOW, lines=lines(wanted)
    )


def transfer(warehouse: Warehouse, to_warehouse: Warehouse, wanted: Mapping[Sku, Any]):
    """Draft a stock transfer of so much of each SKU."""
    return documents.draft_stock_transfer(warehouse=warehouse, to_warehouse=to_warehouse, date=NOW, lines=lines(wanted))


@pytest.fixture
def in_thread() -> Iterator[Callable[..., "Future[Any]"]]:
    """Run a function in a thread of its own: `in_thread(function, **arguments)` returns a future."""

    def start(function: Callable[..., Any], **arguments: Any) -> "Future[Any]":
        def work() -> Any:
            try:
                return function(**arguments)
            finally:
                connections.close_all()

        return pool.submit(work)

    with ThreadPoolExecutor() as pool:
        yield start
