from typing import Any

from celery import shared_task
from django.utils import timezone

from billing.services import records


@shared_task
def records_apply(**_: Any) -> None:
    """Apply what receipts told of cards and nobody has applied yet, and what waited for a card that is known now."""
    records.work_off(now=timezone.now())
    records.retry(now=timezone.now())
