"""Operations on discount cards: accruals, redemptions, reversals, each once for its id, whichever way it comes.

`apply` answers a register that waits, in one round trip: what is beyond the card is refused, and nothing has changed; a
refused id may be used again, for it stands for nothing yet. `record` takes what has happened at a till already: it is
recorded whatever the card held, and what was lacking becomes a debt. The second arrival of an id is answered with the
first result.

What decides runs inside the database under the lock of the card (billing/migrations/0002_operations.sql), because it
must look at lots after it has had the lock. The rules stand in docs/adr/0019.
"""

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from django.conf import settings
from django.db import DataError, IntegrityError, OperationalError, connection
from django.utils.translation import gettext_lazy as _

from billing.choices import OperationSource
from billing.services.operations import refusals, wishes
from billing.services.operations.refusals import CardsUnavailable, NotAnOperation, UnknownCard, UnknownOperation
from billing.services.operations.wishes import Wanted
from registers.models import Register
from retail.services.statements import Statement, beside

__all__ = ["Answer", "Asker", "Wanted", "apply", "apply_for_token", "find", "record", "state", "state_for_token"]

OPERATE = beside(__file__, "operate.sql")
STATE = beside(__file__, "state.sql")
FOUND = beside(__file__, "found.sql")
ATTEMPTS = 3
PATIENCE = 2.0  # seconds that somebody at a till waits for

_encode = msgspec.json.Encoder(decimal_format="string").encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Asker(NamedTuple):
    """The register behind a token: its id and its number."""

    register: int
    number: int


class Answer(NamedTuple):
    """What became of an operation: the state of the card after it, and whether that was answered before."""

    result: dict[str, Any]
    duplicate: bool

    def as_dict(self) -> dict[str, Any]:
        return {**self.result, "duplicate": self.duplicate}


def state(*, register: Register, card: str, now: datetime) -> dict[str, Any]:
    """Return what is on a card, as registers are told it.

    Raises `UnknownCard`, `DiscountCardsDisabled`, `OnlineRegistersDisabled`, `CardsUnavailable`.
    """
    told = _state(register.pk, None, card, now)
    if told is None:  # It was deleted since it signed in.
        raise UnknownCard
    return told[1]


def state_for_token(*, digest: str, card: str, now: datetime) -> tuple[Asker, dict[str, Any]] | None:
    """Do what `state` does in the same statement that looks the token up; None unless the token is in use."""
    return _state(None, digest, card, now)


def apply(*, register: Register, wanted: Wanted, now: datetime) -> Answer:
    """Apply an operation that a register waits for. Locks the card.

    Raises `NotAnOperation` and what `refusals` lists; then nothing has changed.
    """
    told = _apply(register.pk, None, wanted, now)
    if told is None:
        raise UnknownCard
    return told[1]


def apply_for_token(*, digest: str, wanted: Wanted, now: datetime) -> tuple[Asker, Answer] | None:
    """Do what `apply` does in the same statement that looks the token up; None unless the token is in use."""
    return _apply(None, digest, wanted, now)


def record(*, register_id: int | None, wanted: Wanted, source: OperationSource, now: datetime) -> Answer:
    """Record an operation that has happened already, even if it overdraws. Locks the card.

    Without a register it is the chain's own, and its days are those of the chain's time zone. Raises `NotAnOperation`,
    `UnknownCard`, `UidReused`, `NotReversible`, `OfAnotherCard`, `CardsUnavailable`.
    """
    wishes.check(wanted, now=now)
    answer = _operate(register_id, None, wanted, source, now, patience=None)
    if answer is None:
        raise UnknownCard
    return _answer(answer)


def find(*, register: Register, uid: str) -> dict[str, Any]:
    """Return the first answer to an operation of this register.

    Raises `UnknownOperation`, `DiscountCardsDisabled`, `OnlineRegistersDisabled`, `CardsUnavailable`.
    """
    if not uid.isprintable():
        raise UnknownOperation
    [(refused, result)] = _run(FOUND, PATIENCE, register=register.pk, uid=uid)
    if refused is not None:
        raise refusals.of({"refused": refused})
    if result is None:
        raise UnknownOperation
    return _decode(result)


def _state(register: int | None, digest: str | None, card: str, now: datetime) -> tuple[Asker, dict[str, Any]] | None:
    if not card.isprintable():
        raise UnknownCard
    # It locks nothing, so there is nothing to wait for, and a limit in time costs a tenth of the answer.
    [(told,)] = _run(STATE, None, register=register, digest=digest, card=card, now=now)
    if told is None:
        return None
    answer = _decode(told)
    if "refused" in answer:
        raise refusals.of(answer)
    return Asker(answer["register"], answer["number"]), answer["state"]


def _apply(register: int | None, digest: str | None, wanted: Wanted, now: datetime) -> tuple[Asker, Answer] | None:
    wishes.check(wanted, now=now)
    answer = _operate(register, digest, wanted, OperationSource.ONLINE, now, patience=PATIENCE)
    if answer is None:
        return None
    return Asker(answer["register"], answer["number"]), _answer(answer)


def _operate(
    register: int | None,
    digest: str | None,
    wanted: Wanted,
    source: OperationSource,
    now: datetime,
    *,
    patience: float | None,
) -> dict[str, Any] | None:
    asked = _encode(wishes.as_asked(wanted)).decode()
    who = {"register": register, "digest": digest, "card": wanted.card}
    how = {"source": source.value, "zone": settings.TIME_ZONE, "now": now}
    try:
        [(told,)] = _run(OPERATE, patience, **who, **how, asked=asked)
    except DataError as error:  # Each amount is possible; what they add up to is not.
        raise NotAnOperation(_("No card can hold so much."), attr="bonuses") from error
    return _decode(told) if told else None


def _answer(answer: dict[str, Any]) -> Answer:
    if "refused" in answer:
        raise refusals.of(answer)
    return Answer(answer["result"], answer["duplicate"])


def _run(statement: Statement, patience: float | None, **params: Any) -> list[tuple[Any, ...]]:
    """Run a statement, and again if it could not be done in time or if its id came on another card at that moment."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return statement.rows(**params) if patience is None else statement.rows_within(patience, **params)
        except (OperationalError, IntegrityError) as error:
            if attempt == ATTEMPTS or connection.in_atomic_block:
                raise CardsUnavailable from error
    raise AssertionError("unreachable")
