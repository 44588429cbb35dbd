"""Two days of trade, handed over by registers through the intake; what went wrong in them; where registers stand.

Everything is derived from the chain's clock and a seed, so taking it in twice records nothing twice.
"""

import copy
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from exchange.protocols.kkmtransfer import messages
from exchange.services.demo import cards, ordering
from exchange.services.demo.goods import Ware
from exchange.services.demo.shifts import Body, Journal, Shift
from exchange.services.demo.tills import WORKING
from registers.models import Register, RegisterStatus
from retail.models import Catalogue
from stock.models import WarehouseFeed
from stock.services import intake

PROTOCOL = "kkmtransfer"
OPENS, CLOSES = 8, 22  # hours, by the shop's clock
CUSTOMERS = range(28, 52)
FIRST_SHIFT = 141
UNKNOWN_SKU, UNKNOWN_BARCODE = "70999", "4600000000992"
WITH_UNKNOWN, WITH_CONFLICT, WITH_SHORTAGE, WITH_ORDER = 2, 1, 4, 3  # numbers of registers
STANDINGS = {3: (0, 10), 5: (6, 8), 7: (3, 4)}  # tenths of the feeds acknowledged and sent; the others have it all
SHORT_BY = Decimal("150.00")


def make(*, wares: Sequence[Ware], began: datetime) -> None:
    """Take in the last two days of every working register, then note where each stands."""
    registers = Register.objects.select_related("shop", "warehouse__retail_price_type")
    known = {register.number: register for register in registers}
    sold = [ware for ware in wares if not ware.sku.pack_id and not ware.product.service]
    standings = []
    for till in WORKING:
        register = known[till.number]
        journal = Journal(
            register=till.number,
            cashier=till.cashier,
            number=20_000 + 3_000 * till.number,
            document=41_000 + 777 * till.number,
            rng=Random(f"till {till.number}"),
        )
        last_heard = began
        for number, opens in enumerate(_openings(register, began), start=FIRST_SHIFT):
            last_heard = _hand_over(register, _shift(register, journal, number, opens, began, sold))
        standings.append((register, journal.number, last_heard))
    for register, number, heard in standings:
        _note_standing(register, number=number, heard=heard)


def _openings(register: Register, began: datetime) -> list[datetime]:
    """Return when the shop opened on the last two days: yesterday and, once it is open, today."""
    local = began.astimezone(ZoneInfo(register.shop.time_zone))
    today = local.replace(hour=OPENS, minute=register.number % 10, second=11, microsecond=0)
    last = today if local > today else today - timedelta(days=1)
    return [last - timedelta(days=1), last]


def _shift(
    register: Register, journal: Journal, number: int, opens: datetime, began: datetime, wares: Sequence[Ware]
) -> Shift:
    return Shift(
        journal=journal,
        number=number,
        opens=opens,
        closes=opens.replace(hour=CLOSES),
        until=began,
        customers=journal.rng.choice(CUSTOMERS),
        wares=wares,
        price_type=register.warehouse.retail_price_type.name,
    )


def _hand_over(register: Register, shift: Shift) -> datetime:
    """Take in what happened in a shift, some of it wrong. Returns when the register was last heard."""
    bodies = list(shift.report())
    is_first = shift.number == FIRST_SHIFT
    if is_first and register.number == WITH_UNKNOWN:
        _forget_sku(bodies)
    if is_first and register.number == WITH_SHORTAGE:
        counters = bodies[-1]["counters"]
        counters["cash_in_drawer"] = str(Decimal(counters["cash_in_drawer"]) - SHORT_BY)
    if is_first and register.number == WITH_ORDER:
        _sell_an_order(register, bodies)
    cards.show(bodies, register=register)
    now = datetime.fromisoformat(bodies[-1]["occurred_at"]) + timedelta(seconds=2)
    _take_in(register, bodies, now)
    if is_first and register.number == WITH_CONFLICT:
        _take_in(register, [_another_body(bodies)], now)
    return now


def _take_in(register: Register, bodies: Sequence[Body], now: datetime) -> None:
    entries = [messages.read(json.dumps(body, ensure_ascii=False).encode()) for body in bodies]
    intake.take_in(register=register, entries=entries, protocol=PROTOCOL, now=now)


def _forget_sku(bodies: Sequence[Body]) -> None:
    """Have a sale name goods that the back office has never heard of."""
    sale = [body for body in bodies if body["kind"] == "sale"][4]
    sale["receipt"]["lines"][0] |= {"sku": UNKNOWN_SKU, "barcode": UNKNOWN_BARCODE, "marks": []}


def _sell_an_order(register: Register, bodies: Sequence[Body]) -> None:
    """Have a sale without a discount be made from a customer order."""
    sale = next(
        body
        for body in bodies
        if body["kind"] == "sale" and all(Decimal(line["discount"]) == 0 for line in body["receipt"]["lines"])
    )
    ordering.deliver(register=register, receipt=sale["receipt"], at=datetime.fromisoformat(sale["occurred_at"]))


def _another_body(bodies: Sequence[Body]) -> Body:
    """Return a sale once more, with another cashier: a register that was mended and mixed its receipts up."""
    other = copy.deepcopy([body for body in bodies if body["kind"] == "sale"][2])
    other["receipt"]["cashier"] = "Администратор"
    return other


def _note_standing(register: Register, *, number: int, heard: datetime) -> None:
    """Note what the register would have come back with, and what it was sent."""
    goods = Catalogue.objects.values_list("revision", flat=True).get()
    stock = WarehouseFeed.objects.values_list("revision", flat=True).get(pk=register.warehouse_id)
    acknowledged, sent = STANDINGS.get(register.number, (10, 10))
    RegisterStatus.objects.filter(register=register).update(
        last_seen=heard,
        load=1,
        goods_sent=goods * sent // 10,
        goods_acknowledged=goods * acknowledged // 10,
        stock_sent=stock * sent // 10,
        stock_acknowledged=stock * acknowledged // 10,
        last_transaction_number=number,
    )
