"""The search of the menu: whatever is typed or scanned, by whoever may see it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from exchange.services import finding
from registers.models import Receipt
from retail.choices import Role
from stock.models import StockDocument
from tests.factories.billing import CardNumberFactory, CardOwnerFactory, DiscountCardFactory
from tests.factories.people import UserFactory
from tests.factories.registers import ReceiptFactory, RegisterFactory
from tests.factories.retail import BarcodeFactory, SkuFactory
from tests.factories.stock import CustomerOrderFactory, WholesaleInvoiceFactory
from tests.retail.admin import page, signed_in

pytestmark = pytest.mark.django_db


def search(client, text, **asked):
    return client.get(reverse("admin:search"), {"s": text, **asked})


def hits(client, text):
    """Return the titles that a search finds, pages of the menu aside."""
    groups = search(client, text, live=1).context["groups"]
    return [hit.title for group in groups if group.icon != "menu" for hit in group.hits]


def test_a_scanned_barcode_leads_to_its_goods_at_once():
    sku = SkuFactory(item__name="Кефир")
    BarcodeFactory(sku=sku, value="4600000000015")

    response = search(signed_in(), " 4600000000015 ")

    assert response.url == page("retail_sku_change", sku.pk)


def test_a_register_is_found_by_number_and_by_name():
    register = RegisterFactory(number=77, name="Касса у входа")
    RegisterFactory(name="Другая")

    assert hits(signed_in(), "77") == hits(signed_in(), "у ВХОДА") == [str(register)]
    assert search(signed_in(), "№77").url == page("registers_register_change", register.pk)


def test_a_receipt_is_found_by_its_id_by_its_fiscal_document_and_lately_by_its_number():
    now = timezone.now()
    recent = ReceiptFactory(uid="some-id", number=500500, fiscal_document=123456, occurred_at=now)
    old = ReceiptFactory(uid="old", number=500500, fiscal_document=654321, occurred_at=now - timedelta(days=90))
    client = signed_in()

    assert search(client, "some-id").url == search(client, "123456").url == page("registers_receipt_change", recent.pk)
    assert search(client, "654321").url == page("registers_receipt_change", old.pk)
    assert [receipt.pk for receipt in finding.receipts("500500", now=now)] == [recent.pk]


def test_a_document_and_an_order_are_found_by_number_however_it_is_written():
    invoice = WholesaleInvoiceFactory(number="000912", date=timezone.now())
    order = CustomerOrderFactory(number="000913")

    assert hits(signed_in(), "№ 912") == hits(signed_in(), "000912") == [f"Wholesale invoice № {invoice.number}"]
    assert hits(signed_in(), order.uid) == [f"Customer order № {order.number}"]


def test_a_card_is_found_by_any_of_its_numbers_and_shown_as_one_may_see_it():
    card = DiscountCardFactory(owner=CardOwnerFactory(name="Мария Ким", phone="+7 900 111-22-33"))
    CardNumberFactory(card=card, value="2900000099999")
    merchandiser, operator = (signed_in(UserFactory(role=role)) for role in (Role.MERCHANDISER, Role.OPERATOR))

    [seen] = hits(merchandiser, "29000000999")
    [masked] = hits(operator, "2900000099999")

    assert seen.startswith(card.numbers.order_by("pk").first().value)
    assert masked.startswith("…")
    assert hits(merchandiser, "ким") == [seen]
    assert hits(operator, "29000000999") == hits(operator, "ким") == []
    assert b"\xd0\x9a\xd0\xb8\xd0\xbc" not in search(operator, "2900000099999", live=1).content


def test_nobody_finds_what_they_may_not_see():
    SkuFactory(code="555777", item__name="555777")
    RegisterFactory(number=555777)
    ReceiptFactory(number=555777, fiscal_document=555777)
    WholesaleInvoiceFactory(number="555777")
    CardNumberFactory(value="555777")

    assert len(hits(signed_in(), "555777")) == 5
    assert hits(signed_in(UserFactory()), "555777") == []


def test_a_page_is_found_by_its_name_by_whoever_has_it_in_the_menu():
    boss, guard = signed_in(), signed_in(UserFactory())

    assert page("stock_wholesaleinvoice_changelist") in search(boss, "wholesale", live=1).content.decode()
    assert page("stock_wholesaleinvoice_changelist") not in search(guard, "wholesale", live=1).content.decode()


@pytest.mark.parametrize("text", ["", "нет такого", "\x00", "9" * 99, "²", "<b>", "%"])
def test_a_search_that_finds_nothing_says_what_can_be_sought(text):
    body = search(signed_in(), text).content.decode()

    assert "a receipt by its id" in body
    assert "<b><" not in body


def test_a_search_asks_little_whatever_is_found():
    sku = SkuFactory(code="4242", barcoded=True)
    ReceiptFactory(number=4242, occurred_at=timezone.now())
    RegisterFactory(number=4242)
    CardNumberFactory(value="42420")
    WholesaleInvoiceFactory(number="004242", date=timezone.now())
    client = signed_in()
    hits(client, "4242")

    with CaptureQueriesContext(connection) as queries:
        found = hits(client, "4242")

    assert sku.name in found
    assert len(found) == 5
    assert len([query for query in queries if "django_session" not in query["sql"]]) <= 8 + 1  # Who asks is one more.


def test_long_journals_are_not_read_through():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plans = [
        Receipt.objects.numbered(1).explain(),
        Receipt.objects.fiscal(1).explain(),
        StockDocument.objects.numbered("000001", kinds=["z_report"], years=[2026]).explain(),
    ]

    assert "registers_receipt_number" in plans[0]
    assert "registers_receipt_fiscal" in plans[1]
    assert "number_once_per_kind" in plans[2]
    assert not any(f"Seq Scan on {table}" in plan for table in ("registers_receipt", "stock_stock") for plan in plans)
