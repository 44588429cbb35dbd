"""Proof that what is stored is what the ledger says."""

from decimal import Decimal
from typing import NamedTuple

import structlog

from retail.services.statements import beside

AUDIT = beside(__file__, "audit.sql")
LOGGED = 100

_log = structlog.get_logger(__name__)


class Difference(NamedTuple):
    """A balance whose `on_hand` is not what its movements sum up to (`moved`)."""

    warehouse_id: int
    sku_id: int
    on_hand: Decimal
    moved: Decimal


def compare_books() -> list[Difference]:
    """Return every balance that differs from its movements, and log the first of them as errors. Corrects nothing."""
    differences = [Difference(*row) for row in AUDIT.rows()]
    for difference in differences[:LOGGED]:
        _log.error("balance_differs_from_movements", **difference._asdict())
    _log.info("books_compared", differences=len(differences))
    return differences
