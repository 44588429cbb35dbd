"""Stock counts: what was counted is true of its moment, whatever becomes known when."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from retail.choices import DocumentState
from stock.choices import DocumentKind
from stock.models import Balance, CountLine, StockCount
from stock.services import documents, effects, ledger
from tests.factories.registers import RegisterFactory
from tests.factories.retail import ItemFactory, PriceFactory, SkuFactory
from tests.factories.stock import BalanceFactory
from tests.stock.conftest import NOW, supply
from tests.stock.counting import AFTER, BEFORE, COUNTED, count, moved, post, sell, truth

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


def test_a_draft_is_numbered_and_says_what_was_counted(warehouse, bread):
    draft = count(warehouse, {bread: "2.5"})

    kept = StockCount.objects.get(pk=draft.pk)
    assert (kept.kind, kept.state, kept.number) == (DocumentKind.STOCK_COUNT, "draft", "000001")
    assert (kept.organization, kept.counted_at, kept.corrects) == (warehouse.organization, COUNTED, None)
    line = kept.count_lines.get()
    assert (line.line, line.sku, line.counted, line.expected, line.difference) == (1, bread, Decimal("2.5"), 0, 2.5)


@pytest.mark.parametrize("figure", ["-1", "0.0001", "1e12", "NaN"])
def test_a_figure_that_makes_no_sense_is_refused_kindly(warehouse, bread, figure):
    with pytest.raises(ValidationError):
        count(warehouse, {bread: figure})


def test_a_service_is_not_counted(warehouse):
    with pytest.raises(ValidationError, match="service"):
        count(warehouse, {SkuFactory(item=ItemFactory(kind="service")): 1})


def test_what_is_expected_is_what_there_was_at_the_moment_of_counting(register, warehouse, bread):
    moved(warehouse, bread, 10, at=BEFORE)
    sell(register, bread, 2, at=BEFORE, came=BEFORE)
    sell(register, bread, 1, at=AFTER, came=AFTER)
    sell(register, bread, "0.5", at=AFTER, came=AFTER, kind="return")
    moved(warehouse, bread, -3, at=AFTER)
    documents.reverse(document=moved(warehouse, bread, 7, at=AFTER), by=None, now=AFTER)
    moved(warehouse, bread, 5, at=AFTER)

    draft = count(warehouse, {bread: 7})

    assert draft.count_lines.get().expected == 8


def test_posting_moves_the_books_by_the_difference_and_keeps_what_happened_since(register, warehouse, bread):
    moved(warehouse, bread, 10, at=BEFORE)
    sell(register, bread, 2, at=BEFORE, came=BEFORE)
    draft = count(warehouse, {bread: 7})
    sell(register, bread, 1, at=AFTER, came=AFTER)
    moved(warehouse, bread, 5, at=AFTER)

    posted = post(draft)

    assert truth(warehouse, bread) == 7 - 1 + 5
    movement = posted.movements.get()
    assert (movement.quantity, movement.on_hand_after, movement.made_at) == (-1, 14, NOW)
    balance = Balance.objects.get()
    assert balance.revision == balance.sale_revision == warehouse.feed.revision


def test_a_count_that_agrees_moves_nothing_and_is_posted(warehouse, bread):
    supply(warehouse, {bread: 4})

    posted = post(count(warehouse, {bread: 4}, at=NOW))

    assert posted.state == DocumentState.POSTED
    assert not posted.movements.exists()


def test_a_count_brings_to_light_what_the_books_do_not_know(warehouse, bread):
    post(count(warehouse, {bread: 3}))

    assert truth(warehouse, bread) == 3


def test_a_count_is_posted_even_where_goods_are_held_or_sold_already(warehouse, bread):
    BalanceFactory(warehouse=warehouse, sku=bread, on_hand=5, reserved=4)

    post(count(warehouse, {bread: 0}))

    assert Balance.objects.get().on_hand == 0


def test_differences_are_valued_by_the_retail_price_of_that_moment(warehouse, bread):
    price = {"sku": bread, "price_type": warehouse.retail_price_type}
    PriceFactory(**price, valid_from=BEFORE, amount=10)
    PriceFactory(**price, valid_from=AFTER, amount=99)

    line = count(warehouse, {bread: "1.5"}).count_lines.get()

    assert (line.price, line.amount) == (10, 15)


def test_lines_that_nobody_has_counted_are_not_posted(warehouse, bread):
    draft = count(warehouse, {bread: None, SkuFactory(): 1})

    with pytest.raises(effects.NotCounted, match="1"):
        post(draft)

    assert not Balance.objects.exists()


def test_a_moment_that_has_not_come_is_not_posted(warehouse, bread):
    draft = count(warehouse, {bread: 1}, at=NOW + timedelta(seconds=1))

    with pytest.raises(effects.CountedInFuture):
        post(draft)


def test_a_count_without_lines_says_nothing(warehouse):
    with pytest.raises(documents.NoLines):
        post(count(warehouse, {}))


def test_what_would_not_fit_the_books_is_refused(warehouse, bread):
    BalanceFactory(warehouse=warehouse, sku=bread, on_hand=Decimal("-999999999999"))
    with pytest.raises(ledger.QuantityTooLarge):
        count(warehouse, {bread: 999_999_999_999})


# Statements, and what the database refuses


def test_posting_costs_the_same_statements_whatever_the_number_of_lines(warehouse):
    skus = [SkuFactory() for _ in range(60)]
    counted = []

    for wanted in (skus[:2], skus[2:]):
        draft = count(warehouse, dict.fromkeys(wanted, 1))
        with CaptureQueriesContext(connection) as statements:
            post(draft)
        counted.append(len(statements))

    assert counted[0] == counted[1]


def refused(name: str):
    return pytest.raises(IntegrityError, check=lambda error: error.__cause__.diag.constraint_name == name)


def test_a_sku_stands_in_a_count_once(warehouse, bread):
    draft = count(warehouse, {bread: 1})

    with refused("stock_countline_sku_once_per_document"):
        CountLine.objects.create(document=draft, line=2, sku=bread)


def test_a_line_number_is_used_once_in_a_count(warehouse, bread):
    draft = count(warehouse, {bread: 1})

    with refused("stock_countline_line_once_per_document"):
        CountLine.objects.create(document=draft, line=1, sku=SkuFactory())


def test_what_is_counted_is_not_negative(warehouse, bread):
    with refused("stock_countline_counted_not_negative"):
        CountLine.objects.create(document=count(warehouse, {}), line=1, sku=bread, counted=-1)


def test_a_correction_has_a_number_and_a_count_that_it_corrects(warehouse, bread):
    posted = post(count(warehouse, {bread: 1}))
    fields = {"warehouse": warehouse, "organization": warehouse.organization, "date": NOW, "counted_at": NOW}

    for wrong in ({"corrects": posted}, {"correction": 1}, {"corrects": posted, "correction": 0}):
        with refused("stock_stockcount_correction_is_numbered"), transaction.atomic():
            StockCount.objects.create(kind=DocumentKind.STOCK_COUNT, **fields, **wrong)


def test_a_posted_count_is_kept_with_its_lines_even_by_sql(warehouse, bread):
    posted, draft = post(count(warehouse, {bread: 1})), count(warehouse, {SkuFactory(): 1})
    line = posted.count_lines.get()

    for change in (
        lambda: CountLine.objects.filter(pk=line.pk).update(counted=99),
        lambda: CountLine.objects.filter(pk=line.pk).delete(),
        lambda: CountLine.objects.create(document=posted, line=2, sku=SkuFactory(), counted=1),
        lambda: draft.count_lines.update(document=posted, line=3),
        lambda: CountLine.objects.filter(pk=line.pk).update(document=draft, line=3),
    ):
        with refused("stock_countline_kept_once_posted"), transaction.atomic():
            change()
    with refused("stock_stockcount_kept_once_posted"), transaction.atomic():
        StockCount.objects.filter(pk=posted.pk).update(counted_at=BEFORE)
    assert CountLine.objects.get(pk=line.pk).counted == 1
