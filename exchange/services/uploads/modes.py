"""Changing the mode of per-receipt upload of many registers at once."""

from collections.abc import Iterable

from django.db import transaction

from exchange.choices import UploadMode
from exchange.models import UploadSource


@transaction.atomic
def change(*, registers: Iterable[int], mode: UploadMode) -> int:
    """Set the mode of those that have an upload. Returns how many had another one. Locks them in pk order."""
    locked = UploadSource.objects.filter(register__in=list(registers)).exclude(mode=mode).order_by("pk")
    pks = list(locked.select_for_update(of=("self",)).values_list("pk", flat=True))
    return UploadSource.objects.filter(pk__in=pks).update(mode=mode)
