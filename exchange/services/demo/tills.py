"""Registers of the chain, and the devices paired with most of them."""

from datetime import datetime
from typing import NamedTuple

from exchange.services.demo import people, places
from registers.choices import StockControl
from registers.models import Register
from registers.services import pairing
from retail.models import Shop, Warehouse

SOFTWARE = "Прилавок.Касса"


class Till(NamedTuple):
    """A register. One without `version` waits for a device to be paired, and has no past."""

    number: int
    name: str
    warehouse: str
    stock_control: StockControl
    cashier: str = ""
    version: str = ""


TILLS = (
    Till(1, "Касса 1, Лесная", places.LESNAYA, StockControl.WITHOUT_PROMPTS, "Сидорова Т. В.", "4.2.1"),
    Till(2, "Касса 2, Лесная", places.LESNAYA, StockControl.WITHOUT_PROMPTS, "Ким А. Р.", "4.2.1"),
    Till(3, "Касса 3, Лесная", places.LESNAYA, StockControl.WITH_PROMPTS, "Гусева М. И.", "4.1.0"),
    Till(4, "Касса 1, Мытищи", places.MYTISHCHI, StockControl.WITHOUT_PROMPTS, "Орлов Д. С.", "4.2.1"),
    Till(5, "Касса 2, Мытищи", places.MYTISHCHI, StockControl.EXTERNAL, "Лебедева Н. П.", "4.2.1"),
    Till(6, "Касса 1, Малышева", places.MALYSHEVA, StockControl.WITHOUT_PROMPTS, "Шайхутдинов Р. Ф.", "4.2.0"),
    Till(7, "Касса самообслуживания, Малышева", places.MALYSHEVA, StockControl.NONE, "Самообслуживание", "2.0.4"),
    Till(8, "Касса 1, Берёзовский", places.BEREZOVSKY, StockControl.WITHOUT_PROMPTS),
    Till(9, "Касса 2, Берёзовский", places.BEREZOVSKY, StockControl.WITHOUT_PROMPTS),
)
# They wait for a page of the back office to be opened as them: two in one warehouse, so that each sees the other sell.
TRAINING = (
    Till(11, "Учебная касса 1, Лесная", places.LESNAYA, StockControl.EXTERNAL),
    Till(12, "Учебная касса 2, Лесная", places.LESNAYA, StockControl.EXTERNAL),
)
# It speaks through its equipment, and is never paired.
MOBILE = Till(10, "Мобильная касса курьера, Лесная", places.LESNAYA, StockControl.NONE)
WORKING = tuple(till for till in TILLS if till.version)


def make() -> None:
    """Write the registers."""
    warehouses = {warehouse.name: warehouse for warehouse in Warehouse.objects.select_related("organization", "shop")}
    Register.objects.bulk_create(_register(till, warehouses[till.warehouse]) for till in (*TILLS, MOBILE, *TRAINING))


def _register(till: Till, warehouse: Warehouse) -> Register:
    shop: Shop | None = warehouse.shop
    assert shop is not None, "Registers stand in shops."
    return Register(
        number=till.number,
        name=till.name,
        organization=warehouse.organization,
        shop=shop,
        warehouse=warehouse,
        stock_control=till.stock_control,
        workplace=f"{shop.code}-{till.number:02d}",
    )


def pair(*, now: datetime) -> dict[int, str]:
    """Pair a device with each working register that has had none yet. Returns the tokens by register's number."""
    by = people.named(people.ADMINISTRATOR)
    numbers = {till.number: till for till in WORKING}
    waiting = Register.objects.filter(number__in=numbers, tokens=None).order_by("number")
    tokens = {}
    for register in waiting:
        device = {
            "serial": f"00307{register.number:05d}",
            "software": SOFTWARE,
            "version": numbers[register.number].version,
        }
        code = pairing.issue(register=register, by=by, now=now)
        tokens[register.number] = pairing.pair(code=code, device=device, now=now)[1]
    return tokens
