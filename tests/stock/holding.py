"""What tests of reservations share: a register that asks, goods in its warehouse, and what is held of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from registers.models import Register
from retail.models import Sku
from stock.models import Balance, Reservation, WarehouseFeed
from stock.services import audits, reservations
from tests.factories.registers import RegisterFactory
from tests.factories.retail import ItemFactory, PriceFactory, SkuFactory
from tests.factories.stock import BalanceFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def asking(**fields) -> Register:
    """A register with external stock control."""
    return RegisterFactory(external=True, **fields)


def stocked(register: Register, quantity, name: str = "Товар", **fields) -> Sku:
    """A SKU with a price and so much of it in the register's warehouse."""
    sku = SkuFactory(item=ItemFactory(name=name), **fields)
    PriceFactory(sku=sku, price_type=register.warehouse.retail_price_type)
    feed = WarehouseFeed.objects.get(warehouse=register.warehouse)
    feed.revision += 1
    feed.save()
    BalanceFactory(
        warehouse=register.warehouse,
        sku=sku,
        on_hand=Decimal(quantity),
        revision=feed.revision,
        sale_revision=feed.revision,
    )
    return sku


def wanted(*lines) -> list[reservations.Wanted]:
    """Lines of (SKU, quantity), numbered from 1."""
    return [
        reservations.Wanted(line=place, sku=sku.code, quantity=Decimal(quantity))
        for place, (sku, quantity) in enumerate(lines, start=1)
    ]


def place(register: Register, uid: str, *lines, whole: bool = False) -> reservations.Granted:
    return reservations.place(register=register, receipt_uid=uid, lines=wanted(*lines), whole=whole)


def balance(register: Register, sku: Sku) -> Balance:
    return Balance.objects.get(warehouse=register.warehouse, sku=sku)


def held(register: Register, sku: Sku) -> Decimal:
    return balance(register, sku).reserved


def amiss() -> list[tuple[str, ...]]:
    """What the audit finds of reservations."""
    return audits.CHECKS["balances reserved are the sum of open reservations"].rows()


def hold_of(register: Register, uid: str) -> Reservation:
    return Reservation.objects.get(register=register, receipt_uid=uid)


def expire(register: Register, uid: str, *, swept: bool = True) -> None:
    """Let the time of a hold run out, and somebody notice."""
    Reservation.objects.filter(register=register, receipt_uid=uid).update(
        expires_at=timezone.now() - timedelta(seconds=1)
    )
    if swept:
        reservations.sweep()
