"""What receipts tell of cards: taken off the queue that the intake wrote, and given to the ledger, once each.

`work_off` claims one transaction after another, each in a database transaction of its own: the row of the queue goes
with what it told, or stays. It is called right after an upload and every minute, by whoever comes first.

A record that cannot be applied (a card that nobody knows, nonsense, an id of another operation) becomes a
`WaitingRecord`, and its transaction goes to the error desk with a problem that only flags it: the goods have moved.
Once somebody has entered the card, `retry` applies the record and takes the flag away; a transaction that was accepted
or set aside there takes its records with it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
import structlog
from django.db import DatabaseError, DataError, IntegrityError, transaction

from billing.choices import OperationSource, WaitingState
from billing.models import CardNumber, WaitingRecord
from billing.services import operations
from billing.services.operations import Wanted, refusals
from billing.services.operations.wishes import LONGEST
from registers.choices import TransactionState
from registers.messages import BillingRecord
from retail.exceptions import DomainError
from retail.services.statements import beside

CLAIM = beside(__file__, "claim.sql")
LOCK = beside(__file__, "lock.sql")
FLAG = beside(__file__, "flag.sql")
UNFLAG = beside(__file__, "unflag.sql")
AT_ONCE = 200  # transactions while a register waits for its answer; the rest is a minute's work
RETRIED = 1000

_log = structlog.get_logger(__name__)
_records = msgspec.json.Decoder(list[BillingRecord]).decode
_encode = msgspec.json.Encoder(decimal_format="string").encode


class _Claimed(NamedTuple):
    """A transaction off the queue; its records as they came."""

    transaction: int
    register: int
    number: int | None
    occurred_at: datetime
    receipt: str
    card: str
    records: str


def after_upload(*, register_id: int, records: Sequence[object], now: datetime) -> None:
    """Apply what a register has just told, if it told of cards. What fails stays queued: the upload was taken in."""
    if not records:
        return
    try:
        work_off(now=now, register_id=register_id, most=AT_ONCE)
    except (DatabaseError, DomainError):
        _log.warning("billing_stays_queued", register_id=register_id, exc_info=True)


def work_off(*, now: datetime, register_id: int | None = None, most: int | None = None) -> int:
    """Apply what is queued, of one register or all, at most so many transactions; return how many were taken off.

    Runs outside a transaction. One that fails is left where it is, logged, and the next one taken.
    """
    done = seen = after = 0
    while most is None or seen < most:
        seen += 1
        try:
            with transaction.atomic():
                claimed = _claim(after, register_id)
                if claimed is None:
                    return done
                after = claimed.transaction
                _apply(claimed, now=now)
            done += 1
        except (DatabaseError, DomainError):
            _log.exception("billing_not_applied", transaction=after)
            if not after:
                return done
    return done


def retry(*, now: datetime) -> int:
    """Apply records whose card is known by now; return how many. Those that were accepted without are set aside."""
    waiting = WaitingRecord.objects.filter(state=WaitingState.WAITING)
    decided = waiting.filter(transaction__receipt__isnull=False).exclude(transaction__state=TransactionState.ERROR_DESK)
    decided.update(state=WaitingState.SET_ASIDE, settled_at=now)
    known = waiting.filter(card_number__in=CardNumber.objects.values("value"), problem__code="unknown_card")
    return sum(_again(pk, now=now) for pk in known.order_by("pk").values_list("pk", flat=True)[:RETRIED])


def uid_of(claimed: _Claimed, record: BillingRecord, position: int) -> str:
    """Return the id of a record: its own, or one bound to the register, the transaction and the place in it."""
    if record.uid:
        return record.uid
    if claimed.number is None:
        return f"kkm.t{claimed.transaction}.{position}"
    return f"kkm.{claimed.register}.{claimed.number}.{claimed.occurred_at.astimezone(UTC):%Y%m%dT%H%M%S%f}.{position}"


def _claim(after: int, register_id: int | None) -> _Claimed | None:
    rows = CLAIM.rows(after=after, register=register_id)
    return _Claimed(*rows[0]) if rows else None


def _apply(claimed: _Claimed, *, now: datetime) -> None:
    wanted = [_wanted(claimed, record, position) for position, record in enumerate(_records(claimed.records), start=1)]
    cards = {one.card for one in wanted}
    if len(cards) > 1:
        LOCK.rows(cards=sorted(cards))
    problems = []
    for position, one in enumerate(wanted, start=1):
        refusal = _record(claimed.register, one, now)
        if refusal is not None:
            problem = _problem(refusal, one)
            problems.append(problem)
            WaitingRecord.objects.create(
                transaction_id=claimed.transaction,
                position=position,
                uid=one.uid[:LONGEST],
                card_number=one.card[:LONGEST],
                record=msgspec.json.decode(_encode(one)),
                problem=problem,
                came_at=now,
            )
    if problems:
        FLAG.rows(transaction=claimed.transaction, problems=_encode(problems).decode())


def _wanted(claimed: _Claimed, record: BillingRecord, position: int) -> Wanted:
    return Wanted(
        uid=uid_of(claimed, record, position),
        card=record.card or claimed.card,
        kind=record.kind,
        occurred_at=claimed.occurred_at,
        bonuses=record.bonuses,
        turnover=record.turnover,
        receipts=record.receipts,
        receipt_uid=claimed.receipt,
        promotion=record.promotion or "",
        of=record.of or "",
    )


def _record(register_id: int, wanted: Wanted, now: datetime) -> DomainError | None:
    """Give one record to the ledger; return why it cannot be applied, and raise what may pass."""
    try:
        with transaction.atomic():
            operations.record(register_id=register_id, wanted=wanted, source=OperationSource.RECEIPT, now=now)
    except refusals.CardsUnavailable as error:
        if isinstance(error.__cause__, IntegrityError):
            return refusals.UidReused()
        raise
    except (DataError, ArithmeticError):  # What no check foresaw must not hold the others up.
        return refusals.NotAnOperation("")
    except DomainError as error:
        return error
    return None


def _problem(refusal: DomainError, wanted: Wanted) -> dict[str, Any]:
    code = refusal.code if refusal.code == "unknown_card" else f"billing_{refusal.code}"
    return {"code": code, "attr": "billing", "params": {"card": wanted.card[:LONGEST], "uid": wanted.uid[:LONGEST]}}


@transaction.atomic
def _again(pk: int, *, now: datetime) -> bool:
    waiting = WaitingRecord.objects.filter(pk=pk, state=WaitingState.WAITING).select_for_update(
        of=("self",), skip_locked=True
    )
    found = waiting.select_related("transaction").first()
    if found is None:
        return False
    wanted = msgspec.convert(found.record, Wanted, strict=False)
    if _record(found.transaction.register_id, wanted, now) is not None:
        return False
    found.state, found.settled_at = WaitingState.APPLIED, now
    found.save(update_fields=["state", "settled_at"])
    UNFLAG.rows(transaction=found.transaction_id, problem=_encode(found.problem).decode())
    return True
