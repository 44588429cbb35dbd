"""Looking at transactions again as they came: perhaps the goods are known now, or this release reads them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from registers.choices import DeedKind, TransactionState
from registers.models import KkmTransaction, Receipt
from registers.services import reading
from stock.services.error_desk import applying, deeds, lines
from stock.services.error_desk.refusals import StillBroken


@dataclass(frozen=True)
class Resubmitted:
    """How many transactions are wholly applied now, are so in part, and wait as before."""

    mended: int = 0
    partly: int = 0
    waiting: int = 0

    def __add__(self, other: "Resubmitted") -> "Resubmitted":
        return Resubmitted(self.mended + other.mended, self.partly + other.partly, self.waiting + other.waiting)


def resubmit(*, transactions: Iterable[int], by: User, now: datetime) -> Resubmitted:
    """Look at each again, given by pk. What does not wait on the error desk any more is passed over.

    Unknown lines of all are mended by a few statements for each warehouse; whatever has not been taken apart yet is
    read and examined anew, each in a database transaction of its own, so that one cannot hold up the others.
    Raises `UnknownProtocol`.
    """
    waiting = KkmTransaction.objects.filter(pk__in=list(transactions), state=TransactionState.ERROR_DESK)
    pks = list(waiting.order_by("pk").values_list("pk", flat=True))
    taken_apart = set(Receipt.objects.filter(pk__in=pks).values_list("pk", flat=True))
    mended = lines.mend_known(transactions=sorted(taken_apart), by=by, now=now)
    left = len(taken_apart) - mended.mended - mended.partly
    done = Resubmitted(mended.mended, mended.partly, max(left, 0))
    for pk in pks:
        if pk not in taken_apart:
            done += _again(pk, by=by, now=now)
    return done


@transaction.atomic(durable=True)
def _again(pk: int, *, by: User, now: datetime) -> Resubmitted:
    claimed = deeds.claim([pk])
    if not claimed or Receipt.objects.filter(pk=pk).exists():
        return Resubmitted()
    [recorded] = claimed
    entry = reading.read(recorded.raw, protocol=recorded.protocol, zone=recorded.register.shop.zone)
    try:
        applied = applying.apply(recorded=recorded, entry=entry, now=now)
    except StillBroken as refusal:
        applied = applying.Applied(taken_apart=False, problems=[dict(problem) for problem in refusal.found])
    if not applied.taken_apart:
        # Perhaps another thing is wrong than was; that is no deed.
        KkmTransaction.objects.filter(pk=pk).update(problems=applied.problems)
        return Resubmitted(waiting=1)
    left = applied.problems
    dealt_with = [problem for problem in recorded.problems if problem not in left]
    deeds.record([recorded], kind=DeedKind.RESUBMIT, by=by, now=now, problems=dealt_with)
    return Resubmitted(partly=1) if left else Resubmitted(mended=1)
