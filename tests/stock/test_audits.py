"""The nightly comparison of balances with movements."""

from decimal import Decimal

import pytest
from django_celery_beat.models import PeriodicTask

from stock import tasks
from stock.models import Balance
from stock.services import audits, documents
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.factories.stock import BalanceFactory, MovementFactory
from tests.stock.conftest import NOW, invoice, supply

pytestmark = pytest.mark.django_db


def test_books_kept_by_the_services_agree():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 3})
    sold = documents.post(document=invoice(warehouse, {bread: 3}), by=None, now=NOW)
    documents.reverse(document=sold, by=None, now=NOW)

    assert audits.compare_books() == []


def test_whatever_differs_is_named_and_left_alone():
    edited = BalanceFactory(on_hand=Decimal("2.5"))
    lost = MovementFactory(quantity=4)

    found = audits.compare_books()

    assert found == [
        audits.Difference(edited.warehouse_id, edited.sku_id, Decimal("2.5"), Decimal(0)),
        audits.Difference(lost.warehouse_id, lost.sku_id, Decimal(0), Decimal(4)),
    ]
    assert Balance.objects.get().on_hand == Decimal("2.5")


def test_the_comparison_runs_every_day(monkeypatch):
    ran = []
    monkeypatch.setattr(audits, "compare_books", lambda: ran.append(True))

    row = PeriodicTask.objects.get(task=tasks.books_compare.name)
    tasks.books_compare.delay()

    assert (row.interval.every, row.interval.period, ran) == (1, "days", [True])


def test_the_comparison_is_one_statement(django_assert_num_queries):
    supply(WarehouseFactory(), {SkuFactory(): 1})

    with django_assert_num_queries(1):
        audits.compare_books()
