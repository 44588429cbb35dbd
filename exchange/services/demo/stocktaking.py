"""Goods moved between warehouses of the main organization, and shelves counted: one count posted, one under way."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from exchange.services.demo import people, places
from exchange.services.demo.goods import Ware
from retail.models import Warehouse
from stock.models import StockCount, StockTransfer
from stock.services import count_lines, counts, documents
from stock.services.documents import Line

MOVED = "Пополнение полок к выходным"
COUNTED = "Напитки: плановая инвентаризация"
COUNTING = "Сладости: идёт подсчёт"
MOVED_AGO = timedelta(hours=27)
COUNTED_AGO = timedelta(hours=9)
PIECES = Decimal(12)
# Most shelves hold what the books say; some were miscounted, broken or carried off.
_FOUND = (0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -2, 1)


def move(*, wares: Sequence[Ware], began: datetime) -> None:
    """Draft and post a transfer from the wholesale warehouse to a shop."""
    known = {warehouse.name: warehouse for warehouse in Warehouse.objects.select_related("organization")}
    date = began - MOVED_AGO
    transfer = StockTransfer.objects.filter(comment=MOVED).first() or documents.draft_stock_transfer(
        warehouse=known[places.KHIMKI],
        to_warehouse=known[places.LESNAYA],
        date=date,
        lines=[Line(ware.sku, PIECES, ware.purchase_price) for ware in _by_the_piece(wares, "drinks")[::5]],
        comment=MOVED,
    )
    if transfer.is_draft:
        documents.post(document=transfer, by=people.named("accountant"), now=date + timedelta(minutes=40))


def count(*, wares: Sequence[Ware], began: datetime) -> None:
    """Count the drinks of a shop and post what was found; begin to count its sweets."""
    warehouse = Warehouse.objects.select_related("organization").get(name=places.LESNAYA)
    counted_at = began - COUNTED_AGO
    posted = _draft(COUNTED, warehouse, counted_at, _by_the_piece(wares, "drinks"))
    if posted.is_draft:
        _find(posted)
        documents.post(document=posted, by=people.named("accountant"), now=counted_at + timedelta(hours=1))
    under_way = _draft(COUNTING, warehouse, began - timedelta(minutes=30), _by_the_piece(wares, "sweets"))
    if not under_way.count_lines.exclude(counted=None).exists():
        _find(under_way, every=3)


def _draft(comment: str, warehouse: Warehouse, counted_at: datetime, wares: Sequence[Ware]) -> StockCount:
    return StockCount.objects.filter(comment=comment).first() or counts.draft_stock_count(
        warehouse=warehouse,
        counted_at=counted_at,
        date=counted_at,
        lines=[counts.Counted(ware.sku) for ware in wares],
        comment=comment,
    )


def _find(count: StockCount, *, every: int = 1) -> None:
    """Write down what is found on the shelf, of every line or of each third."""
    rng = Random(count.comment)
    lines = count.count_lines.order_by("line")
    found = {line.sku_id: max(line.expected + rng.choice(_FOUND), Decimal(0)) for line in lines[::every]}
    count_lines.set_many(count=count, counted=found)


def _by_the_piece(wares: Sequence[Ware], supplier: str) -> list[Ware]:
    return [
        ware
        for ware in wares
        if ware.product.supplier == supplier and not (ware.product.weighed or ware.product.service or ware.sku.pack_id)
    ]
