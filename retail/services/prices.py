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


def check_can_change(*, price: Price, now: datetime) -> None:
    """Raise `PriceHasBegun` unless the price is still ahead: receipts have been made with the others."""
    if price.valid_from <= now:
        raise PriceHasBegun(_("A price that has begun stays in the history: set 0 instead to stop selling by it."))


def check_can_begin(*, price: Price, now: datetime) -> None:
    """Raise `PriceHasBegun` where a new price would begin before one that is in force, and change nothing."""
    same = Price.objects.filter(sku=price.sku_id, price_type=price.price_type_id)
    if price.valid_from <= now and same.filter(valid_from__gte=price.valid_from, valid_from__lte=now).exists():
        raise PriceHasBegun(
            _("A later price has begun already: this one would change nothing. Name a later moment."),
            attr="valid_from",
        )
