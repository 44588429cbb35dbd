"""What registers tell late of a time before a counting, and which of several counts decides."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from retail.choices import DocumentState
from stock.models import Balance
from stock.services import counts, documents, effects
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.stock.conftest import NOW
from tests.stock.counting import AFTER, BEFORE, COUNTED, LATER, count, moved, post, sell, truth

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


# What registers tell late


def test_a_sale_before_the_counting_that_comes_after_the_posting_is_given_back_once(register, warehouse, bread):
    moved(warehouse, bread, 10, at=BEFORE)
    posted = post(count(warehouse, {bread: 8}))
    sell(register, bread, 2, at=BEFORE, came=LATER)
    assert truth(warehouse, bread) == 6

    (correction,) = counts.settle_late_sales(now=LATER)
    again = counts.settle_late_sales(now=LATER)

    assert truth(warehouse, bread) == 8
    assert again == []
    assert (correction.corrects, correction.correction, correction.state) == (posted, 1, DocumentState.POSTED)
    assert (correction.counted_at, correction.posted_at, correction.posted_by) == (COUNTED, LATER, None)
    line = correction.count_lines.get()
    assert (line.counted, line.expected, line.difference) == (8, 6, 2)
    assert Balance.objects.get().revision == warehouse.feed.revision


def test_each_late_sale_is_given_back_as_it_comes(register, warehouse, bread):
    posted = post(count(warehouse, {bread: 8}))
    for quantity, kind in ((2, "sale"), (1, "return"), (5, "sale")):
        sell(register, bread, quantity, at=BEFORE, came=LATER, kind=kind)
        counts.settle_late_sales(now=LATER)

    given = [correction.movements.get().quantity for correction in posted.corrections.order_by("correction")]

    assert given == [2, -1, 5]
    assert truth(warehouse, bread) == 8


def test_a_sale_after_the_counting_is_a_sale_however_late_it_comes(register, warehouse, bread):
    post(count(warehouse, {bread: 8}))
    sell(register, bread, 2, at=AFTER, came=LATER)

    assert counts.settle_late_sales(now=LATER) == []
    assert truth(warehouse, bread) == 6


def test_a_sale_known_when_the_count_was_posted_is_not_given_back(register, warehouse, bread):
    moved(warehouse, bread, 10, at=BEFORE)
    sell(register, bread, 2, at=BEFORE, came=NOW)
    post(count(warehouse, {bread: 8}))

    assert counts.settle_late_sales(now=LATER) == []
    assert truth(warehouse, bread) == 8


def test_a_late_sale_and_return_in_one_batch_are_told_apart(register, warehouse, bread):
    post(count(warehouse, {bread: 8}))
    sell(register, bread, 2, at=BEFORE, came=LATER)
    sell(register, bread, 2, at=AFTER, came=LATER, kind="return")

    counts.settle_late_sales(now=LATER)

    assert truth(warehouse, bread) == 8 + 2


def test_a_partial_count_decides_of_its_own_goods_alone(register, warehouse, bread):
    beer = SkuFactory()
    moved(warehouse, beer, 5, at=BEFORE)
    post(count(warehouse, {bread: 8}))
    sell(register, beer, 2, at=BEFORE, came=LATER)

    assert counts.settle_late_sales(now=LATER) == []
    assert truth(warehouse, beer) == 3


def test_a_sale_from_another_warehouse_does_not_touch_the_count(warehouse, bread):
    other = RegisterFactory()
    post(count(warehouse, {bread: 8}))
    sell(other, bread, 2, at=BEFORE, came=LATER)

    assert counts.settle_late_sales(now=LATER) == []


def test_of_two_counts_the_later_decides(register, warehouse, bread):
    post(count(warehouse, {bread: 9}, at=BEFORE + timedelta(minutes=1)), now=BEFORE + timedelta(minutes=2))
    later = post(count(warehouse, {bread: 8}))
    sell(register, bread, 2, at=BEFORE, came=LATER)

    (correction,) = counts.settle_late_sales(now=LATER)

    assert correction.corrects == later
    assert truth(warehouse, bread) == 8


def test_a_sale_between_two_counts_is_late_for_the_second_alone(register, warehouse, bread):
    post(count(warehouse, {bread: 9}, at=BEFORE - timedelta(hours=1)), now=BEFORE)
    second = post(count(warehouse, {bread: 8}))
    sell(register, bread, 2, at=BEFORE, came=LATER)

    (correction,) = counts.settle_late_sales(now=LATER)

    assert correction.corrects == second
    assert truth(warehouse, bread) == 8


def test_a_count_posted_after_the_late_sale_came_has_settled_it(register, warehouse, bread):
    post(count(warehouse, {bread: 9}, at=BEFORE + timedelta(minutes=1)), now=BEFORE + timedelta(minutes=2))
    sell(register, bread, 2, at=BEFORE, came=NOW)
    post(count(warehouse, {bread: 8}))

    assert counts.settle_late_sales(now=LATER) == []
    assert truth(warehouse, bread) == 8


def test_each_sku_follows_the_latest_count_that_has_it(register, warehouse, bread):
    beer = SkuFactory()
    full = post(
        count(warehouse, {bread: 9, beer: 5}, at=BEFORE + timedelta(minutes=1)), now=BEFORE + timedelta(minutes=2)
    )
    partial = post(count(warehouse, {bread: 8}))
    for sku in (bread, beer):
        sell(register, sku, 1, at=BEFORE, came=LATER)

    corrections = counts.settle_late_sales(now=LATER)

    assert {correction.corrects: correction.count_lines.get().sku for correction in corrections} == {
        full: beer,
        partial: bread,
    }
    assert (truth(warehouse, bread), truth(warehouse, beer)) == (8, 5)


def test_recent_settling_leaves_what_came_long_ago_to_the_nightly_one(register, warehouse, bread):
    post(count(warehouse, {bread: 8}))
    sell(register, bread, 2, at=BEFORE, came=LATER)
    much_later = LATER + counts.LOOKED_BACK + timedelta(minutes=1)

    assert counts.settle_late_sales(now=much_later, recent=True) == []
    assert len(counts.settle_late_sales(now=much_later)) == 1
    assert truth(warehouse, bread) == 8


# Order and reversal


def test_an_earlier_count_is_not_posted_after_a_later_one(warehouse, bread):
    earlier = count(warehouse, {bread: 9}, at=BEFORE)
    later = post(count(warehouse, {bread: 8}))

    with pytest.raises(effects.CountedLater, match=later.number):
        post(earlier)

    assert truth(warehouse, bread) == 8


def test_a_long_refusal_names_the_first(warehouse):
    skus = {SkuFactory(): 1 for _ in range(7)}
    earlier = count(warehouse, skus, at=BEFORE)
    post(count(warehouse, skus))

    with pytest.raises(effects.CountedLater, match="; …"):
        post(earlier)


def test_counts_of_other_goods_and_other_warehouses_do_not_stand_in_the_way(warehouse, bread):
    earlier = count(warehouse, {bread: 9}, at=BEFORE)
    post(count(warehouse, {SkuFactory(): 8}))
    post(count(WarehouseFactory(), {bread: 8}))

    assert post(earlier).state == DocumentState.POSTED


def test_a_reversed_count_gives_back_what_it_moved_and_its_corrections(register, warehouse, bread):
    moved(warehouse, bread, 10, at=BEFORE)
    posted = post(count(warehouse, {bread: 3}))
    sell(register, bread, 2, at=BEFORE, came=LATER)
    (correction,) = counts.settle_late_sales(now=LATER)

    documents.reverse(document=posted, by=None, now=LATER)

    correction.refresh_from_db()
    assert (posted.state, correction.state) == (DocumentState.REVERSED, DocumentState.REVERSED)
    assert truth(warehouse, bread) == 10 - 2
    assert counts.settle_late_sales(now=LATER) == []


def test_after_a_reversal_the_count_before_it_decides_again(register, warehouse, bread):
    first = post(count(warehouse, {bread: 9}, at=BEFORE + timedelta(minutes=1)), now=BEFORE + timedelta(minutes=2))
    second = post(count(warehouse, {bread: 8}))
    sell(register, bread, 2, at=BEFORE, came=LATER)
    counts.settle_late_sales(now=LATER)

    documents.reverse(document=second, by=None, now=LATER)
    (correction,) = counts.settle_late_sales(now=LATER)

    assert correction.corrects == first
    assert truth(warehouse, bread) == 9


def test_a_count_is_not_reversed_under_a_later_one(warehouse, bread):
    earlier = post(count(warehouse, {bread: 9}, at=BEFORE), now=BEFORE)
    later = post(count(warehouse, {bread: 8}))

    with pytest.raises(effects.CountedLater, match=later.number):
        documents.reverse(document=earlier, by=None, now=NOW)


def test_a_correction_is_reversed_with_its_count_alone(register, warehouse, bread):
    post(count(warehouse, {bread: 8}))
    sell(register, bread, 2, at=BEFORE, came=LATER)
    (correction,) = counts.settle_late_sales(now=LATER)

    with pytest.raises(documents.MadeByItself):
        documents.reverse(document=correction, by=None, now=LATER)


def test_a_copy_of_a_count_counts_the_same_goods_anew(warehouse, bread):
    posted = post(count(warehouse, {bread: 8, SkuFactory(): 1}))

    draft = counts.draft_again(count=posted, date=LATER)

    assert (draft.state, draft.counted_at, draft.number) == (DocumentState.DRAFT, LATER, "000002")
    assert draft.count_lines.order_by("line").values_list("counted", "expected").first() == (None, 8)


def test_settling_costs_one_statement_where_nothing_is_late(register, warehouse, bread):
    post(count(warehouse, {bread: 8}))
    sell(register, bread, 1, at=AFTER, came=LATER)

    with CaptureQueriesContext(connection) as statements:
        counts.settle_late_sales(now=LATER)

    assert len(statements) == 1
