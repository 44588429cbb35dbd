from typing import Any

from celery import shared_task
from django.utils import timezone

from retail.services import prices


@shared_task
def prices_announce(**_: Any) -> None:
    """Tell the catalogue feed of prices whose moment has come."""
    prices.announce(now=timezone.now())
