"""Holds of registers that name goods and no lines: so much more of a SKU for a receipt, so much less.

Such a register changes a quantity by giving up the old one and asking for the new one, and nobody may get in between.
So what it gives up is *kept* for the same receipt for some seconds: as a hold of its own beside the receipt's, of this
one SKU (docs/adr/0017). `reserved` does not move by that. The next asking takes it back and settles with the warehouse
for the difference alone; if none comes, it expires like every other hold. A SKU has one line in such a hold, however
often it stands in the receipt.
"""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from registers.models import Register
from retail.models import Barcode, Constants, Sku
from stock.choices import ReservationState
from stock.models import Reservation
from stock.models.reservations import ReservationQuerySet
from stock.services import reservations
from stock.services.reservations import wishes
from stock.services.reservations.answers import Granted
from stock.services.reservations.patience import ATTEMPTS
from stock.services.reservations.refusals import Nonsense, Refused, StockControlUnavailable
from stock.services.reservations.wishes import Wanted

KEPT_FOR = timedelta(seconds=15)
LONGEST = 40  # characters of a receipt's uid, so that "<uid>~<SKU's id>" fits beside it
PATIENCE = "1s"  # for a lock, while the cashier waits

Result = TypeVar("Result")


def hold_more(*, register: Register, receipt_uid: str, code: str, quantity: Decimal) -> Granted:
    """Hold so much more of a SKU (its code, or a barcode) for a receipt, besides what it holds of it already.

    What the receipt has given up of it a moment ago is used first. The line that is granted tells how much is held of
    the SKU in all. Locks the reservation, what is kept beside it, then the warehouse's feed.
    Raises `Refused`, with nothing changed, `NotAsked`, `ReceiptClosed`, `Nonsense`, `StockControlUnavailable`.
    """
    _check(receipt_uid, code, quantity)
    try:
        return _at_once(partial(_hold_more, register, receipt_uid, code, quantity))
    except Refused:
        # The receipt is being rung up still: what it holds must not run out meanwhile.
        _of(register.pk, receipt_uid).open().update(changed_at=Now(), expires_at=_until(register))
        raise


def hold_less(*, register: Register, receipt_uid: str, code: str, quantity: Decimal) -> Decimal:
    """Give up so much of a SKU, or all of it if less is held; it is kept for the receipt for `KEPT_FOR`.

    Returns how much was given up: 0 of what is not held, which is no error. Locks the reservation, then what is kept
    beside it. Raises `Nonsense`, `StockControlUnavailable`.
    """
    _check(receipt_uid, code, quantity)
    return _at_once(partial(_hold_less, register, receipt_uid, code, quantity))


def _hold_more(register: Register, receipt_uid: str, code: str, quantity: Decimal) -> Granted:
    hold = _begun(register, receipt_uid)
    sku_id = _sku_id(code)
    line = _line_of(hold, sku_id)
    before = _held(hold, line)
    if sku_id is not None and hold.state == ReservationState.OPEN:
        _take_back(hold, line, sku_id)
    asked = Wanted(line=int(line), sku=code, barcode=code, quantity=before + quantity)
    return reservations.place(register=register, receipt_uid=receipt_uid, lines=[asked])


def _hold_less(register: Register, receipt_uid: str, code: str, quantity: Decimal) -> Decimal:
    hold = _of(register.pk, receipt_uid).select_for_update(no_key=True).first()
    sku_id = _sku_id(code)
    if hold is None or hold.state != ReservationState.OPEN or sku_id is None:
        return Decimal(0)
    line = _line_of(hold, sku_id)
    held = _held(hold, line)
    given = min(held, quantity)
    if given:
        _set(hold, line, sku_id, held - given)
        hold.changed_at, hold.expires_at = Now(), _until(register)
        hold.save(update_fields=["lines", "changed_at", "expires_at"])
        _keep(hold, sku_id, given)
    return given


def _take_back(hold: Reservation, line: str, sku_id: int) -> None:
    """Move what is kept of a SKU back into the hold it came from."""
    kept = _of(hold.register_id, _kept_uid(hold, sku_id)).select_for_update(no_key=True).first()
    if kept is None or kept.state != ReservationState.OPEN or kept.warehouse_id != hold.warehouse_id:
        return
    _set(hold, line, sku_id, _held(hold, line) + _held(kept, "1"))
    hold.save(update_fields=["lines"])
    kept.delete()


def _keep(hold: Reservation, sku_id: int, quantity: Decimal) -> None:
    """Keep so much that a hold has given up for its receipt, besides what is kept of the SKU already."""
    uid = _kept_uid(hold, sku_id)
    kept = _of(hold.register_id, uid).select_for_update(no_key=True).first()
    kept = kept or _beginning(hold.register_id, uid, hold.warehouse_id)
    if kept.state == ReservationState.OPEN and kept.warehouse_id != hold.warehouse_id:
        reservations.end(reservation=kept, state=ReservationState.RELEASED)
        kept.state = ReservationState.RELEASED
    if kept.state != ReservationState.OPEN:
        kept.lines, kept.placed_at = {}, Now()
        kept.state, kept.ended_at, kept.ended_by, kept.reason = ReservationState.OPEN, None, None, ""
    kept.warehouse_id = hold.warehouse_id
    _set(kept, "1", sku_id, _held(kept, "1") + quantity)
    kept.changed_at, kept.expires_at = Now(), Now() + KEPT_FOR
    kept.save()


def _begun(register: Register, receipt_uid: str) -> Reservation:
    """Return the locked hold of a receipt; an empty one is begun where there is none."""
    locked = _of(register.pk, receipt_uid).select_for_update(no_key=True)
    found = locked.first()
    if found is None:
        begun = _beginning(register.pk, receipt_uid, register.warehouse_id)
        Reservation.objects.bulk_create([begun], ignore_conflicts=True)  # Of two at once one waits here for the other.
        found = locked.get()
    return found


def _beginning(register_id: int | None, receipt_uid: str, warehouse_id: int) -> Reservation:
    return Reservation(
        register_id=register_id,
        warehouse_id=warehouse_id,
        receipt_uid=receipt_uid,
        placed_at=Now(),
        changed_at=Now(),
        expires_at=Now(),
    )


def _of(register_id: int | None, receipt_uid: str) -> ReservationQuerySet:
    return Reservation.objects.filter(register=register_id, receipt_uid=receipt_uid)


def _kept_uid(hold: Reservation, sku_id: int) -> str:
    return f"{hold.receipt_uid}~{sku_id}"


def _until(register: Register) -> Combinable:
    minutes = register.reservation_minutes or Constants.objects.values_list("reservation_minutes", flat=True).get()
    return Now() + timedelta(minutes=minutes)


def _sku_id(code: str) -> int | None:
    """Return the SKU that is meant as the intake finds it: the code decides, a barcode where no SKU has the code."""
    found = Sku.objects.filter(code=code).values_list("pk", flat=True).first()
    return found or Barcode.objects.filter(value=code).values_list("sku_id", flat=True).first()


def _line_of(hold: Reservation, sku_id: int | None) -> str:
    """Return the line that a SKU has in a hold, or the number of its next line."""
    lines = hold.lines if hold.state == ReservationState.OPEN else {}
    for number, line in lines.items():
        if line["sku"] == sku_id:
            return str(number)
    return str(max(map(int, lines), default=0) + 1)


def _held(hold: Reservation, line: str) -> Decimal:
    lines = hold.lines if hold.state == ReservationState.OPEN else {}
    return Decimal(lines[line]["quantity"]) if line in lines else Decimal(0)


def _set(hold: Reservation, line: str, sku_id: int, quantity: Decimal) -> None:
    others = {number: held for number, held in hold.lines.items() if number != line}
    hold.lines = {**others, line: {"sku": sku_id, "quantity": str(quantity)}} if quantity else others


def _check(receipt_uid: str, code: str, quantity: Decimal) -> None:
    wishes.check(receipt_uid, [Wanted(line=1, sku=code, quantity=quantity)])
    if not quantity:
        raise Nonsense(_("The quantity is a number above 0, with three decimals at most."), attr="quantity")
    if len(receipt_uid) > LONGEST:
        raise Nonsense(_("The uid of a receipt has at most %(limit)s characters here.") % {"limit": LONGEST})


def _at_once(work: Callable[[], Result]) -> Result:
    """Do it in one transaction, and once more if the locks could not be had in time."""
    for attempt in range(1, ATTEMPTS + 1):
        outermost = not connection.in_atomic_block
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
                return work()
        except (OperationalError, StockControlUnavailable) as error:
            if attempt == ATTEMPTS or not outermost:
                raise StockControlUnavailable from error
    raise AssertionError("unreachable")
