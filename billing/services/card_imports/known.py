"""What is known already of the cards that a chunk of rows names."""

from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone

from billing.models import BillingOperation, CardNumber, CardOwner, DiscountCard
from billing.services.card_imports import card_columns
from billing.services.owners import digits_of
from retail.services.imports.outcomes import Row

Amounts = tuple[Decimal, Decimal, int]


@dataclass
class Known:
    """Cards by their numbers, what they began with, owners by name and phone. `met`: the row that named a number."""

    numbers: dict[str, int]
    cards: dict[int, DiscountCard]
    openings: dict[int, Amounts]
    owners: dict[tuple[str, str], CardOwner]
    met: dict[str, int] = field(default_factory=dict)

    def owner(self, said: dict[str, Any]) -> CardOwner:
        """Return whoever is known by a name and a phone, else a new owner, who is known from now on."""
        new = CardOwner(**said)
        digits = digits_of(new.phone)
        return self.owners.setdefault((digits, new.name.casefold()), new) if digits else new


def look_up(rows: list[Row], *, lock: bool) -> Known:
    """Find what rows name. With a lock, cards are locked by id, as operations lock them."""
    values = {row.values[name] for row in rows for name in card_columns.NUMBERS if name in row.values}
    numbers = dict(CardNumber.objects.filter(value__in=values).values_list("value", "card"))
    found = DiscountCard.objects.filter(pk__in=set(numbers.values())).select_related("kind", "owner").order_by("pk")
    if lock:
        found = found.select_for_update(of=("self",), no_key=True)
    cards = {card.pk: card for card in found}
    return Known(numbers, cards, _openings(list(cards)), _owners(rows))


def day(moment: datetime) -> Date:
    return timezone.localdate(moment)


def _openings(cards: list[int]) -> dict[int, Amounts]:
    """Return what cards began with, also while they were those that they were put in the place of."""
    newest = {pk: pk for pk in cards}
    told = dict(newest)
    while newest:
        older = DiscountCard.objects.filter(replaced_by__in=newest).values_list("pk", "replaced_by")
        newest = {pk: told[by] for pk, by in older if by is not None}
        told |= newest
    uids = {f"opening.{pk}": card for pk, card in told.items()}
    found = BillingOperation.objects.filter(uid__in=uids).values_list("uid", "bonuses", "turnover", "receipts")
    return {uids[uid]: (bonuses, turnover, receipts) for uid, bonuses, turnover, receipts in found}


def _owners(rows: list[Row]) -> dict[tuple[str, str], CardOwner]:
    digits = {digits_of(row.values["phone"]) for row in rows if "phone" in row.values} - {""}
    keys = {f"{country}{one}"[::-1] for one in digits for country in ("", "7", "8")}
    found = CardOwner.objects.filter(phone_key__in=keys).order_by("-pk")
    return {(digits_of(owner.phone), owner.name.casefold()): owner for owner in found}
