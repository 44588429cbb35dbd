"""Claiming transactions of the error desk, and writing down what was done."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from registers.choices import DeedKind, TransactionState
from registers.models import KkmTransaction, TransactionDeed
from stock.services.error_desk.refusals import NotOnDesk, ReasonNeeded


def claim(pks: Iterable[int], *, state: str = TransactionState.ERROR_DESK) -> list[KkmTransaction]:
    """Lock those of the transactions that are in the state, in order of pk, until the end of the database transaction.

    Whoever comes second waits here, and then finds that the transaction is in that state no more.
    """
    wanted = KkmTransaction.objects.filter(pk__in=list(pks), state=state).order_by("pk")
    return list(wanted.select_related("register").select_for_update(of=("self",), no_key=True))


def claim_one(pk: int, *, state: str = TransactionState.ERROR_DESK) -> KkmTransaction:
    """Lock one transaction. Raises `NotOnDesk`."""
    claimed = claim([pk], state=state)
    if not claimed:
        raise NotOnDesk
    return claimed[0]


def record(
    transactions: Iterable[KkmTransaction],
    *,
    kind: DeedKind,
    by: User,
    now: datetime,
    reason: str = "",
    body: str = "",
    problems: list[dict[str, Any]] | None = None,
) -> None:
    """Write down a deed for each; the problems it dealt with are those of the transaction unless they are given."""
    TransactionDeed.objects.bulk_create(
        TransactionDeed(
            transaction=transaction,
            kind=kind,
            by=by,
            at=now,
            reason=reason,
            body=body,
            problems=transaction.problems if problems is None else problems,
        )
        for transaction in transactions
    )


def given(reason: str) -> str:
    """Return a reason without the space around it. Raises `ReasonNeeded`."""
    if not (said := reason.replace("\x00", "").strip()):
        raise ReasonNeeded
    return said
