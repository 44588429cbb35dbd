"""Reservations: may this be sold? Goods are held for a receipt while it is rung up, and for an order.

`place` answers a cashier who waits, in one round trip: it holds every line asked, or refuses and changes nothing. The
receipt ends its hold when it comes (`intake.sql`); `release` and `sweep` end those that are given up or forgotten.
Which of them ends a hold is decided under the lock of its row, and one of them wins (`stock.models.reservations`).

What decides runs inside the database (stock/migrations/0015_holding.sql): it must look at stock after it has had the
locks, and a statement sees only what was there when it began. Time is the database's. Nothing here waits for Redis or
for a worker: a hold that ran out is swept by a task, or else by whoever would be refused for it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

import msgspec
from django.contrib.auth.models import User
from django.db import transaction

from registers.models import Register
from retail.models import Sku, Warehouse
from retail.services.statements import beside
from stock.choices import ReservationState
from stock.models import Reservation
from stock.services import wakeups
from stock.services.reservations import answers, wishes
from stock.services.reservations.answers import Asker, Granted, GrantedLine, HeldLine, HeldNow, Shown
from stock.services.reservations.patience import run
from stock.services.reservations.refusals import (
    HeldForOrder,
    LineRefusal,
    Nonsense,
    NotAsked,
    ReasonMissing,
    ReceiptClosed,
    Refused,
    ReservationEnded,
    StockControlUnavailable,
    UnknownReservation,
)
from stock.services.reservations.wishes import Wanted

__all__ = [
    "Asker",
    "Granted",
    "GrantedLine",
    "HeldForOrder",
    "HeldLine",
    "HeldNow",
    "LineRefusal",
    "Nonsense",
    "NotAsked",
    "ReasonMissing",
    "ReceiptClosed",
    "Refused",
    "ReservationEnded",
    "Shown",
    "StockControlUnavailable",
    "UnknownReservation",
    "Wanted",
    "end",
    "holders",
    "place",
    "place_for_token",
    "release",
    "release_by_hand",
    "resize",
    "show",
    "sweep",
]

RESERVE = beside(__file__, "reserve.sql")
HOLD = beside(__file__, "hold.sql")
END_HOLD = beside(__file__, "end_hold.sql")
GIVE_UP = beside(__file__, "give_up.sql")
HOLDERS = beside(__file__, "holders.sql")
SETTLE = beside(__file__, "settle.sql")
OVERDUE = beside(__file__, "overdue.sql")
EXPIRE = beside(__file__, "expire.sql")
SWEPT_AT_ONCE = 500  # holds under one lock of a warehouse

_encode = msgspec.json.Encoder(decimal_format="string").encode
_quantities = msgspec.json.Decoder(dict[int, Decimal]).decode


def place(*, register: Register, receipt_uid: str, lines: Iterable[Wanted], whole: bool = False) -> Granted:
    """Hold these lines for a receipt, all of them or none; a quantity of 0 gives a line up.

    A line that is held already is resized: there is no moment when its goods are free. Lines that are not named stay
    as they are, unless this is the `whole` receipt. Locks the reservation, then the warehouse's feed.
    Raises `Refused`, `NotAsked`, `ReceiptClosed`, `Nonsense`, `StockControlUnavailable`.
    """
    answer = _ask(register.pk, None, receipt_uid, lines, whole=whole)
    if answer is None:  # It was deleted since it signed in.
        raise NotAsked
    return answer.grant()


def place_for_token(
    *, digest: str, receipt_uid: str, lines: Iterable[Wanted], whole: bool = False
) -> tuple[Asker, Granted] | None:
    """Do what `place` does in the same statement that looks the token up, and say whose it is.

    None, and nothing held, unless the token is in use and its register active: `tokens.identify` says what is wrong
    with it.
    """
    answer = _ask(None, digest, receipt_uid, lines, whole=whole)
    return (Asker(answer.register, answer.number), answer.grant()) if answer else None


def release(*, register: Register, receipt_uid: str, line: int | None = None) -> Shown:
    """Give up a line of a receipt, or all of it, and return what is held for it still.

    Of a receipt for which nothing is held it is no error. Raises `Nonsense`, `StockControlUnavailable`.
    """
    found = _find(register, receipt_uid)
    if found is None:
        return Shown(receipt_uid, ReservationState.RELEASED, [], None)
    if line is None:
        end(reservation=found, state=ReservationState.RELEASED)
    else:
        _moved(run(GIVE_UP, reservation=found.pk, line=str(line)))
    found.refresh_from_db()
    return _shown(found)


def show(*, register: Register, receipt_uid: str) -> Shown:
    """Return what is held for a receipt. Raises `UnknownReservation`, `Nonsense`."""
    found = _find(register, receipt_uid)
    if found is None:
        raise UnknownReservation
    return _shown(found)


def holders(*, warehouse: Warehouse, sku: Sku) -> list[HeldNow]:
    """Return who holds a SKU in a warehouse now, the oldest hold first."""
    return [HeldNow(*row) for row in HOLDERS.rows(warehouse=warehouse.pk, sku=sku.pk)]


@transaction.atomic
def resize(*, reservation: Reservation, lines: Mapping[int, tuple[Sku, Decimal]], now: datetime) -> Reservation:
    """Let an open hold, such as an order's, hold these lines (number → SKU and quantity) and nothing else.

    The SKUs are goods: services are never held. Locks the reservation, then the warehouse's feed.
    Raises `Refused`, with nothing changed, and `ReservationEnded`.
    """
    locked = Reservation.objects.select_for_update(no_key=True).get(pk=reservation.pk)
    if locked.state != ReservationState.OPEN:
        raise ReservationEnded
    own: defaultdict[int, Decimal] = defaultdict(Decimal)
    for held in locked.held:
        own[held.sku_id] += held.quantity
    after = {str(line): {"sku": sku.pk, "quantity": str(quantity)} for line, (sku, quantity) in lines.items()}
    short = _change(locked, after)
    if short:
        # What it holds already is free for it.
        raise Refused([
            LineRefusal(line, "not_enough", sku.code, sku.name, quantity, available=short[sku.pk] + own[sku.pk])
            for line, (sku, quantity) in lines.items()
            if sku.pk in short
        ])  # fmt: skip
    locked.changed_at = now
    locked.save(update_fields=["lines", "changed_at"])
    return locked


def end(
    *,
    reservation: Reservation,
    state: ReservationState,
    by: User | None = None,
    reason: str = "",
    sale: int | None = None,
) -> bool:
    """End a hold if it is open, and say whether this call did. `sale` is the id of the transaction it was sold by.

    Locks the reservation, then the warehouse's feed. Raises `StockControlUnavailable`.
    """
    return _moved(
        run(
            END_HOLD,
            reservation=reservation.pk,
            state=state.value,
            transaction=sale,
            by=by.pk if by else None,
            reason=reason,
        )
    )


def release_by_hand(*, reservation: Reservation, by: User, reason: str) -> Reservation:
    """Take the goods from a receipt.

    Raises `ReasonMissing`, `ReservationEnded` if somebody was first, and `HeldForOrder`: an order is taken back whole.
    """
    if reservation.order_id:
        raise HeldForOrder
    words = " ".join(reason.split())[:200]
    if not words:
        raise ReasonMissing
    if not end(reservation=reservation, state=ReservationState.RELEASED, by=by, reason=words):
        raise ReservationEnded
    reservation.refresh_from_db()
    return reservation


def sweep() -> int:
    """Let go of every hold whose time has run out, and end those whose receipt has come. Return how many there were.

    Each statement is a transaction of its own and locks the feed of one warehouse: two sweeps at once share the work.
    Raises `StockControlUnavailable`, with the rest to be swept the next time.
    """
    swept = 0
    moved: set[int] = set()
    for pk, state, sale in SETTLE.rows():
        swept += _moved(run(END_HOLD, reservation=pk, state=state, transaction=sale, by=None, reason=""))
    for (warehouse_id,) in OVERDUE.rows():
        count = SWEPT_AT_ONCE
        while count == SWEPT_AT_ONCE:
            [(count,)] = EXPIRE.rows(warehouse=warehouse_id, most=SWEPT_AT_ONCE)
            swept += count
        moved.add(warehouse_id)
    wakeups.announce(sorted(moved))
    return swept


def _ask(
    register: int | None, digest: str | None, receipt_uid: str, lines: Iterable[Wanted], *, whole: bool
) -> answers.Answer | None:
    asked = list(lines)
    wishes.check(receipt_uid, asked)
    [(told,)] = run(
        RESERVE,
        register=register,
        digest=digest,
        receipt_uid=receipt_uid,
        lines=_encode(asked).decode(),
        whole=whole,
    )
    if told is None:
        return None
    answer = answers.read(told)
    if answer.moved:
        _wake(answer.warehouse)
    return answer


def _moved(rows: list[tuple[Any, ...]]) -> bool:
    """Tell who waits in the warehouse that a statement returned, and say whether it returned one."""
    [(warehouse_id,)] = rows
    if warehouse_id is None:
        return False
    _wake(warehouse_id)
    return True


def _wake(warehouse_id: int) -> None:
    transaction.on_commit(partial(wakeups.announce, [warehouse_id]))


def _find(register: Register, receipt_uid: str) -> Reservation | None:
    wishes.check(receipt_uid, [])
    return Reservation.objects.filter(register=register, receipt_uid=receipt_uid).first()


def _shown(found: Reservation) -> Shown:
    state = ReservationState(found.state)
    if state != ReservationState.OPEN:
        return Shown(found.receipt_uid, state, [], None)
    codes = dict(Sku.objects.filter(pk__in={held.sku_id for held in found.held}).values_list("pk", "code"))
    lines = [HeldLine(held.line, codes[held.sku_id], held.quantity) for held in found.held]
    return Shown(found.receipt_uid, state, lines, found.expires_at)


def _change(locked: Reservation, after: dict[str, Any]) -> dict[int, Decimal]:
    """Hold `after` for a locked open hold; return what is available of the SKUs that lack, nothing held anew then."""
    [(short, _available, moved)] = run(
        HOLD,
        reservation=locked.pk,
        warehouse=locked.warehouse_id,
        before=_encode(locked.lines).decode(),
        after=_encode(after).decode(),
    )
    if moved:
        _wake(locked.warehouse_id)
    if short is None:
        locked.lines = after
    return _quantities(short) if short else {}
