from typing import Any

from celery import shared_task
from django.utils import timezone

from registers.services import pairing


@shared_task
def pairing_forget_old(**_: Any) -> None:
    """Delete pairing codes that ended long ago."""
    pairing.forget_old(now=timezone.now())
