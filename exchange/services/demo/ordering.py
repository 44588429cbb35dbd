"""Customer orders of the chain, and what is held at a till this very minute."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from exchange.services.demo import people, places
from exchange.services.demo.goods import Ware
from registers.models import Register
from retail.models import Sku, Warehouse
from stock.choices import OrderStatus
from stock.models import Balance, CustomerOrder, Reservation
from stock.services import orders, reservations
from stock.services.documents import Line

PLENTY = 12  # pieces that are there beside what an order asks
SOLD = "Доставка на дом, оплата картой"
HOUR = timedelta(hours=1)
ASKING = 5  # The register with external stock control.
HELD, FORGOTTEN = "demo-receipt-1", "demo-receipt-2"


@dataclass(frozen=True)
class Wanted:
    """An order. `comment` tells orders apart; `days` from today on which it is delivered, `items` how many goods."""

    comment: str
    customer: str
    phone: str
    address: str
    warehouse: str
    courier: int
    days: int
    hours: tuple[int, int]
    items: int
    step: int
    status: str = OrderStatus.AGREED
    prepaid: Decimal = Decimal(0)
    quantity: int = 2


WANTED = (
    Wanted(
        "Домофон 45, не звонить до десяти", "Анна Соколова", "+7 900 000-11-22", "Лесная, 12, кв. 45",
        places.LESNAYA, 3, 0, (18, 21), 4, 31, prepaid=Decimal("500.00"),
    ),
    Wanted(
        "Поднять на пятый этаж", "Пётр Лебедев", "+7 900 000-33-44", "Новослободская, 7, кв. 18",
        places.LESNAYA, 3, 1, (10, 14), 3, 47,
    ),
    Wanted(
        "Праздник в офисе", "Ирина Котова, «Студия Север»", "+7 900 000-55-66", "Бутырский Вал, 20",
        places.LESNAYA, 3, -1, (12, 15), 6, 23, prepaid=Decimal("2000.00"), quantity=4,
    ),
    Wanted(
        "Ждёт, когда привезут воду", "Олег Ершов", "+7 900 000-77-88", "Олимпийский пр., 30, кв. 2",
        places.MYTISHCHI, 5, 2, (9, 12), 2, 61, status=OrderStatus.NOT_AGREED, quantity=400,
    ),
    Wanted(
        "Самовывоз не состоялся", "Марина Фомина", "+7 900 000-99-00", "",
        places.MYTISHCHI, 5, 0, (12, 20), 2, 53, status=OrderStatus.CANCELLED,
    ),
)  # fmt: skip


def deliver(*, register: Register, receipt: dict[str, Any], at: datetime) -> None:
    """Make the order that a receipt sells, and have the receipt name it."""
    by = people.named("operator")
    order = CustomerOrder.objects.filter(comment=SOLD).first()
    if order is None:
        skus = Sku.objects.in_bulk([line["sku"] for line in receipt["lines"]], field_name="code")
        order = orders.draft(
            warehouse=register.warehouse,
            customer="Николай Громов",
            phone="+7 900 000-12-34",
            address="Лесная, 5, кв. 9",
            courier=register,
            delivery_date=timezone.localdate(at),
            date=at - 20 * HOUR,
            lines=[
                Line(skus[line["sku"]], Decimal(line["quantity"]), Decimal(line["price"])) for line in receipt["lines"]
            ],
            comment=SOLD,
            uid=str(UUID(int=Random("order").getrandbits(128))),  # Its receipt is the same every time.
            by=by,
            now=at - 20 * HOUR,
        )
    if order.status == OrderStatus.NOT_AGREED:
        orders.agree(order=order, by=by, now=at - 19 * HOUR)
        orders.tell(
            register=register, revisions=list(order.handouts.values_list("revision", flat=True)), now=at - 2 * HOUR
        )
    receipt["order"] = order.uid


def take_orders(*, wares: Sequence[Ware], began: datetime) -> None:
    """Draft orders, agree most of them, cancel one."""
    by = people.named("operator")
    for wanted in WANTED:
        warehouse = Warehouse.objects.select_related("organization").get(name=wanted.warehouse)
        order = CustomerOrder.objects.filter(comment=wanted.comment).first() or _draft(wanted, warehouse, wares, began)
        if order.status == OrderStatus.NOT_AGREED and wanted.status != OrderStatus.NOT_AGREED:
            orders.agree(order=order, by=by, now=began - HOUR)
        if order.status == OrderStatus.AGREED and wanted.status == OrderStatus.CANCELLED:
            orders.cancel(order=order, by=by, now=began - HOUR / 2, reason="Покупатель не пришёл")


def hold(*, wares: Sequence[Ware], began: datetime) -> None:
    """Have a till hold goods for an open receipt, and a person release what another receipt has forgotten."""
    register = Register.objects.select_related("warehouse").get(number=ASKING)
    for uid, step in ((HELD, 29), (FORGOTTEN, 43)):
        if Reservation.objects.filter(register=register, receipt_uid=uid).exists():
            continue
        lines = [
            reservations.Wanted(line=place, sku=line.sku.code, quantity=line.quantity)
            for place, line in enumerate(_lines(register.warehouse, wares, step, 3, 1), start=1)
        ]
        reservations.place(register=register, receipt_uid=uid, lines=lines)
    forgotten = Reservation.objects.open().filter(register=register, receipt_uid=FORGOTTEN).first()
    if forgotten:
        reservations.release_by_hand(
            reservation=forgotten, by=people.named("operator"), reason="Касса зависла, чек не пробит"
        )


def _draft(wanted: Wanted, warehouse: Warehouse, wares: Sequence[Ware], began: datetime) -> CustomerOrder:
    register = Register.objects.select_related("shop").get(number=wanted.courier)
    begins, ends = (time(hour) for hour in wanted.hours)
    return orders.draft(
        warehouse=warehouse,
        customer=wanted.customer,
        phone=wanted.phone,
        address=wanted.address,
        courier=register,
        delivery_date=began.astimezone(ZoneInfo(register.shop.time_zone)).date() + timedelta(days=wanted.days),
        delivery_from=begins,
        delivery_to=ends,
        prepaid=wanted.prepaid,
        date=began - 3 * HOUR,
        lines=_lines(warehouse, wares, wanted.step, wanted.items, wanted.quantity),
        comment=wanted.comment,
        by=people.named("operator"),
        now=began - 3 * HOUR,
    )


def _lines(warehouse: Warehouse, wares: Sequence[Ware], step: int, items: int, quantity: int) -> list[Line]:
    """Choose goods of which there is plenty, at the prices of the warehouse."""
    plenty = Balance.objects.with_at_least(PLENTY).filter(warehouse=warehouse)
    there = set(plenty.values_list("sku_id", flat=True))
    price_type = warehouse.retail_price_type.name
    offered = [
        ware
        for ware in wares
        if ware.sku.pk in there and not ware.product.weighed and not ware.sku.pack_id and ware.prices.get(price_type)
    ]
    return [Line(ware.sku, Decimal(quantity), ware.prices[price_type]) for ware in offered[::step][:items]]
