"""Many prices at once, from people's programs: all of them are set, or none.

A price equal to the one that would be in force anyway is not written again, so that a whole list may be sent as often
as one likes and registers hear of what has changed. What has begun is history.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from retail.exceptions import DomainError
from retail.models import Price, PriceType, Sku
from retail.services import catalogue, prices


class Wanted(NamedTuple):
    """A price to be set, from a moment or from now on."""

    sku: Sku
    price_type: PriceType
    amount: Decimal
    valid_from: datetime | None = None


class NamedTwice(DomainError):
    """Two prices of one SKU, price type and moment: which of them is meant?"""

    code = "price_named_twice"


Key = tuple[int, int]
Line = dict[datetime, Price]


@transaction.atomic
def set_prices(*, wanted: Sequence[Wanted], now: datetime) -> list[Price]:
    """Set prices in a number of statements that does not grow with them; return the prices that hold, in their order.

    Of one that is ahead the amount is changed. A refusal names the row in `attr`: "3.valid_from". Raises
    `PriceHasBegun`, `NamedTwice`.
    """
    catalogue.lock()
    lines = _load(wanted, now)
    named: set[tuple[Key, datetime]] = set()
    written: dict[tuple[Key, datetime], Price] = {}
    holding = []
    for place, want in enumerate(wanted):
        key, begins = (want.sku.pk, want.price_type.pk), want.valid_from or now
        if (key, begins) in named:
            raise NamedTwice(_("This SKU, price type and moment are named twice."), attr=f"{place}.valid_from")
        named.add((key, begins))
        line = lines.setdefault(key, {})
        price = _same(line, want.amount, begins)
        if price is None:
            _check_begins(line, begins, now, place)
            price = line[begins] = _priced(line.get(begins), want, begins)
            written[key, begins] = price
        holding.append(price)
    Price.objects.bulk_create(
        written.values(),
        update_conflicts=True,
        unique_fields=["sku", "price_type", "valid_from"],
        update_fields=["amount"],
    )
    return holding


@transaction.atomic
def take_back(*, price: Price, now: datetime) -> None:
    """Delete a price that is still ahead. Raises `PriceHasBegun`."""
    catalogue.lock()
    prices.check_can_change(price=price, now=now)
    price.delete()


def _load(wanted: Sequence[Wanted], now: datetime) -> dict[Key, Line]:
    """Return the prices that matter, by SKU and price type: in force, ahead, and of the moments that are named."""
    of_these = Price.objects.filter(
        sku__in={want.sku.pk for want in wanted}, price_type__in={want.price_type.pk for want in wanted}
    ).select_related("sku", "price_type")
    moments = {want.valid_from for want in wanted if want.valid_from}
    lines: dict[Key, Line] = {}
    for price in (*of_these.in_force(at=now), *of_these.filter(Q(valid_from__gt=now) | Q(valid_from__in=moments))):
        lines.setdefault((price.sku_id, price.price_type_id), {})[price.valid_from] = price
    return lines


def _same(line: Line, amount: Decimal, begins: datetime) -> Price | None:
    """Return the price that says the same already at that moment."""
    before = max((moment for moment in line if moment <= begins), default=None)
    return line[before] if before is not None and line[before].amount == amount else None


def _check_begins(line: Line, begins: datetime, now: datetime, place: int) -> None:
    if begins <= now and any(begins <= moment <= now for moment in line):
        raise prices.PriceHasBegun(
            _("A later price has begun already: this one would change nothing. Name a later moment."),
            attr=f"{place}.valid_from",
        )


def _priced(known: Price | None, want: Wanted, begins: datetime) -> Price:
    price = known or Price(sku=want.sku, price_type=want.price_type, valid_from=begins)
    price.amount = want.amount
    return price
