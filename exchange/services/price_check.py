"""«Проверка цены»: what a SKU costs at a register and what is left of it, holding nothing."""

from datetime import datetime
from decimal import Decimal

import msgspec

from registers.models import Register
from retail.models import Price
from retail.services import skus
from stock.models import Balance


class PriceCheck(msgspec.Struct, frozen=True):
    sku: str
    name: str
    unit: str
    price: Decimal | None
    available: Decimal
    quantity: Decimal


def look_up(*, register: Register, code: str, now: datetime) -> PriceCheck:
    """Find a SKU by its code, a barcode or a weighed barcode. Raises `skus.UnknownSku`."""
    sku, quantity = skus.find(code)
    price_type = register.warehouse.retail_price_type_id
    price = Price.objects.in_force(at=now).filter(sku=sku, price_type=price_type).first()
    balance = Balance.objects.filter(warehouse=register.warehouse_id, sku=sku).first()
    return PriceCheck(
        sku=sku.code,
        name=sku.name,
        unit=sku.item.unit.short_name,
        price=price.amount if price else None,
        available=balance.on_hand - balance.sold - balance.reserved if balance else Decimal("0.000"),
        quantity=quantity.quantize(Decimal("0.001")),
    )
