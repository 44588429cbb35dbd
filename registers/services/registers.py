"""Changing what many registers are set to at once."""

from collections.abc import Iterable
from functools import partial

from django.db import transaction

from registers.choices import StockControl
from registers.models import Register
from registers.services import revocations


@transaction.atomic
def set_stock_control(*, registers: Iterable[int], mode: StockControl) -> int:
    """Give registers a mode of stock control. Returns how many had another one."""
    return _set(registers, stock_control=mode)


@transaction.atomic
def deactivate(*, registers: Iterable[int]) -> int:
    """Refuse registers from now on, whatever their tokens. Returns how many were active."""
    return _set(registers, active=False)


def _set(registers: Iterable[int], **value: object) -> int:
    """Lock the rows in pk order, change those that differ, and have long polls forget what they remember of them."""
    locked = Register.objects.filter(pk__in=list(registers)).exclude(**value).order_by("pk")
    pks = list(locked.select_for_update(of=("self",), no_key=True).values_list("pk", flat=True))
    transaction.on_commit(partial(revocations.announce, pks))
    return Register.objects.filter(pk__in=pks).update(**value)
