"""Whose cards they are: found by name and phone, given to cards, erased on request (152-ФЗ).

Personal data stands in one row, `CardOwner`, and nowhere else: the history of edits tells that a name or a phone was
changed and not what it was, notes and messages call an owner by its key, and the ledger knows cards alone. So erasing
is emptying that row for ever, which a trigger holds; the row stays, to tell who erased it, when and by which request.
What a person is owed on request stands in `dossiers`.
"""

import re
from datetime import date as Date
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import User
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing.choices import CardStatus
from billing.models import CardOwner, CorrectionDocument, DiscountCard
from billing.services import cards
from retail.exceptions import DomainError
from retail.services import edits

LEAST_DIGITS = 4
NATIONAL_DIGITS = 10  # Of a Russian number, after +7 or 8.


class Person(NamedTuple):
    """Personal data as somebody wrote it."""

    name: str
    phone: str = ""
    consented_on: Date | None = None


class AlreadyErased(DomainError):
    code = "owner_erased"

    def __init__(self) -> None:
        super().__init__(_("The personal data of this owner was erased on request."))


class WithoutRequest(DomainError):
    """Data is erased by a request that can be named."""

    code = "erased_without_request"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("Say by which request: its date and number, without personal data."), attr="request")


class Nobody(DomainError):
    code = "owner_unnamed"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("Enter a name or a phone."), attr="name")


def digits_of(phone: str) -> str:
    """Return the digits of a phone as it is dialled inside the country: +7 (900) 123-45-67 is 9001234567."""
    digits = re.sub(r"[^0-9]", "", phone)
    return digits[1:] if len(digits) == NATIONAL_DIGITS + 1 and digits[0] in "78" else digits


def search(*, term: str) -> QuerySet[CardOwner]:
    """Return owners whose phone ends with these digits, however written, or whose name has words that begin so."""
    digits = digits_of(term)
    by_phone = Q(phone_key__startswith=digits[::-1]) if len(digits) >= LEAST_DIGITS else Q(pk__in=[])
    words = re.findall(r"\w+", term) if re.search(r"[^\W\d_]", term) else []
    if not words:
        return CardOwner.objects.filter(by_phone)
    wanted = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
    called = CardOwner.objects.annotate(words=SearchVector("name", config="simple")).filter(words=wanted)
    return called if len(digits) < LEAST_DIGITS else CardOwner.objects.filter(by_phone | Q(pk__in=called.values("pk")))


def find_same(*, person: Person) -> CardOwner | None:
    """Return the owner of this name and phone, however it is written; nobody without a phone is the same."""
    digits = digits_of(person.phone)
    if not digits:
        return None
    same = CardOwner.objects.filter(phone_key__startswith=digits[::-1], name__iexact=person.name)
    return next((owner for owner in same.order_by("pk") if digits_of(owner.phone) == digits), None)


@transaction.atomic
def give(*, card: DiscountCard, person: Person, now: datetime) -> CardOwner:
    """Make somebody the owner of a card: whoever is known by this name and phone, or a new owner.

    Locks the card. Raises `Nobody`, `cards.NotNow` for a card that was replaced.
    """
    if not (person.name.strip() or person.phone.strip()):
        raise Nobody
    locked = DiscountCard.objects.select_for_update(no_key=True).get(pk=card.pk)
    if locked.replaced_by_id is not None:
        raise cards.NotNow(status=CardStatus.CLOSED)
    owner = find_same(person=person) or CardOwner.objects.create(**person._asdict())
    if locked.owner_id != owner.pk:
        locked.owner = owner
        locked.save(update_fields=["owner"])
        edits.note(of=locked, said=gettext_noop("Given an owner"), now=now)
    return owner


@transaction.atomic
def save(*, owner: CardOwner) -> CardOwner:
    """Save what somebody changed of an owner. Raises `AlreadyErased`, `Nobody`."""
    if not (owner.name.strip() or owner.phone.strip()):
        raise Nobody
    if owner.pk:
        check_not_erased(owner=_lock(owner))
    owner.save()
    return owner


@transaction.atomic
def erase(*, owner: CardOwner, request: str, close_cards: bool, by: User, now: datetime) -> CardOwner:
    """Erase all personal data of an owner, for ever; the cards work on, or are closed with it.

    Locks the owner, then the cards by id. Raises `AlreadyErased`, `WithoutRequest`.
    """
    locked = _lock(owner)
    check_not_erased(owner=locked)
    if not request.strip():
        raise WithoutRequest
    locked.name = locked.phone = ""
    locked.consented_on = None
    locked.erased_at, locked.erased_by, locked.erasure_request = now, by, request.strip()
    locked.save()
    if close_cards:
        for card in owner.cards.exclude(status=CardStatus.CLOSED).order_by("pk"):
            cards.close(card=card, now=now)
    edits.note(of=locked, said=gettext_noop("Personal data was erased on request"), now=now)
    return locked


def check_not_erased(*, owner: CardOwner) -> None:
    """Raises `AlreadyErased`."""
    if owner.erased_at is not None:
        raise AlreadyErased


def mentions(*, owner: CardOwner) -> QuerySet[CorrectionDocument]:
    """Return corrections of the owner's cards whose words name the owner: documents keep what people wrote in them."""
    named = Q(pk__in=[])
    for part in filter(None, (owner.name.split(" ")[0], owner.phone)):
        named |= Q(reason__icontains=part) | Q(comment__icontains=part) | Q(refusal__icontains=part)
    own = CorrectionDocument.objects.filter(lines__card__owner=owner)
    return CorrectionDocument.objects.filter(named, pk__in=own.values("pk")).order_by("pk")


def _lock(owner: CardOwner) -> CardOwner:
    return CardOwner.objects.select_for_update(no_key=True).get(pk=owner.pk)
