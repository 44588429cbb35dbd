"""What the database refuses of movements and of documents that have left the drafts."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from retail.choices import DocumentState
from stock.models import DocumentLine, GoodsReceipt, Movement, StockDocument, WholesaleInvoice
from stock.services import documents
from tests.factories.retail import CounterpartyFactory, SkuFactory, WarehouseFactory
from tests.factories.stock import DocumentLineFactory, MovementFactory, WholesaleInvoiceFactory
from tests.stock.conftest import NOW, invoice, supply

pytestmark = pytest.mark.django_db


@pytest.fixture
def posted() -> GoodsReceipt:
    return supply(WarehouseFactory(), {SkuFactory(): 3})


def refused(name: str):
    return pytest.raises(IntegrityError, check=lambda error: error.__cause__.diag.constraint_name == name)


def test_a_movement_moves_something():
    with refused("stock_movement_moves_something"):
        MovementFactory(quantity=0)


def test_a_document_moves_a_sku_once_each_way():
    movement = MovementFactory()
    MovementFactory(document=movement.document, sku=movement.sku, reversing=True)

    with refused("stock_movement_once_per_document_and_sku"):
        MovementFactory(document=movement.document, sku=movement.sku)


def test_movements_only_grow():
    movement = MovementFactory()

    with refused("stock_movement_only_grows"), transaction.atomic():
        Movement.objects.filter(pk=movement.pk).update(quantity=99)
    with refused("stock_movement_only_grows"), transaction.atomic():
        movement.delete()

    assert Movement.objects.get().quantity == movement.quantity


def test_a_line_moves_something():
    with refused("stock_documentline_moves_something"):
        DocumentLineFactory(quantity=0)


def test_a_price_is_not_negative():
    with refused("stock_documentline_price_not_negative"):
        DocumentLineFactory(price=Decimal("-0.01"))


def test_a_line_number_is_used_once_in_a_document():
    line = DocumentLineFactory()

    with refused("stock_documentline_line_once_per_document"):
        DocumentLineFactory(document=line.document, line=line.line)


def test_a_posted_document_says_when():
    with refused("stock_stockdocument_posted_document_says_when"):
        WholesaleInvoiceFactory(state=DocumentState.POSTED)


def test_a_reversed_document_says_when():
    with refused("stock_stockdocument_reversed_document_says_when"):
        WholesaleInvoiceFactory(state=DocumentState.REVERSED, posted_at=NOW)


def test_a_posted_document_is_not_edited_even_by_sql(posted):
    for change in ({"date": NOW.replace(year=2020)}, {"comment": "!"}, {"state": "draft"}, {"posted_at": None}):
        with refused("stock_stockdocument_kept_once_posted"), transaction.atomic():
            StockDocument.objects.filter(pk=posted.pk).update(**change)
    with refused("stock_goodsreceipt_kept_once_posted"), transaction.atomic():
        GoodsReceipt.objects.filter(pk=posted.pk).update(supplier=CounterpartyFactory())


def test_a_wholesale_customer_is_not_changed_after_posting():
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 1})
    sold = documents.post(document=invoice(warehouse, {bread: 1}), by=None, now=NOW)

    with refused("stock_wholesaleinvoice_kept_once_posted"):
        WholesaleInvoice.objects.filter(pk=sold.pk).update(customer=CounterpartyFactory())


def test_a_reversed_document_is_not_touched_again(posted):
    documents.reverse(document=posted, by=None, now=NOW)

    with refused("stock_stockdocument_kept_once_posted"):
        StockDocument.objects.filter(pk=posted.pk).update(reversed_at=NOW.replace(year=2030))


def test_a_posted_document_is_not_deleted_even_by_sql(posted):
    for table, column in (("stock_goodsreceipt", "stockdocument_ptr_id"), ("stock_stockdocument", "id")):
        with refused(f"{table}_kept_once_posted"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [posted.pk])


def test_lines_of_a_posted_document_are_neither_added_changed_nor_deleted(posted):
    line = posted.lines.get()

    with refused("stock_documentline_kept_once_posted"), transaction.atomic():
        DocumentLineFactory(document=posted, line=2)
    with refused("stock_documentline_kept_once_posted"), transaction.atomic():
        DocumentLine.objects.filter(pk=line.pk).update(quantity=99)
    with refused("stock_documentline_kept_once_posted"), transaction.atomic():
        line.delete()
    with refused("stock_documentline_kept_once_posted"), transaction.atomic():
        DocumentLine.objects.filter(pk=line.pk).update(document=WholesaleInvoiceFactory())


def test_a_draft_and_its_lines_are_free():
    draft = invoice(WarehouseFactory(), {SkuFactory(): 1})

    draft.lines.update(quantity=5)
    WholesaleInvoice.objects.filter(pk=draft.pk).update(customer=CounterpartyFactory(), comment="другой")
    draft.delete()

    assert not StockDocument.objects.exists()
    assert not DocumentLine.objects.exists()
