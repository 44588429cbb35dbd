"""Orders that a courier's register is to deliver, as EquipmentService tells them: all of them, each time it asks.

An order that is not its any more is not among them; the protocol has no other word for that.
"""

from datetime import datetime
from typing import Any

from exchange.models import Equipment
from exchange.protocols.equipment_service import schemas, writing
from exchange.protocols.equipment_service.messages import Order, OrderLine
from exchange.services.equipment_service import devices
from exchange.services.equipment_service.assembling import uuid_of, uuid_of_pack
from stock.choices import OrderStatus
from stock.models import CustomerOrder, DocumentLine, OrderHandout
from stock.services import orders


def document(*, equipment: Equipment, now: datetime) -> tuple[str, int]:
    """Return the document of a device's orders, and how many there are. Notes which it hears of for the first time.

    In formats that know no orders there is no document.
    """
    known = devices.format_of(equipment)
    register = equipment.register
    if not known.is_modern or register is None:
        return "", 0
    handouts = list(OrderHandout.objects.filter(register=register, live=True).order_by("revision"))
    found = CustomerOrder.objects.in_bulk([handout.order_id for handout in handouts])
    lines: dict[int, list[OrderLine]] = {}
    of_orders = DocumentLine.objects.filter(document__in=found).select_related("sku").order_by("document", "line")
    for line in of_orders:
        lines.setdefault(line.document_id, []).append(_line(line))
    zone = register.shop.zone
    told = [_order(found[handout.order_id], lines.get(handout.order_id, []), zone) for handout in handouts]
    written = writing.orders(told, known)
    schemas.check_text(written, known)
    if fresh := [handout.revision for handout in handouts if handout.told_at is None]:
        orders.tell(register=register, revisions=fresh, now=now)
    return written, len(told)


def _line(line: Any) -> OrderLine:
    sku = line.sku
    return OrderLine(
        code=sku.code,
        quantity=line.quantity,
        price=line.price,
        amount=line.amount,
        good=uuid_of("item", sku.item_id),
        characteristic=uuid_of("characteristic", sku.characteristic_id) if sku.characteristic_id else None,
        pack=uuid_of_pack(sku.pack_id, sku.characteristic_id) if sku.pack_id else None,
    )


def _order(order: CustomerOrder, lines: list[OrderLine], zone: Any) -> Order:
    delivery = None
    if order.delivery_date is not None:
        begins = order.delivery_from or datetime.min.time()
        delivery = datetime.combine(order.delivery_date, begins, tzinfo=zone)
    return Order(
        number=order.number,
        uuid=order.uid,
        date=order.date.astimezone(zone),
        customer=order.customer,
        phone=order.phone,
        address=order.address,
        delivery=delivery,
        agreed=order.status == OrderStatus.AGREED,
        comment=order.comment,
        prepaid=order.prepaid,
        lines=lines,
    )
