from datetime import date as Date
from typing import Any

from celery import shared_task
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from billing.models import NightRun
from billing.services import night, records
from retail.models import Constants


@shared_task
def records_apply(**_: Any) -> None:
    """Apply what receipts told of cards and nobody has applied yet, and what waited for a card that is known now."""
    records.work_off(now=timezone.now())
    records.retry(now=timezone.now())


@shared_task
def cards_night(**_: Any) -> None:
    """Write what begins and what has ended on cards today; of whatever was interrupted, what is left."""
    if Constants.objects.values_list("discount_cards", flat=True).get():
        now = timezone.now()
        for date in dict.fromkeys([*night.interrupted(), night.today(now=now)]):
            night.run(date=date, now=now, hands=settings.CARDS_NIGHT_HANDS)


@shared_task
def cards_night_of(*, date: str, by: int, **_: Any) -> None:
    """Write what somebody asked for: a business date (YYYY-MM-DD)."""
    user = User.objects.get(pk=by)
    night.run(date=Date.fromisoformat(date), now=timezone.now(), by=user, hands=settings.CARDS_NIGHT_HANDS)


@shared_task
def cards_night_again(*, run: int, **_: Any) -> None:
    """Try the cards again that a run could not do."""
    night.retry(run=NightRun.objects.get(pk=run), now=timezone.now(), hands=settings.CARDS_NIGHT_HANDS)
