"""What registers reported stays, and so does what it points at, although no foreign key of the database says so."""

import pytest
from django.db import IntegrityError, connection, transaction

from tests.factories.registers import PaymentFactory, ReceiptLineFactory
from tests.factories.retail import SkuFactory, WarehouseFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "table",
    [
        "registers_kkmtransaction",
        "registers_shift",
        "registers_receipt",
        "registers_receiptline",
        "registers_payment",
        "retail_sku",
        "retail_warehouse",
    ],
)
def test_a_row_that_a_sale_stands_on_is_not_deleted(table):
    line = ReceiptLineFactory()
    PaymentFactory(receipt=line.receipt)

    with (
        pytest.raises(IntegrityError, match=r"never deleted|stays"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {table}")


def test_what_was_never_sold_may_go():
    sku, warehouse = SkuFactory(), WarehouseFactory()

    assert sku.delete()[0] >= 1
    warehouse.delete()
    assert not type(warehouse).objects.exists()
