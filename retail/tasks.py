from typing import Any

from celery import shared_task
from django.utils import timezone

from retail.services import answers, edits, prices


@shared_task
def prices_announce(**_: Any) -> None:
    """Tell the catalogue feed of prices whose moment has come."""
    prices.announce(now=timezone.now())


@shared_task
def answers_forget_old(**_: Any) -> None:
    """Delete what programs were answered so long ago that none of them asks again."""
    answers.forget_old(now=timezone.now())


@shared_task
def edits_forget_old(**_: Any) -> None:
    """Delete the history of edits that is older than the constants say."""
    edits.forget_old(now=timezone.now())
