"""Giving a rule of exchange to the equipment of many registers at once."""

from collections.abc import Iterable

from django.db import transaction

from exchange.models import Equipment, ExchangeRule


@transaction.atomic
def assign(*, registers: Iterable[int], rule: ExchangeRule) -> int:
    """Give a rule to those of these registers that it fits. Returns to how many that had another one.

    Locks their equipment in pk order. A register without equipment, or of another warehouse, is left as it is.
    """
    fitting = Equipment.objects.filter(register__in=list(registers), register__warehouse=rule.warehouse_id)
    locked = fitting.exclude(rule=rule) | fitting.filter(rule=None)
    pks = list(locked.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))
    return Equipment.objects.filter(pk__in=pks).update(rule=rule)
