from typing import Any

from celery import shared_task

from stock.services import audits


@shared_task
def books_compare(**_: Any) -> None:
    """Look for balances that are not the sum of their movements."""
    audits.compare_books()
