"""What people do with cards: activate, block, close, put another one in the place of a lost one, issue a series.

Each verb locks the card first, and leaves a note in the history of edits: the figures of a card have their ledger, and
its standing has that. A card's money is never lost: what stands on a closed card stays there to be read, and what stood
on a lost card moves to the one that replaces it, lot by lot, with an entry on both sides.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing.choices import CardStatus, NumberKind
from billing.models import CardNumber, DiscountCard
from retail.exceptions import DomainError
from retail.services import edits
from retail.services.statements import beside

__all__ = [
    "NotNow",
    "NumberInUse",
    "Terms",
    "activate",
    "block",
    "check_can_activate",
    "check_can_block",
    "check_can_close",
    "check_can_replace",
    "close",
    "replace",
    "set_terms",
]

REPLACE = beside(__file__, "replace.sql", prepared=False)
LONGEST = 64
LONGEST_DELAY = 32_767  # days


class Terms(NamedTuple):
    """Days that a card has of its own; None: as its kind says. Delays from 0, lives from 1."""

    turnover_delay: int | None = None
    turnover_life: int | None = None
    receipts_delay: int | None = None
    receipts_life: int | None = None


class NotNow(DomainError):
    """The card's status does not allow it."""

    code = "card_status"

    def __init__(self, *, status: str) -> None:
        super().__init__(_("The card is “%(status)s”: this cannot be done with it.") % {"status": _label(status)})


class NumberInUse(DomainError):
    """Another card that has been given out is read by this number."""

    code = "card_number_in_use"

    def __init__(self) -> None:
        super().__init__(_("Another card is read by this number, and it has been used already."), attr="number")


class NotANumber(DomainError):
    code = "not_a_card_number"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("A number is up to 64 characters that can be printed, without spaces."), attr="number")


def check_can_activate(*, card: DiscountCard) -> None:
    """Raise `NotNow` unless the card is issued or blocked."""
    _check(card, {CardStatus.ISSUED, CardStatus.BLOCKED})


def check_can_block(*, card: DiscountCard) -> None:
    """Raise `NotNow` unless the card is issued or active."""
    _check(card, {CardStatus.ISSUED, CardStatus.ACTIVE})


def check_can_close(*, card: DiscountCard) -> None:
    """Raise `NotNow` if the card is closed."""
    _check(card, {CardStatus.ISSUED, CardStatus.ACTIVE, CardStatus.BLOCKED})


def check_can_replace(*, card: DiscountCard) -> None:
    """Raise `NotNow` if the card is closed: one that was replaced is."""
    check_can_close(card=card)


@transaction.atomic
def activate(*, card: DiscountCard, now: datetime) -> DiscountCard:
    """Let registers redeem and accrue again. Raises `NotNow`."""
    locked = _locked(card)
    check_can_activate(card=locked)
    return _put(locked, CardStatus.ACTIVE, said=gettext_noop("Activated"), now=now)


@transaction.atomic
def block(*, card: DiscountCard, now: datetime) -> DiscountCard:
    """Have registers refused that ask on-line. Raises `NotNow`."""
    locked = _locked(card)
    check_can_block(card=locked)
    return _put(locked, CardStatus.BLOCKED, said=gettext_noop("Blocked"), now=now)


@transaction.atomic
def close(*, card: DiscountCard, now: datetime) -> DiscountCard:
    """Close a card for ever; what stands on it stays to be read. Raises `NotNow`."""
    locked = _locked(card)
    check_can_close(card=locked)
    return _put(locked, CardStatus.CLOSED, said=gettext_noop("Closed"), now=now)


@transaction.atomic
def set_terms(*, card: DiscountCard, terms: Terms, now: datetime) -> DiscountCard:
    """Give a card terms of its own for what is accrued from now on. Raises `NotNow` for a closed card."""
    locked = _locked(card)
    check_can_close(card=locked)
    for name, days in terms._asdict().items():
        setattr(locked, name, days)
    locked.save(update_fields=[*Terms._fields])
    edits.note(of=locked, said=gettext_noop("Terms of its own were set"), now=now)
    return locked


@transaction.atomic
def replace(*, card: DiscountCard, number: str, read_as: NumberKind, now: datetime) -> DiscountCard:
    """Put another card in the place of one and return it: all that the old one has moves, its numbers too.

    `number` is that of a card which was issued and never used, or of none: then one is made. Raises `NotANumber`,
    `NumberInUse`, `NotNow`.
    """
    if not 0 < len(number) <= LONGEST or not number.isprintable() or " " in number:
        raise NotANumber
    blank = CardNumber.objects.filter(value=number).values_list("card", flat=True).first()
    locked = _lock(filter(None, {card.pk, blank}))
    old = locked[card.pk]
    check_can_replace(card=old)
    if blank is None:
        new = DiscountCard.objects.create(kind_id=old.kind_id, status=CardStatus.ISSUED, issued_at=now)
        CardNumber.objects.bulk_create([CardNumber(card=new, value=number, kind=read_as)], ignore_conflicts=True)
        _check_named(number, new)
    else:
        new = locked[blank]
        _check_blank(new, old)
    REPLACE.rows(old=old.pk, new=new.pk, now=now)
    edits.note(of=old, said=gettext_noop("Replaced by another card"), now=now)
    edits.note(of=new, said=gettext_noop("Put in the place of another card"), now=now)
    new.refresh_from_db()
    return new


def _check(card: DiscountCard, allowed: set[CardStatus]) -> None:
    if card.status not in allowed:
        raise NotNow(status=card.status)


def _check_named(number: str, card: DiscountCard) -> None:
    """Raise `NumberInUse` if somebody gave the number to another card at this very moment."""
    if not CardNumber.objects.filter(value=number, card=card).exists():
        raise NumberInUse


def _check_blank(new: DiscountCard, old: DiscountCard) -> None:
    used = new.pk == old.pk or new.version or new.owner_id or new.status != CardStatus.ISSUED
    if used or new.operations.exists():
        raise NumberInUse


def _put(card: DiscountCard, status: CardStatus, *, said: str, now: datetime) -> DiscountCard:
    card.status = status
    card.save(update_fields=["status"])
    edits.note(of=card, said=said, now=now)
    return card


def _locked(card: DiscountCard) -> DiscountCard:
    return _lock([card.pk])[card.pk]


def _lock(pks: Iterable[int]) -> dict[int, DiscountCard]:
    """Lock cards in the order of their keys: as operations do, not against what refers to them."""
    cards = DiscountCard.objects.filter(pk__in=pks).order_by("pk").select_for_update(no_key=True)
    return {card.pk: card for card in cards}


def _label(status: str) -> str:
    return str(CardStatus(status).label)
