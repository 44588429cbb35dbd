"""Writing what a chunk of rows makes: owners, cards, numbers, and what the cards begin with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from billing.choices import CardStatus, NumberKind
from billing.models import CardKind, CardNumber, CardOwner, DiscountCard
from billing.services.card_imports.known import Amounts
from retail.services.imports.outcomes import Row
from retail.services.statements import beside

OPEN = beside(__file__, "open.sql", prepared=False)
MEET = beside(__file__, "meet.sql", prepared=False)
NOTHING = Decimal(0)


class Opening(NamedTuple):
    """What a card begins with; bonuses end with a day, or as those of its kind do."""

    amounts: Amounts
    ends: datetime | None

    @classmethod
    def of(cls, row: Row) -> "Opening | None":
        amounts = (row.get("bonuses") or NOTHING, row.get("turnover") or NOTHING, row.get("receipts") or 0)
        if not any(amounts):
            return None
        until = row.get("bonuses_until")
        return cls(amounts, _midnight_after(until) if until else None)


@dataclass
class Draft:
    """A card as a row would have it. `card`: one that is there already."""

    kind: CardKind
    card: DiscountCard | None = None
    owner: CardOwner | None = None
    status: CardStatus = CardStatus.ACTIVE
    issued_at: datetime | None = None
    numbers: dict[str, NumberKind] = field(default_factory=dict)
    gives_owner: bool = False
    edits_owner: bool = False
    opening: Opening | None = None


def write(drafts: list[Draft], *, now: datetime) -> None:
    """Write a chunk. The caller has locked the cards that are there already."""
    _write_owners(drafts)
    given = [draft.card for draft in drafts if draft.card and draft.gives_owner]
    for draft in drafts:
        if draft.card and draft.gives_owner:
            draft.card.owner = draft.owner
    DiscountCard.objects.bulk_update(given, ["owner"])
    _write_cards([draft for draft in drafts if draft.card is None], now=now)
    numbers = [
        CardNumber(card=draft.card, value=value, kind=kind)
        for draft in drafts
        if draft.card
        for value, kind in draft.numbers.items()
    ]
    CardNumber.objects.bulk_create(numbers)
    _open(drafts, now=now)


def _write_owners(drafts: list[Draft]) -> None:
    owners = {id(draft.owner): draft.owner for draft in drafts if draft.owner is not None}
    edited = {id(draft.owner) for draft in drafts if draft.edits_owner}
    CardOwner.objects.bulk_create([owner for owner in owners.values() if owner._state.adding])
    changed = {owner.pk: owner for key, owner in owners.items() if key in edited}
    CardOwner.objects.bulk_update(changed.values(), ["name", "phone", "consented_on"])


def _write_cards(drafts: list[Draft], *, now: datetime) -> None:
    cards = [
        DiscountCard(kind=draft.kind, owner=draft.owner, status=draft.status, issued_at=draft.issued_at or now)
        for draft in drafts
    ]
    for draft, card in zip(drafts, DiscountCard.objects.bulk_create(cards), strict=True):
        draft.card = card


def _open(drafts: list[Draft], *, now: datetime) -> None:
    opened = [
        (draft.card.pk, draft.opening) for draft in drafts if draft.card is not None and draft.opening is not None
    ]
    if not opened:
        return
    cards = [pk for pk, _opening in opened]
    OPEN.rows(
        cards=cards,
        bonuses=[opening.amounts[0] for _pk, opening in opened],
        turnover=[opening.amounts[1] for _pk, opening in opened],
        receipts=[opening.amounts[2] for _pk, opening in opened],
        ends=[opening.ends for _pk, opening in opened],
        zone=settings.TIME_ZONE,
        now=now,
    )
    MEET.rows(cards=cards, now=now)


def _midnight_after(moment: datetime) -> datetime:
    """Return the first moment after a day of the chain."""
    zone = timezone.get_default_timezone()
    day = timezone.localtime(moment, zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return timezone.make_aware(day + timedelta(days=1), zone)
