from typing import Any

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from billing.services import night, records
from retail.models import Constants


@shared_task
def records_apply(**_: Any) -> None:
    """Apply what receipts told of cards and nobody has applied yet, and what waited for a card that is known now."""
    records.work_off(now=timezone.now())
    records.retry(now=timezone.now())


@shared_task
def cards_night(**_: Any) -> None:
    """Write what begins and what has ended on cards today; of one that was interrupted, what is left."""
    if Constants.objects.values_list("discount_cards", flat=True).get():
        now = timezone.now()
        night.run(date=night.today(now=now), now=now, hands=settings.CARDS_NIGHT_HANDS)
