"""Stock transfers: out of one warehouse and into another, in one posting."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from retail.choices import DocumentState
from retail.models import Warehouse
from stock.choices import DocumentKind
from stock.models import Balance, Movement, StockTransfer
from stock.services import documents, ledger, wakeups
from tests.factories.retail import ItemFactory, SkuFactory, WarehouseFactory
from tests.stock.conftest import NOW, invoice, lines, supply, transfer

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Warehouse:
    return WarehouseFactory()


@pytest.fixture
def there(here) -> Warehouse:
    return WarehouseFactory(organization=here.organization)


def left(warehouse, sku) -> Decimal:
    return Balance.objects.get(warehouse=warehouse, sku=sku).on_hand


def test_a_draft_is_numbered_in_its_own_series(here, there):
    invoice(here, {})

    draft = transfer(here, there, {SkuFactory(): 1})

    kept = StockTransfer.objects.get(pk=draft.pk)
    assert (kept.kind, kept.state, kept.number) == (DocumentKind.STOCK_TRANSFER, "draft", "000001")
    assert (kept.warehouse, kept.to_warehouse, kept.organization) == (here, there, here.organization)


def test_goods_do_not_move_to_where_they_are(here):
    with pytest.raises(ValidationError, match="another warehouse"):
        transfer(here, here, {})


def test_goods_do_not_move_to_another_organization(here):
    with pytest.raises(ValidationError, match="wholesale invoice"):
        transfer(here, WarehouseFactory(), {})


def test_posting_moves_the_goods_and_everybody_hears(here, there, django_capture_on_commit_callbacks, monkeypatch):
    bread, told = SkuFactory(), []
    supply(here, {bread: 5})
    monkeypatch.setattr(wakeups, "announce", told.extend)

    with django_capture_on_commit_callbacks(execute=True):
        posted = documents.post(document=transfer(here, there, {bread: 2}), by=None, now=NOW)

    assert (left(here, bread), left(there, bread)) == (3, 2)
    assert list(posted.movements.order_by("pk").values_list("warehouse", "quantity", "on_hand_after")) == [
        (here.pk, -2, 3),
        (there.pk, 2, 2),
    ]
    for warehouse, revision in ((here, 2), (there, 1)):
        balance = Balance.objects.get(warehouse=warehouse)
        assert balance.revision == balance.sale_revision == revision
    assert sorted(told) == sorted([here.pk, there.pk])


def test_a_transfer_of_more_than_is_available_names_every_line_and_moves_nothing(here, there):
    bread, beer = SkuFactory(), SkuFactory()
    supply(here, {bread: 1, beer: 9})
    draft = transfer(here, there, {bread: 2, beer: 1})

    with pytest.raises(ledger.NotEnoughStock) as refusal:
        documents.post(document=draft, by=None, now=NOW)

    assert [(shortage.lines, shortage.sku) for shortage in refusal.value.shortages] == [((1,), bread.code)]
    assert not Movement.objects.filter(document=draft).exists()
    assert not Balance.objects.filter(warehouse=there).exists()


def test_reversing_brings_the_goods_back(here, there):
    bread = SkuFactory()
    supply(here, {bread: 5})
    posted = documents.post(document=transfer(here, there, {bread: 2}), by=None, now=NOW)

    documents.reverse(document=posted, by=None, now=NOW)

    assert posted.state == DocumentState.REVERSED
    assert (left(here, bread), left(there, bread)) == (5, 0)


def test_what_came_must_still_be_there_to_be_taken_back(here, there):
    bread = SkuFactory()
    supply(here, {bread: 5})
    posted = documents.post(document=transfer(here, there, {bread: 2}), by=None, now=NOW)
    documents.post(document=invoice(there, {bread: 1}), by=None, now=NOW)

    with pytest.raises(ledger.NotEnoughStock):
        documents.reverse(document=posted, by=None, now=NOW)

    assert (left(here, bread), left(there, bread)) == (3, 1)


def test_a_service_on_a_transfer_moves_nothing(here, there):
    draft = transfer(here, there, {SkuFactory(item=ItemFactory(kind="service")): 1})

    assert not documents.post(document=draft, by=None, now=NOW).movements.exists()


def test_a_copy_goes_the_same_way(here, there):
    copy = documents.draft_again(document=transfer(here, there, {SkuFactory(): 3}), date=NOW)

    assert (copy.warehouse, copy.to_warehouse, copy.lines.get().quantity) == (here, there, 3)


def test_posting_costs_the_same_statements_whatever_the_number_of_lines(here, there):
    skus = [SkuFactory() for _ in range(60)]
    supply(here, dict.fromkeys(skus, 5))
    spent = []

    for wanted in (skus[:2], skus[2:]):
        draft = transfer(here, there, dict.fromkeys(wanted, 1))
        with CaptureQueriesContext(connection) as statements:
            documents.post(document=draft, by=None, now=NOW)
        spent.append(len(statements))

    assert spent[0] == spent[1]


def test_a_posted_transfer_is_kept_even_by_sql(here, there):
    bread = SkuFactory()
    supply(here, {bread: 5})
    posted = documents.post(document=transfer(here, there, {bread: 2}), by=None, now=NOW)

    with (
        pytest.raises(
            IntegrityError,
            check=lambda error: error.__cause__.diag.constraint_name == "stock_stocktransfer_kept_once_posted",
        ),
        transaction.atomic(),
    ):
        StockTransfer.objects.filter(pk=posted.pk).update(to_warehouse=here)


def test_the_database_refuses_to_move_goods_where_they_are(here):
    bread = SkuFactory()
    supply(here, {bread: 5})
    draft = StockTransfer.objects.create(
        kind=DocumentKind.STOCK_TRANSFER, organization=here.organization, warehouse=here, to_warehouse=here, date=NOW
    )
    for line in lines({bread: 1}):
        draft.lines.create(line=1, sku=line.sku, quantity=line.quantity)

    with pytest.raises(IntegrityError):
        documents.post(document=draft, by=None, now=NOW)
