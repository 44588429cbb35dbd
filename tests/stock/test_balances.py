"""What the database refuses of balances."""

from decimal import Decimal

import pytest
from django.db import IntegrityError

from stock.models import Balance, WarehouseFeed
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.factories.stock import BalanceFactory

pytestmark = pytest.mark.django_db


def test_every_warehouse_has_a_feed_from_birth():
    warehouse = WarehouseFactory()

    feed = WarehouseFeed.objects.get(pk=warehouse.pk)

    assert feed.revision == 0
    assert feed.epoch
    assert str(feed) == f"{feed.epoch}:0"


def test_a_sku_has_one_balance_in_a_warehouse():
    balance = BalanceFactory()

    with pytest.raises(IntegrityError, match="stock_balance_once_per_warehouse_and_sku"):
        BalanceFactory(warehouse=balance.warehouse, sku=balance.sku)


def test_a_revision_is_given_once_in_a_warehouse():
    balance = BalanceFactory(revision=5)

    with pytest.raises(IntegrityError, match="stock_balance_revision_once_per_warehouse"):
        BalanceFactory(warehouse=balance.warehouse, revision=5)


def test_the_same_revision_is_given_in_two_warehouses_and_none_to_many_balances():
    warehouse = WarehouseFactory()

    BalanceFactory(revision=5)
    BalanceFactory(revision=5)
    BalanceFactory(warehouse=warehouse, revision=0)
    BalanceFactory(warehouse=warehouse, revision=0)

    assert Balance.objects.count() == 4


def test_what_is_reserved_is_not_negative():
    with pytest.raises(IntegrityError, match="stock_balance_reserved_not_negative"):
        BalanceFactory(reserved=Decimal("-0.001"))


def test_available_is_what_is_neither_sold_nor_reserved():
    BalanceFactory(sku=SkuFactory(), on_hand=10, sold=4, reserved=Decimal("1.5"))

    assert Balance.objects.with_available().get().available == Decimal("4.5")
