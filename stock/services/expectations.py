"""How much of a SKU there was when it was counted, by all that is known now.

The books and the registers go on learning of a past moment, so this is asked of the database function
`stock_expected` (migration) again and again, and never kept as truth until a count is posted.
"""

from collections.abc import Iterable

from django.db import DataError
from django.db.models import QuerySet

from retail.choices import DocumentState
from retail.services.statements import beside
from stock.models import CountLine, StockCount
from stock.services.ledger import QuantityTooLarge

EXPECTED = beside(__file__, "expected.sql", prepared=False)
UNTRUE = beside(__file__, "untrue.sql", prepared=False)


def refresh(*, count: StockCount, skus: Iterable[int] | None = None) -> None:
    """Bring expected quantities and prices of a draft's lines up to now, of all or of some SKUs.

    The caller holds the document's row, and the warehouse's feed where the answer has to hold until the commit.
    Raises `QuantityTooLarge`.
    """
    try:
        EXPECTED.rows(document=count.pk, skus=None if skus is None else list(skus))
    except DataError as error:
        raise QuantityTooLarge from error


def untrue(*, count: StockCount, skus: Iterable[int]) -> list[int]:
    """Return which of these SKUs are no longer, at the moment of counting, what the count says."""
    return [sku for (sku,) in UNTRUE.rows(document=count.pk, skus=list(skus))]


def counted_later(*, count: StockCount) -> QuerySet[CountLine]:
    """Return lines of posted counts of the same warehouse and a later moment that count the same SKUs."""
    return CountLine.objects.filter(
        document__warehouse=count.warehouse_id,
        document__state=DocumentState.POSTED,
        document__corrects=None,
        document__counted_at__gt=count.counted_at,
        sku__in=count.count_lines.values("sku"),
    ).order_by("document__counted_at", "line")
