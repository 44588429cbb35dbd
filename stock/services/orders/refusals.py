"""When a verb of orders says no, and why."""

from django.utils.translation import gettext as _

from retail.exceptions import DomainError
from stock.choices import OrderStatus
from stock.models import CustomerOrder
from stock.services.documents import NoLines

REASON_LENGTH = 200


class OrderSold(DomainError):
    """The order has been sold, and is kept as it was."""

    code = "order_sold"


class OrderAgreed(DomainError):
    code = "order_agreed"


class OrderNotAgreed(DomainError):
    code = "order_not_agreed"


class OrderCancelled(DomainError):
    """A cancelled order is taken up again before anything else is done with it."""

    code = "order_cancelled"


class OrderNotCancelled(DomainError):
    code = "order_not_cancelled"


class OrderHoldsGoods(DomainError):
    """The goods of an agreed order are held in its warehouse: it is taken back before it is moved to another one."""

    code = "order_holds_goods"


def check_can_edit(*, order: CustomerOrder) -> None:
    """Raises `OrderSold`, `OrderCancelled`."""
    _check_not_sold(order)
    if order.status == OrderStatus.CANCELLED:
        raise OrderCancelled(_("%(order)s is cancelled: take it up again first.") % {"order": order})


def check_can_agree(*, order: CustomerOrder) -> None:
    """Raises `OrderSold`, `OrderAgreed`, `OrderCancelled`, `NoLines`."""
    check_can_edit(order=order)
    if order.status == OrderStatus.AGREED:
        raise OrderAgreed(_("%(order)s is agreed already.") % {"order": order})
    check_has_lines(order=order)


def check_can_take_back(*, order: CustomerOrder) -> None:
    """Raises `OrderSold`, `OrderNotAgreed`."""
    _check_not_sold(order)
    if order.status != OrderStatus.AGREED:
        raise OrderNotAgreed(_("%(order)s is not agreed: there is nothing to take back.") % {"order": order})


def check_can_cancel(*, order: CustomerOrder) -> None:
    """Raises `OrderSold`, `OrderCancelled`."""
    check_can_edit(order=order)


def check_can_reopen(*, order: CustomerOrder) -> None:
    """Raises `OrderSold`, `OrderNotCancelled`."""
    _check_not_sold(order)
    if order.status != OrderStatus.CANCELLED:
        raise OrderNotCancelled(_("%(order)s is not cancelled.") % {"order": order})


def check_can_discard(*, order: CustomerOrder) -> None:
    """Raises `OrderSold`, `OrderAgreed`."""
    _check_not_sold(order)
    if order.reservations.exists():
        raise OrderAgreed(_("%(order)s has been agreed once and is kept: cancel it.") % {"order": order})


def check_has_lines(*, order: CustomerOrder) -> None:
    """Raises `NoLines`."""
    if not order.lines.exists():
        raise NoLines(_("%(document)s has no lines.") % {"document": order})


def _check_not_sold(order: CustomerOrder) -> None:
    if order.is_sold:
        raise OrderSold(_("%(order)s has been sold and is kept as it was.") % {"order": order})
