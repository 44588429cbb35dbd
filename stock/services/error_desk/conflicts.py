"""Two bodies under one key: which of them happened is a person's to say, once, and nothing is replaced in silence."""

from datetime import datetime

import msgspec
from django.contrib.auth.models import User
from django.db import transaction

from registers.choices import DeedKind, Settlement, TransactionState
from registers.messages import Entry
from registers.models import KkmTransaction, Receipt, TransactionConflict
from registers.services import reading
from stock.services.error_desk import applying, correcting, deeds
from stock.services.error_desk.refusals import AlreadySettled, SameReceipt, StillBroken


@transaction.atomic(durable=True)
def keep_first(*, conflict_id: int, by: User, reason: str, now: datetime) -> TransactionConflict:
    """Say that what came first is right and the other body is not. Raises `AlreadySettled`, `ReasonNeeded`."""
    said = deeds.given(reason)
    return _settle(_claim(conflict_id), as_=Settlement.FIRST, by=by, reason=said, now=now)


@transaction.atomic(durable=True)
def take_second(*, conflict_id: int, by: User, reason: str, now: datetime) -> TransactionConflict:
    """Correct what came first by the other body; possible while the first waits on the desk and has moved nothing.

    Raises `AlreadySettled`, `ReasonNeeded` and what `correct` does.
    """
    said = deeds.given(reason)
    conflict = _claim(conflict_id)
    first = deeds.claim_one(conflict.transaction_id)
    zone = conflict.transaction.register.shop.zone
    body = reading.in_our_words(conflict.raw, protocol=conflict.protocol, zone=zone)
    correcting.apply_body(first, body=body, by=by, reason=said, now=now, despite_flags=True)
    return _settle(conflict, as_=Settlement.SECOND, by=by, reason=said, now=now)


@transaction.atomic(durable=True)
def record_both(*, conflict_id: int, by: User, reason: str, now: datetime) -> TransactionConflict:
    """Record the other body as a transaction of its own: both happened, and a till has used a key twice.

    The new transaction has the number and time, or the unique id, only where they are not taken; its bytes are then
    known by their hash, should they be told once more. Raises `AlreadySettled`, `ReasonNeeded`; `SameReceipt` when both
    tell of one receipt, `StillBroken` when the other body cannot be applied, `UnknownProtocol`.
    """
    said = deeds.given(reason)
    conflict = _claim(conflict_id)
    if tells_of_one_receipt(conflict):
        raise SameReceipt
    entry = reading.read(conflict.raw, protocol=conflict.protocol, zone=conflict.transaction.register.shop.zone)
    recorded = _record(conflict, entry)
    entry = msgspec.structs.replace(entry, number=recorded.number)  # What is taken stays with the first.
    applied = applying.apply(recorded=recorded, entry=entry, now=now)
    if not applied.taken_apart:
        raise StillBroken(applied.problems)
    deeds.record([recorded], kind=DeedKind.RECORD, by=by, now=now, reason=said, problems=[])
    conflict.recorded = recorded
    return _settle(conflict, as_=Settlement.BOTH, by=by, reason=said, now=now)


def can_take_second(conflict: TransactionConflict) -> bool:
    """Tell whether the first body waits on the desk and has moved nothing, so that the other may take its place."""
    first = conflict.transaction
    return first.state == TransactionState.ERROR_DESK and not Receipt.objects.filter(pk=first.pk).exists()


def tells_of_one_receipt(conflict: TransactionConflict) -> bool:
    """Tell whether the other body's receipt is one that has come already. Raises `UnknownProtocol`."""
    zone = conflict.transaction.register.shop.zone
    told = reading.read(conflict.raw, protocol=conflict.protocol, zone=zone).transaction
    if told is None or told.receipt is None:
        return False
    return Receipt.objects.filter(register=conflict.transaction.register_id, uid=told.receipt.uid).exists()


def _claim(conflict_id: int) -> TransactionConflict:
    """Lock a conflict that nobody has settled."""
    waiting = TransactionConflict.objects.open().select_for_update(of=("self",), no_key=True)
    conflict = waiting.select_related("transaction").filter(pk=conflict_id).first()
    if conflict is None:
        raise AlreadySettled
    return conflict


def _record(conflict: TransactionConflict, entry: Entry) -> KkmTransaction:
    """Record the other body under as much of its key as is free."""
    known = KkmTransaction.objects.filter(register=conflict.transaction.register_id)
    named = entry.number is not None and known.filter(number=entry.number, occurred_at=entry.occurred_at).exists()
    taken = entry.uid is not None and known.filter(uid=entry.uid).exists()
    return KkmTransaction.objects.create(
        register_id=conflict.transaction.register_id,
        number=None if named else entry.number,
        occurred_at=entry.occurred_at,
        uid=None if taken else entry.uid,
        kind=entry.kind,
        shift_number=entry.shift,
        state=TransactionState.ERROR_DESK,
        protocol=conflict.protocol,
        raw=conflict.raw,
        body_hash=conflict.body_hash,
        received_at=conflict.received_at,
    )


def _settle(
    conflict: TransactionConflict, *, as_: Settlement, by: User, reason: str, now: datetime
) -> TransactionConflict:
    conflict.settlement, conflict.settled_by, conflict.settled_at, conflict.reason = as_, by, now, reason
    conflict.save(update_fields=["settlement", "settled_by", "settled_at", "reason", "recorded"])
    return conflict
