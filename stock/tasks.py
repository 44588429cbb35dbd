from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from stock.services import audits, processing

AUDITED = timedelta(days=100)


@shared_task
def transactions_process(**_: Any) -> None:
    """Take what registers sold into documents, and settle closed shifts."""
    processing.run(now=timezone.now())


@shared_task
def books_audit(**_: Any) -> None:
    """Prove balances, totals and documents; of shifts those of the last hundred days, older ones have been proved."""
    audits.run(since=timezone.now() - AUDITED)
