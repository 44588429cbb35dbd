"""The one lock of reference data.

Whatever stamps the catalogue feed holds the row of `Catalogue` until it commits; the triggers take it by themselves.
Code that edits several reference rows takes it first, so that two editors cannot each hold what the other waits for.
"""

from django.db import connection

from retail.models import Catalogue


def lock() -> Catalogue:
    """Hold the catalogue until the transaction ends and return its row.

    Raises `TransactionManagementError` outside a transaction.
    """
    # NO KEY, as the triggers lock it: nothing refers to the row, and a weaker lock could not be raised safely.
    return Catalogue.objects.select_for_update(no_key=True).get(pk=1)


def stamp(sku_ids: list[int]) -> None:
    """Put these SKUs into the feed as if they had been edited; withdrawn ones stay untold."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT retail_stamp_skus(%s)", [sku_ids])
