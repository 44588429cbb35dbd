"""Edits of many items at once."""

from collections.abc import Iterable

from django.db import transaction

from retail.models import Item, VatRate
from retail.services import catalogue


@transaction.atomic
def set_vat_rate(*, item_ids: Iterable[int], vat_rate: VatRate) -> int:
    """Set a rate of VAT for many items. Return how many had another."""
    catalogue.lock()
    return Item.objects.filter(pk__in=list(item_ids)).exclude(vat_rate=vat_rate).update(vat_rate=vat_rate)


@transaction.atomic
def withdraw(*, item_ids: Iterable[int]) -> int:
    """Take items off sale with all their SKUs. Return how many were on sale."""
    catalogue.lock()
    return Item.objects.filter(pk__in=list(item_ids), withdrawn=False).update(withdrawn=True)


@transaction.atomic
def return_to_sale(*, item_ids: Iterable[int]) -> int:
    """Put withdrawn items back on sale; a SKU withdrawn by itself stays so. Return how many items there were."""
    catalogue.lock()
    return Item.objects.filter(pk__in=list(item_ids), withdrawn=True).update(withdrawn=False)
