from typing import Any

from celery import shared_task
from django.utils import timezone

from exchange.services.ukm5 import files, taking


@shared_task
def ukm5_files_look(**_: Any) -> None:
    """Take in the files of «Экспорт XML»."""
    files.look(now=timezone.now())


@shared_task
def ukm5_unclaimed_claim(**_: Any) -> None:
    """Take in what УКМ 5 told of tills that somebody has named meanwhile."""
    taking.claim(now=timezone.now())
