"""Deciding what needs no mending: figures that disagree and are accepted, and what shall stay out of the books."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from registers.choices import DeedKind, TransactionState
from registers.models import KkmTransaction
from registers.services.problems import FLAGS
from stock.services.error_desk import deeds


@transaction.atomic(durable=True)
def accept_as_is(*, transactions: Iterable[int], by: User, reason: str, now: datetime) -> int:
    """Accept transactions whose figures disagree though all else of them is applied, and return how many there were.

    Those with something to mend are passed over. Raises `ReasonNeeded`.
    """
    said = deeds.given(reason)
    accepted = [one for one in deeds.claim(transactions) if can_accept(one)]
    deeds.record(accepted, kind=DeedKind.ACCEPT, by=by, now=now, reason=said)
    return _move(accepted, state=TransactionState.ACCEPTED, problems=[])


def can_accept(recorded: KkmTransaction) -> bool:
    """Tell whether a transaction waits for nothing but somebody's consent."""
    return (
        recorded.state == TransactionState.ERROR_DESK
        and bool(recorded.problems)
        and all(isinstance(problem, dict) and problem.get("code") in FLAGS for problem in recorded.problems)
    )


@transaction.atomic(durable=True)
def set_aside(*, transactions: Iterable[int], by: User, reason: str, now: datetime) -> int:
    """Decide that what is not applied of these transactions stays out, and return how many there were.

    Their problems stay named, so that they can be taken back. Raises `ReasonNeeded`.
    """
    said = deeds.given(reason)
    aside = deeds.claim(transactions)
    deeds.record(aside, kind=DeedKind.SET_ASIDE, by=by, now=now, reason=said)
    return _move(aside, state=TransactionState.SET_ASIDE)


@transaction.atomic(durable=True)
def take_back(*, transactions: Iterable[int], by: User, now: datetime) -> int:
    """Put transactions that were set aside back on the error desk, and return how many there were."""
    back = deeds.claim(transactions, state=TransactionState.SET_ASIDE)
    deeds.record(back, kind=DeedKind.TAKE_BACK, by=by, now=now)
    return _move(back, state=TransactionState.ERROR_DESK)


def _move(claimed: list[KkmTransaction], **changes: object) -> int:
    return KkmTransaction.objects.filter(pk__in=[one.pk for one in claimed]).update(**changes)
