"""Prices begin by themselves: the feed is told of them when their moment comes. One that is in force stays."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from retail.exceptions import DomainError
from retail.models import Price
from retail.services import catalogue


class PriceHasBegun(DomainError):
    code = "price_has_begun"


@transaction.atomic
def announce(*, now: datetime) -> int:
    """Stamp the SKUs whose prices have begun since the last call, and return how many there are.

    Three statements whatever their number. Safe to repeat and to run twice at once: whoever is second finds nothing.
    """
    feed = catalogue.lock()
    if now <= feed.prices_announced_at:
        return 0
    begun = Price.objects.filter(valid_from__gt=feed.prices_announced_at, valid_from__lte=now)
    sku_ids = list(begun.order_by("sku_id").values_list("sku_id", flat=True).distinct())
    catalogue.stamp(sku_ids)
    feed.prices_announced_at = now
    feed.save(update_fields=["prices_announced_at"])
    return len(sku_ids)


def check_can_delete(*, price: Price, now: datetime) -> None:
    """Raise `PriceHasBegun` unless the price is still ahead: receipts have been made with the others."""
    if price.valid_from <= now:
        raise PriceHasBegun(_("A price that has begun stays in the history: set 0 instead to stop selling by it."))
