"""What tests of customer orders share: an order of goods that there are, and the sale that comes of it."""

from decimal import Decimal
from typing import Any

from registers.models import Receipt, Register
from retail.models import Sku
from stock.models import CustomerOrder, OrderHandout, Reservation
from stock.services import documents, orders
from tests.messages import line, sale
from tests.stock.conftest import NOW
from tests.stock.selling import tell


def ordered(register: Register, wanted: dict[Sku, Any], *, agreed: bool = True, **fields: Any) -> CustomerOrder:
    """An order that a register delivers: so much of each SKU, agreed unless said otherwise."""
    order = orders.draft(
        **{
            "warehouse": register.warehouse,
            "customer": "Анна Иванова",
            "date": NOW,
            "courier": register,
            "lines": [documents.Line(sku, Decimal(quantity), Decimal(99)) for sku, quantity in wanted.items()],
            "by": None,
            "now": NOW,
            **fields,
        }
    )
    return orders.agree(order=order, by=None, now=NOW) if agreed else order


def sell_order(register: Register, number: int, order: CustomerOrder | str, *skus: Sku, **fields: Any) -> Receipt:
    """Take in a receipt of one of each SKU, made from the order; return it."""
    named = order.uid if isinstance(order, CustomerOrder) else order
    sold = [line(sku.code, number=place) for place, sku in enumerate(skus, start=1)]
    receipt = {"order": named, **fields.pop("receipt", {})}
    [outcome] = tell(register, sale(number, *sold, receipt=receipt, **fields))
    assert outcome.status == "accepted", outcome
    return Receipt.objects.get(register=register, number=number)


def hold_of(order: CustomerOrder) -> Reservation:
    return Reservation.objects.filter(order=order).latest("pk")


def deeds(order: CustomerOrder) -> list[str]:
    return list(order.events.order_by("pk").values_list("deed", flat=True))


def handed(order: CustomerOrder) -> dict[int, bool]:
    """Whether each register that ever heard of the order is to deliver it."""
    return dict(OrderHandout.objects.filter(order=order).values_list("register_id", "live"))
