from typing import Any

from celery import shared_task
from django.utils import timezone

from retail.services import answers, prices


@shared_task
def prices_announce(**_: Any) -> None:
    """Tell the catalogue feed of prices whose moment has come."""
    prices.announce(now=timezone.now())


@shared_task
def answers_forget_old(**_: Any) -> None:
    """Delete what programs were answered so long ago that none of them asks again."""
    answers.forget_old(now=timezone.now())
