from typing import Any

from celery import shared_task
from django.utils import timezone

from stock.services import audits, processing


@shared_task
def transactions_process(**_: Any) -> None:
    """Take what registers sold into documents, and settle closed shifts."""
    processing.run(now=timezone.now())


@shared_task
def books_compare(**_: Any) -> None:
    """Look for balances that are not the sum of their movements."""
    audits.compare_books()
