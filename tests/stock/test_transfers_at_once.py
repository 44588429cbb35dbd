"""Transfers that cross, with real threads on PostgreSQL; and the test's own test."""

from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from stock.services import ledger
from tests.factories.retail import OrganizationFactory, SkuFactory, WarehouseFactory
from tests.stock.conftest import supply, transfer
from tests.stock.counting import truth
from tests.stock.test_posting_at_once import outcome, post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def crossing(monkeypatch):
    """Make each of two transfers, with one warehouse locked, wait a while for the other to have locked one."""
    together = Barrier(2)
    lock_all = ledger.lock_all

    def meet() -> None:
        with suppress(BrokenBarrierError):
            together.wait(0.5)

    def lock_and_meet(*, warehouse_ids):
        feeds = {}
        for warehouse_id in sorted(warehouse_ids) if ordered else warehouse_ids:
            feeds |= lock_all(warehouse_ids=[warehouse_id])
            if len(feeds) == 1:
                meet()
        return feeds

    ordered = [True]
    monkeypatch.setattr(ledger, "lock_all", lock_and_meet)
    return ordered


def crossed_transfers():
    organization, bread = OrganizationFactory(), SkuFactory()
    north, south = (WarehouseFactory(organization=organization) for _ in range(2))
    for warehouse in (north, south):
        supply(warehouse, {bread: 5})
    return north, south, bread


def test_two_transfers_that_cross_are_both_posted(in_thread, crossing):
    north, south, bread = crossed_transfers()
    drafts = [transfer(north, south, {bread: 1}), transfer(south, north, {bread: 2})]

    postings = [in_thread(post, document=draft) for draft in drafts]

    assert [outcome(posting) for posting in postings] == ["posted", "posted"]
    assert (truth(north, bread), truth(south, bread)) == (6, 4)


def test_locked_in_their_own_order_two_transfers_that_cross_deadlock(in_thread, crossing):
    north, south, bread = crossed_transfers()
    drafts = [transfer(north, south, {bread: 1}), transfer(south, north, {bread: 2})]
    crossing.clear()

    postings = [in_thread(post, document=draft) for draft in drafts]

    assert sorted(outcome(posting) for posting in postings) == ["DeadlockDetected", "posted"]


def test_a_crowd_of_crossing_transfers_loses_nothing(in_thread):
    north, south, bread = crossed_transfers()
    drafts = [transfer(*((north, south) if n % 2 else (south, north)), {bread: 1}) for n in range(24)]

    postings = [in_thread(lambda part: [post(one) for one in part], part=drafts[n::4]) for n in range(4)]

    assert {outcome(posting) for posting in postings} <= {"posted", "NotEnoughStock"}
    assert truth(north, bread) + truth(south, bread) == 10


def test_the_warehouses_are_locked_in_the_order_of_their_keys():
    first, second = WarehouseFactory(), WarehouseFactory()

    with transaction.atomic(), CaptureQueriesContext(connection) as asked:
        feeds = ledger.lock_all(warehouse_ids=[second.pk, first.pk, second.pk])

    assert list(feeds) == [first.pk, second.pk]
    assert "ORDER BY" in asked[0]["sql"]
    assert "FOR NO KEY UPDATE" in asked[0]["sql"]
