"""What the one statement that moves goods does to the feed, and what it costs."""

from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import F, Sum
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from retail.services import figures
from stock.models import Balance, Movement, WarehouseFeed
from stock.services import documents, ledger
from tests.factories.retail import CounterpartyFactory, SkuFactory, WarehouseFactory
from tests.factories.stock import BalanceFactory
from tests.stock.conftest import NOW, invoice, lines, supply

pytestmark = pytest.mark.django_db


def revisions(warehouse) -> dict[int, tuple[int, int]]:
    rows = Balance.objects.filter(warehouse=warehouse)
    return {row.sku_id: (row.revision, row.sale_revision) for row in rows}


def test_a_goods_receipt_stamps_the_next_revisions_for_every_register_in_the_order_of_its_lines():
    warehouse = WarehouseFactory()
    WarehouseFeed.objects.filter(pk=warehouse.pk).update(revision=40)
    bread, beer = SkuFactory(), SkuFactory()

    supply(warehouse, {beer: 1, bread: 1})

    assert revisions(warehouse) == {beer.pk: (41, 41), bread.pk: (42, 42)}
    assert WarehouseFeed.objects.get(pk=warehouse.pk).revision == 42


def test_a_wholesale_invoice_and_its_reversal_leave_the_revision_of_sales_as_it_was():
    warehouse, bread, beer = WarehouseFactory(), SkuFactory(), SkuFactory()
    supply(warehouse, {bread: 2, beer: 2})

    sold = documents.post(document=invoice(warehouse, {bread: 1}), by=None, now=NOW)
    after_post = revisions(warehouse)
    documents.reverse(document=sold, by=None, now=NOW)
    after_reverse = revisions(warehouse)

    assert after_post == {bread.pk: (3, 1), beer.pk: (2, 2)}
    assert after_reverse == {bread.pk: (4, 1), beer.pk: (2, 2)}
    assert WarehouseFeed.objects.get(pk=warehouse.pk).revision == 4


def test_the_reversal_of_a_goods_receipt_is_heard_by_all():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    received = supply(warehouse, {bread: 1})

    documents.reverse(document=received, by=None, now=NOW)

    assert revisions(warehouse) == {bread.pk: (2, 2)}


def test_a_refused_document_takes_no_revision():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 1})

    with pytest.raises(ledger.NotEnoughStock):
        documents.post(document=invoice(warehouse, {bread: 2}), by=None, now=NOW)

    assert WarehouseFeed.objects.get(pk=warehouse.pk).revision == 1
    assert revisions(warehouse) == {bread.pk: (1, 1)}


def test_what_is_sold_and_reserved_is_left_alone():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    BalanceFactory(warehouse=warehouse, sku=bread, on_hand=10, sold=3, reserved=2)

    documents.post(document=invoice(warehouse, {bread: 5}), by=None, now=NOW)

    balance = Balance.objects.with_available().get(warehouse=warehouse, sku=bread)
    assert (balance.on_hand, balance.sold, balance.reserved, balance.available) == (5, 3, 2, 0)


def test_another_warehouse_is_left_alone():
    here, there, bread = WarehouseFactory(), WarehouseFactory(), SkuFactory()
    supply(there, {bread: 7})

    supply(here, {bread: 1})

    assert revisions(there) == {bread.pk: (1, 1)}
    assert Balance.objects.get(warehouse=there).on_hand == 7
    assert WarehouseFeed.objects.get(pk=there.pk).revision == 1


def test_posting_costs_the_same_statements_whatever_the_number_of_lines():
    warehouse = WarehouseFactory()
    skus = [SkuFactory() for _ in range(200)]
    supply(warehouse, dict.fromkeys(skus, 10))
    short = invoice(warehouse, dict.fromkeys(skus[:2], 1))
    long = invoice(warehouse, dict.fromkeys(skus, 1))
    counted = []

    for document in (short, long):
        for verb in (documents.post, documents.reverse):
            with CaptureQueriesContext(
                connection,
            ) as statements:
                verb(document=document, by=None, now=NOW)
            counted.append(len(statements))

    assert len(set(counted[::2])) == len(set(counted[1::2])) == 1
    assert max(counted) <= 7, "savepoint, document, lines, feed, move, state, release"


def test_drafting_costs_the_same_statements_whatever_the_number_of_lines():
    warehouse, customer = WarehouseFactory(), CounterpartyFactory()
    skus = [SkuFactory() for _ in range(100)]
    counted = []

    for wanted in (skus[:2], skus):
        with CaptureQueriesContext(connection) as statements:
            documents.draft_wholesale_invoice(
                warehouse=warehouse, customer=customer, date=NOW, lines=lines(dict.fromkeys(wanted, 1))
            )
        counted.append(len(statements))

    assert counted[0] == counted[1]


quantity = st.decimals(min_value="0.001", max_value=20, places=3)
wanted = st.dictionaries(st.integers(0, 2), quantity, min_size=1)
step = st.one_of(
    st.tuples(st.just("receive"), wanted),
    st.tuples(st.just("sell"), wanted),
    st.tuples(st.just("reverse"), st.integers(0, 5)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(step, max_size=8))
def test_what_is_on_hand_is_always_the_sum_of_movements(three_skus, steps):
    warehouse, posted = WarehouseFactory(), []

    for verb, what in steps:
        try:
            if verb == "receive":
                posted.append(supply(warehouse, {three_skus[place]: q for place, q in what.items()}))
            elif verb == "sell":
                draft = invoice(warehouse, {three_skus[place]: q for place, q in what.items()})
                posted.append(documents.post(document=draft, by=None, now=NOW))
            elif what < len(posted):
                documents.reverse(document=posted[what], by=None, now=NOW)
        except (ledger.NotEnoughStock, documents.AlreadyReversed):
            pass

    balances = Balance.objects.filter(warehouse=warehouse)
    moved = Movement.objects.filter(warehouse=warehouse)
    sums = dict(moved.values_list("sku").annotate(total=Sum("quantity")))
    last = {movement.sku_id: movement.on_hand_after for movement in moved.order_by("id")}
    assert {balance.sku_id: balance.on_hand for balance in balances} == sums == last
    assert not balances.filter(on_hand__lt=F("sold") + F("reserved")).exists()
    assert len(set(balances.values_list("revision"))) == balances.count()


@pytest.fixture
def three_skus(db):
    return [SkuFactory() for _ in range(3)]


@pytest.mark.parametrize(
    ("language", "written"),
    [("ru", ["5", "0,25", "1\xa0200", "0", "-2,5"]), ("en", ["5", "0.25", "1,200", "0", "-2.5"])],
)
def test_quantities_are_shown_as_people_write_them(language, written):
    quantities = [Decimal(text) for text in ("5.000", "0.250", "1200.000", "0.000", "-2.500")]

    with translation.override(language):
        assert [figures.quantity(quantity) for quantity in quantities] == written
