"""Counts kept true together with processing, the error desk and the clock."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from registers.models import KkmTransaction
from stock import tasks
from stock.models import Balance
from stock.services import audits, counts, documents, error_desk, processing
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import line, sale
from tests.stock.conftest import NOW
from tests.stock.counting import AFTER, BEFORE, LATER, count, moved, post, sell, truth
from tests.stock.desk import take_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def register():
    return RegisterFactory()


@pytest.fixture
def warehouse(register):
    return register.warehouse


@pytest.fixture
def bread():
    return SkuFactory()


@pytest.mark.parametrize("first", ["processing", "settling"])
def test_processing_and_settling_come_to_the_same_in_either_order(register, warehouse, bread, first):
    moved(warehouse, bread, 10, at=BEFORE)
    sell(register, bread, 1, at=BEFORE, came=BEFORE)
    posted = post(count(warehouse, {bread: 8}))
    processing.run(now=NOW)
    sell(register, bread, 2, at=BEFORE, came=LATER)
    sell(register, bread, 3, at=AFTER, came=LATER)

    steps = [lambda: processing.run(now=LATER), lambda: counts.settle_late_sales(now=LATER, recent=True)]
    for step in steps if first == "processing" else reversed(steps):
        step()

    balance = Balance.objects.get()
    assert (balance.on_hand, balance.sold) == (8 - 3, 0)
    assert posted.corrections.get().movements.get().quantity == 2
    assert count(warehouse, {bread: None}).count_lines.get().expected == 8
    assert audits.run() == []


def test_a_line_mended_late_is_given_back(register, warehouse):
    take_in(register, sale(1, line("404", "2.000"), occurred_at=BEFORE.isoformat()))
    bread = SkuFactory(code="404")
    posted = post(count(warehouse, {bread: 8}), now=NOW + timedelta(hours=3))
    much_later = NOW + timedelta(hours=9)

    error_desk.resubmit(
        transactions=KkmTransaction.objects.values_list("pk", flat=True), by=UserFactory(), now=much_later
    )
    corrections = counts.settle_late_sales(now=much_later, recent=True)

    assert [correction.corrects for correction in corrections] == [posted]
    assert truth(warehouse, bread) == 8


def test_a_transaction_let_through_late_is_given_back(register, warehouse, bread):
    """The journal says when it was told, and the error desk when it was let through: it is the second that counts."""
    broken = sale(1, line(bread.code, "2.000"), occurred_at=BEFORE.isoformat(), shift=None)
    take_in(register, broken)
    assert not Balance.objects.exists()
    posted = post(count(warehouse, {bread: 8}), now=NOW + timedelta(hours=3))
    much_later = NOW + timedelta(hours=9)

    error_desk.correct(
        transaction_id=KkmTransaction.objects.get().pk,
        body=json.dumps(broken | {"shift": 12}),
        by=UserFactory(),
        reason="смена 12",
        now=much_later,
    )
    corrections = counts.settle_late_sales(now=much_later, recent=True)

    assert [correction.corrects for correction in corrections] == [posted]
    assert truth(warehouse, bread) == 8


def test_a_correction_that_the_database_refuses_does_not_stop_the_others(register, warehouse, bread, monkeypatch):
    other = RegisterFactory()
    for till in (register, other):
        post(count(till.warehouse, {bread: 8}))
        sell(till, bread, 2, at=BEFORE, came=LATER)
    move = documents.move

    def refuse_the_first(document, **rest):
        if document.warehouse_id == warehouse.pk:
            raise OperationalError
        move(document, **rest)

    monkeypatch.setattr(documents, "move", refuse_the_first)

    (correction,) = counts.settle_late_sales(now=LATER)

    assert correction.warehouse == other.warehouse
    assert (truth(warehouse, bread), truth(other.warehouse, bread)) == (6, 8)


@pytest.mark.parametrize(
    ("came_ago", "frequent", "nightly"), [(timedelta(), 8, 8), (counts.LOOKED_BACK * 2, 6, 8)], ids=["now", "long-ago"]
)
def test_counts_are_kept_true_by_the_tasks_that_a_new_installation_has(
    register, warehouse, bread, came_ago, frequent, nightly
):
    now = timezone.now()
    counted = now - timedelta(days=10)
    post(count(warehouse, {bread: 8}, at=counted), now=counted + timedelta(hours=1))
    sell(register, bread, 2, at=counted - timedelta(hours=1), came=now - came_ago)

    tasks.transactions_process.delay()
    soon = truth(warehouse, bread)
    tasks.late_sales_settle.delay()

    assert (soon, truth(warehouse, bread)) == (frequent, nightly)
    assert PeriodicTask.objects.get(task=tasks.late_sales_settle.name).enabled
