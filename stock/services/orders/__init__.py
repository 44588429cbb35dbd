"""Customer orders: drafted, agreed, taken back, cancelled. What a sale does to one stands in the intake.

Agreed means held: `agree` places a hold of all its goods or is refused, whoever edits the lines of an agreed order
resizes the hold in the same transaction, and whatever ends the agreement frees the goods (`stock.models.orders`).

Every verb locks in the global order: the order's document, the feeds of the registers that hear of it, its
reservation, the warehouse's feed.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from registers.models import Register
from retail.choices import ItemKind
from retail.models import Price, Sku, Warehouse
from retail.services.statements import beside
from stock.choices import OrderDeed, OrderStatus, ReservationState
from stock.models import CustomerOrder, DocumentLine, OrderEvent, OrderHandout, Reservation
from stock.services import documents, reservations
from stock.services.orders.refusals import (
    REASON_LENGTH,
    OrderAgreed,
    OrderCancelled,
    OrderHoldsGoods,
    OrderNotAgreed,
    OrderNotCancelled,
    OrderSold,
    check_can_agree,
    check_can_cancel,
    check_can_discard,
    check_can_edit,
    check_can_reopen,
    check_can_take_back,
    check_has_lines,
)

__all__ = [
    "OrderAgreed",
    "OrderCancelled",
    "OrderHoldsGoods",
    "OrderNotAgreed",
    "OrderNotCancelled",
    "OrderSold",
    "agree",
    "cancel",
    "check_can_agree",
    "check_can_cancel",
    "check_can_discard",
    "check_can_edit",
    "check_can_reopen",
    "check_can_take_back",
    "discard",
    "draft",
    "draft_again",
    "edit",
    "rehold",
    "reopen",
    "save_header",
    "save_lines",
    "take_back",
    "tell",
]

HAND_OUT = beside(__file__, "hand_out.sql")
# What the verbs write, and a page that was opened before does not know.
_OF_VERBS = ["status", "receipt", "state", "posted_at", "posted_by"]


@transaction.atomic
def draft(
    *,
    warehouse: Warehouse,
    customer: str,
    date: datetime,
    lines: Sequence[documents.Line],
    by: User | None,
    now: datetime,
    **fields: Any,
) -> CustomerOrder:
    """Draft an order that nobody has agreed yet. Raises `ValidationError`."""
    order = CustomerOrder(warehouse=warehouse, customer=customer, date=date, **fields)
    save_header(order=order, by=by, now=now)
    save_lines(order=order, lines=_written(lines), now=now)
    return order


@transaction.atomic
def draft_again(*, order: CustomerOrder, date: datetime, by: User | None, now: datetime) -> CustomerOrder:
    """Draft a copy of an order in any state: the same customer and lines, a new number and date."""
    copied = ("warehouse", "customer", "phone", "address", "counterparty", "courier", "comment")
    lines = order.lines.select_related("sku").order_by("line")
    return draft(
        date=date,
        lines=[documents.Line(line.sku, line.quantity, line.price) for line in lines],
        by=by,
        now=now,
        **{name: getattr(order, name) for name in copied},
    )


@transaction.atomic
def save_header(*, order: CustomerOrder, by: User | None, now: datetime) -> CustomerOrder:
    """Save an order's own fields; of an edit of an agreed one `rehold` is the last step.

    Raises `OrderSold`, `OrderCancelled`, `OrderHoldsGoods`, `ValidationError`.
    """
    adding = order._state.adding
    if not adding:
        before = documents.lock(document=order)
        order.refresh_from_db(fields=_OF_VERBS)
        check_can_edit(order=order)
        if order.holds and order.warehouse_id != before.warehouse_id:
            raise OrderHoldsGoods(
                _("%(order)s holds goods in its warehouse: take it back first.") % {"order": order}, attr="warehouse"
            )
    documents.save_draft(document=order)
    if adding:
        _note(order, OrderDeed.MADE, by=by, now=now)
    return order


@transaction.atomic
def save_lines(*, order: CustomerOrder, lines: Iterable[DocumentLine], now: datetime) -> None:
    """Write lines of an order that `save_header` has locked; a new one without a price takes the one in force.

    Raises `ValidationError`.
    """
    lines = list(lines)
    unpriced = [line for line in lines if line._state.adding and not line.price]
    prices = Price.objects.filter(
        price_type=order.warehouse.retail_price_type_id, sku__in=[line.sku_id for line in unpriced]
    )
    amounts = dict(prices.in_force(at=now).values_list("sku_id", "amount")) if unpriced else {}
    for line in unpriced:
        line.price = amounts.get(line.sku_id, Decimal(0))
    documents.save_lines(document=order, lines=lines)


@transaction.atomic
def rehold(*, order: CustomerOrder, by: User | None, now: datetime) -> None:
    """After an edit: let an agreed order hold what its lines now say, and tell its courier.

    Raises `NoLines`, and `reservations.Refused` if there is not enough; the edit is then undone with it.
    """
    if not order.holds:
        return
    check_has_lines(order=order)
    _note(order, OrderDeed.CHANGED, by=by, now=now)
    _hand_out(order)
    hold = Reservation.objects.open().get(order=order)
    reservations.resize(reservation=hold, lines=_goods(order), now=now)


@transaction.atomic
def edit(
    *,
    order: CustomerOrder,
    changes: Mapping[str, Any],
    lines: Sequence[documents.Line] | None = None,
    by: User | None,
    now: datetime,
) -> CustomerOrder:
    """Change an order's fields, and put `lines` in the place of all it has unless it is None.

    Raises what `save_header`, `save_lines` and `rehold` raise.
    """
    for name, value in changes.items():
        setattr(order, name, value)
    save_header(order=order, by=by, now=now)
    if lines is not None:
        order.lines.all().delete()
        save_lines(order=order, lines=_written(lines), now=now)
    rehold(order=order, by=by, now=now)
    return order


@transaction.atomic
def agree(*, order: CustomerOrder, by: User | None, now: datetime) -> CustomerOrder:
    """Agree an order: its goods are held until it is sold or given up, and its courier hears of it.

    Raises `OrderSold`, `OrderAgreed`, `OrderCancelled`, `NoLines`, and `reservations.Refused`, which names every line
    that there is not enough for, with what is free.
    """
    _lock(order)
    check_can_agree(order=order)
    _mark(order, OrderStatus.AGREED, OrderDeed.AGREED, by=by, now=now)
    hold = Reservation.objects.create(
        warehouse_id=order.warehouse_id, order=order, receipt_uid=order.uid, placed_at=now, changed_at=now
    )
    reservations.resize(reservation=hold, lines=_goods(order), now=now)
    return order


@transaction.atomic
def take_back(*, order: CustomerOrder, by: User | None, now: datetime, reason: str = "") -> CustomerOrder:
    """Take an agreement back: the goods are free, and the courier is told. Raises `OrderSold`, `OrderNotAgreed`."""
    _lock(order)
    check_can_take_back(order=order)
    _mark(order, OrderStatus.NOT_AGREED, OrderDeed.TAKEN_BACK, by=by, now=now, reason=reason)
    _free(order, by, reason)
    return order


@transaction.atomic
def cancel(*, order: CustomerOrder, by: User | None, now: datetime, reason: str = "") -> CustomerOrder:
    """Cancel an order: what it holds is free. Raises `OrderSold`, `OrderCancelled`."""
    _lock(order)
    check_can_cancel(order=order)
    _mark(order, OrderStatus.CANCELLED, OrderDeed.CANCELLED, by=by, now=now, reason=reason)
    _free(order, by, reason)
    return order


@transaction.atomic
def reopen(*, order: CustomerOrder, by: User | None, now: datetime) -> CustomerOrder:
    """Take a cancelled order up again, not agreed yet. Raises `OrderSold`, `OrderNotCancelled`."""
    _lock(order)
    check_can_reopen(order=order)
    return _mark(order, OrderStatus.NOT_AGREED, OrderDeed.REOPENED, by=by, now=now)


@transaction.atomic
def discard(*, order: CustomerOrder) -> None:
    """Delete an order that was never agreed. Raises `OrderSold`, `OrderAgreed`: others are cancelled."""
    _lock(order)
    check_can_discard(order=order)
    order.delete()


@transaction.atomic
def tell(*, register: Register, revisions: Sequence[int], now: datetime) -> None:
    """Note that a register took these revisions of its orders, of those that nobody has noted yet."""
    taken = OrderHandout.objects.filter(register=register, revision__in=revisions, live=True, told_at=None)
    order_ids = list(taken.order_by("pk").select_for_update(no_key=True).values_list("order_id", flat=True))
    taken.update(told_at=now)
    OrderEvent.objects.bulk_create(
        OrderEvent(order_id=order_id, at=now, deed=OrderDeed.TOLD, register=register) for order_id in order_ids
    )


def _lock(order: CustomerOrder) -> None:
    """Lock the order's document, and bring what verbs write up to date on the instance at hand."""
    documents.lock(document=order)
    order.refresh_from_db(fields=_OF_VERBS)


def _mark(
    order: CustomerOrder, status: OrderStatus, deed: OrderDeed, *, by: User | None, now: datetime, reason: str = ""
) -> CustomerOrder:
    order.status = status
    order.save(update_fields=["status"])
    _note(order, deed, by=by, now=now, reason=reason)
    _hand_out(order)
    return order


def _note(order: CustomerOrder, deed: OrderDeed, *, by: User | None, now: datetime, reason: str = "") -> None:
    OrderEvent.objects.create(order=order, at=now, deed=deed, by=by, reason=" ".join(reason.split())[:REASON_LENGTH])


def _hand_out(order: CustomerOrder) -> None:
    HAND_OUT.rows(order=order.pk)


def _free(order: CustomerOrder, by: User | None, reason: str) -> None:
    words = " ".join(reason.split())[:REASON_LENGTH]
    for hold in Reservation.objects.open().filter(order=order):
        reservations.end(reservation=hold, state=ReservationState.RELEASED, by=by, reason=words)


def _goods(order: CustomerOrder) -> dict[int, tuple[Sku, Decimal]]:
    """Return what is to be held for the order: a service is never held."""
    lines = order.lines.filter(sku__item__kind=ItemKind.GOODS).select_related("sku").order_by("line")
    return {line.line: (line.sku, line.quantity) for line in lines}


def _written(lines: Iterable[documents.Line]) -> list[DocumentLine]:
    return [DocumentLine(sku=line.sku, quantity=line.quantity, price=line.price) for line in lines]
