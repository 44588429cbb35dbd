"""Correcting what a transaction says. The original stays as it came, and the correction stands beside it."""

from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction

from registers.choices import DeedKind
from registers.messages import Entry
from registers.models import KkmTransaction, Receipt
from registers.services import reading
from stock.services.error_desk import applying, deeds
from stock.services.error_desk.refusals import AlreadyApplied, KeyStays, StillBroken


@transaction.atomic(durable=True)
def correct(
    *, transaction_id: int, body: str, by: User, reason: str, now: datetime, despite_flags: bool = False
) -> KkmTransaction:
    """Apply a corrected body, JSON of KKMTransfer, in place of the one that came.

    Only what has not been taken apart can be corrected. A body with anything wrong in it is refused with the sentences;
    `despite_flags` lets figures that really disagree and goods that nobody knows yet stay flagged on the error desk.
    Raises `NotOnDesk`, `AlreadyApplied`, `StillBroken`, `KeyStays`, `KeyTaken`, `ReasonNeeded`.
    """
    said = deeds.given(reason)
    recorded = deeds.claim_one(transaction_id)
    apply_body(recorded, body=body, by=by, reason=said, now=now, despite_flags=despite_flags)
    recorded.refresh_from_db()
    return recorded


def apply_body(
    recorded: KkmTransaction, *, body: str, by: User, reason: str, now: datetime, despite_flags: bool
) -> None:
    """Apply a body in place of the one that came to a transaction whose row is locked. Raises what `correct` does."""
    if Receipt.objects.filter(pk=recorded.pk).exists():
        raise AlreadyApplied
    entry = reading.read(body.encode("utf-8", "surrogatepass"))
    _check_key(recorded, entry)
    applied = applying.apply(recorded=recorded, entry=entry, now=now)
    if not applied.taken_apart or (applied.problems and not despite_flags):
        raise StillBroken(applied.problems, flags_only=applied.taken_apart)
    deeds.record([recorded], kind=DeedKind.CORRECT, by=by, now=now, reason=reason, body=body)


def _check_key(recorded: KkmTransaction, entry: Entry) -> None:
    if recorded.number is not None and entry.number not in (None, recorded.number):
        raise KeyStays("number")
    if recorded.uid is not None and entry.uid not in (None, recorded.uid):
        raise KeyStays("uid")
