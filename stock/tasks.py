from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from stock.services import audits, counts, processing, reservations

AUDITED = timedelta(days=100)


@shared_task
def transactions_process(**_: Any) -> None:
    """Take what registers sold into documents, settle closed shifts, and keep counts true of what was told late."""
    processing.run(now=timezone.now())
    counts.settle_late_sales(now=timezone.now(), recent=True)


@shared_task
def late_sales_settle(**_: Any) -> None:
    """Keep counts true of whatever was told late, however long ago: what the frequent look has missed."""
    counts.settle_late_sales(now=timezone.now())


@shared_task
def books_audit(**_: Any) -> None:
    """Prove balances, totals and documents; of shifts those of the last hundred days, older ones have been proved."""
    audits.run(since=timezone.now() - AUDITED)


@shared_task
def reservations_sweep(**_: Any) -> None:
    """Let go of goods held for receipts of which nothing more was heard."""
    reservations.sweep()
