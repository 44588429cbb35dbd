"""A series of cards: numbers that follow one another, issued together or not at all.

The digits at the end of the first number count on; what stands before them stays. A number of 13 digits is an EAN-13,
whose last digit checks the others, so that the twelve before it count on.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from billing.choices import NumberKind
from billing.models import CardKind, CardNumber
from retail.exceptions import DomainError
from retail.fields import gs1_check_digit
from retail.services import edits
from retail.services.statements import beside

ISSUE = beside(__file__, "issue.sql", prepared=False)
MOST = 100_000
LONGEST = 64
EAN_13 = 13
NAMED = 5

_of_digits = re.compile(r"([!-~]*?)([0-9]+)").fullmatch


class NotASeries(DomainError):
    """No numbers follow from what was asked; `attr` says where."""

    code = "not_a_series"
    status = 400


class NumbersTaken(DomainError):
    code = "card_numbers_taken"

    def __init__(self, *, count: int, named: Sequence[str]) -> None:
        words = {"count": count, "numbers": ", ".join(named)}
        super().__init__(_("%(count)s of these numbers are taken: %(numbers)s.") % words, attr="first")


class Series(NamedTuple):
    """What would be issued, and which of its numbers are cards already."""

    numbers: list[str]
    taken: list[str]


def plan(*, first: str, count: int) -> Series:
    """Return the numbers of a series and those of them that are taken. Raises `NotASeries`."""
    numbers = _numbers(first, count)
    taken = CardNumber.objects.extra(where=["value = ANY(%s)"], params=[numbers]).order_by("value")
    return Series(numbers, list(taken.values_list("value", flat=True)))


@transaction.atomic
def issue(*, kind: CardKind, first: str, count: int, read_as: NumberKind, now: datetime) -> int:
    """Issue cards of a kind under numbers that follow one another; return how many.

    Raises `NotASeries`, and `NumbersTaken` without having issued any.
    """
    numbers, taken = plan(first=first, count=count)
    if taken:
        raise NumbersTaken(count=len(taken), named=taken[:NAMED])
    try:
        with transaction.atomic():
            ISSUE.rows(kind=kind.pk, numbers=numbers, read_as=read_as.value, now=now)
    except IntegrityError as error:  # Somebody issued one of them at this very moment.
        raise NumbersTaken(count=1, named=[first]) from error
    edits.note(of=kind, said=gettext_noop("A series of cards was issued"), now=now)
    return count


def _numbers(first: str, count: int) -> list[str]:
    if not 1 <= count <= MOST:
        raise NotASeries(_("A series has from 1 to %(most)s cards.") % {"most": MOST}, attr="count")
    parts = _of_digits(first)
    if parts is None or len(first) > LONGEST:
        raise NotASeries(_("A number ends with digits and has no spaces: 2700000000014, CLUB0001."), attr="first")
    prefix, digits = parts.groups()
    is_ean = not prefix and len(digits) == EAN_13
    if is_ean:
        _check_ean(digits)
        digits = digits[:-1]
    begin, width = int(digits), len(digits)
    if len(str(begin + count - 1)) > width:
        raise NotASeries(_("So many numbers do not fit into %(width)s digits.") % {"width": width}, attr="count")
    counted = (f"{number:0{width}d}" for number in range(begin, begin + count))
    return [f"{one}{gs1_check_digit(one)}" for one in counted] if is_ean else [f"{prefix}{one}" for one in counted]


def _check_ean(digits: str) -> None:
    right = gs1_check_digit(digits[:-1])
    if digits[-1] != right:
        raise NotASeries(
            _("The check digit of this number is wrong: it should be %(number)s.") % {"number": digits[:-1] + right},
            attr="first",
        )
