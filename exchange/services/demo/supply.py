"""Documents of the chain: what suppliers have brought, and what was sold wholesale."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from exchange.services.demo import people, places
from exchange.services.demo.goods import KOPECK, Ware
from retail.models import Counterparty, Warehouse
from stock.models import GoodsReceipt, WholesaleInvoice
from stock.services import documents
from stock.services.documents import Line

OPENING = timedelta(days=9)
FRESH = timedelta(days=1, hours=6)
FRESH_SUPPLIERS = ("bakery", "dairy", "farm")
WHOLESALE_SUPPLIERS = ("grocery", "dairy", "drinks", "sweets", "household", "bakery")
GRAM = Decimal("0.001")
MORE_WHOLESALE = 6


@dataclass(frozen=True)
class Delivery:
    """What one supplier brings to one warehouse. `number` is the supplier's own, and tells deliveries apart."""

    warehouse: Warehouse
    supplier: Counterparty
    date: datetime
    number: str
    lines: Sequence[Line]
    posted: bool = True


@dataclass(frozen=True)
class Order:
    """What a customer buys wholesale. `comment` tells orders apart."""

    warehouse: str
    customer: str
    ago: timedelta
    comment: str
    suppliers: Sequence[str]
    step: int
    quantity: Decimal = field(default=Decimal(12))
    posted: bool = True
    reversed: bool = False


HOUR = timedelta(hours=1)
ORDERS = (
    Order(places.KHIMKI, "cafe", 50 * HOUR, "Заказ на неделю", ("grocery", "dairy"), 9),
    Order(places.KHIMKI, "stall", 30 * HOUR, "Напитки для павильона", ("drinks",), 2, Decimal(24)),
    Order(places.KHIMKI, "hotel", 26 * HOUR, "Ошибка в количестве", ("household",), 14, Decimal(40), reversed=True),
    Order(places.LESNAYA, "school", 3 * HOUR, "Завтраки, самовывоз из магазина", ("bakery", "dairy"), 8, Decimal(10)),
    Order(places.MALYSHEVA, "hotel", 2 * HOUR, "Минибар", ("drinks", "sweets"), 12, Decimal(6)),
    Order(places.KHIMKI, "cafe", HOUR, "К отгрузке завтра", ("sweets", "grocery"), 11, posted=False),
    Order(places.KHIMKI, "stall", HOUR, "Ждёт поставки воды", ("drinks",), 6, Decimal(2400), posted=False),
)


def stock_up(*, wares: Sequence[Ware], began: datetime) -> None:
    """Draft and post what suppliers brought; the last delivery is still a draft."""
    by = people.named("accountant")
    for delivery in _deliveries(wares, began):
        draft = GoodsReceipt.objects.filter(supplier_number=delivery.number).first()
        draft = draft or documents.draft_goods_receipt(
            warehouse=delivery.warehouse,
            supplier=delivery.supplier,
            date=delivery.date,
            lines=delivery.lines,
            supplier_number=delivery.number,
        )
        if delivery.posted and draft.is_draft:
            documents.post(document=draft, by=by, now=delivery.date + HOUR)


def sell_wholesale(*, wares: Sequence[Ware], began: datetime) -> None:
    """Draft the invoices; post most of them, reverse one."""
    by = people.named("accountant")
    warehouses = _warehouses()
    customers = _counterparties(places.CUSTOMERS)
    for order in ORDERS:
        date = began - order.ago
        invoice = WholesaleInvoice.objects.filter(comment=order.comment).first()
        invoice = invoice or documents.draft_wholesale_invoice(
            warehouse=warehouses[order.warehouse],
            customer=customers[order.customer],
            date=date,
            lines=_order_lines(order, wares),
            comment=order.comment,
        )
        if order.posted and invoice.is_draft:
            documents.post(document=invoice, by=by, now=date + HOUR / 4)
        if order.reversed and invoice.reversed_at is None:
            documents.reverse(document=invoice, by=by, now=date + HOUR)


def _deliveries(wares: Sequence[Ware], began: datetime) -> Iterator[Delivery]:
    """Yield deliveries in the order of their dates: the opening ones, fresh food yesterday, one expected."""
    rng = Random("deliveries")
    suppliers = _counterparties(places.SUPPLIERS)
    warehouses = _warehouses().values()
    for date, keys, share in (
        (began - OPENING, tuple(suppliers), Decimal(1)),
        (began - FRESH, FRESH_SUPPLIERS, Decimal("0.25")),
    ):
        for place, warehouse in enumerate(warehouses, start=1):
            for key in keys:
                lines = _delivered(_wanted(wares, warehouse, key), warehouse, share, rng)
                if lines:
                    number = f"{key[:3].upper()}-{place}-{date:%m%d}"
                    yield Delivery(warehouse, suppliers[key], date, number, lines)
                    date += timedelta(minutes=7)
    expected = next(warehouse for warehouse in warehouses if warehouse.name == places.LESNAYA)
    lines = _delivered(_wanted(wares, expected, "drinks"), expected, Decimal("0.5"), rng)
    yield Delivery(expected, suppliers["drinks"], began - HOUR, "DRI-1-NEXT", lines, posted=False)


def _wanted(wares: Sequence[Ware], warehouse: Warehouse, supplier: str) -> list[Ware]:
    if warehouse.shop_id is None and supplier not in WHOLESALE_SUPPLIERS:
        return []
    return [ware for ware in wares if ware.product.supplier == supplier and not ware.product.service]


def _delivered(wares: Iterable[Ware], warehouse: Warehouse, share: Decimal, rng: Random) -> list[Line]:
    more = 1 if warehouse.shop_id else MORE_WHOLESALE
    lines = []
    for ware in wares:
        low, high = ware.stock
        quantity = (low + (high - low) * Decimal(f"{rng.random():.3f}")) * share * more
        quantity = quantity.quantize(GRAM if ware.product.weighed else Decimal(1)).max(Decimal(1))
        lines.append(Line(ware.sku, quantity, ware.purchase_price))
    return lines


def _order_lines(order: Order, wares: Sequence[Ware]) -> list[Line]:
    offered = [
        ware
        for ware in wares
        if ware.product.supplier in order.suppliers and not ware.product.weighed and not ware.sku.pack_id
    ]
    return [
        Line(ware.sku, order.quantity, ware.prices[places.WHOLESALE].quantize(KOPECK))
        for ware in offered[:: order.step]
    ]


def _warehouses() -> dict[str, Warehouse]:
    return {warehouse.name: warehouse for warehouse in Warehouse.objects.select_related("organization").order_by("pk")}


def _counterparties(known: dict[str, tuple[str, str, str]]) -> dict[str, Counterparty]:
    found = {counterparty.name: counterparty for counterparty in Counterparty.objects.all()}
    return {key: found[name] for key, (name, _inn, _kpp) in known.items()}
