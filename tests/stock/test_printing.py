"""Documents on paper."""

from decimal import Decimal

import pytest
from django.urls import reverse

from retail.models import VatRate
from stock.admin import printing
from stock.services import documents
from tests.factories.retail import CounterpartyFactory, ItemFactory, OrganizationFactory, SkuFactory, WarehouseFactory
from tests.stock.conftest import NOW, invoice, supply, transfer
from tests.stock.counting import count, post
from tests.stock.test_documents_admin import said, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_russian")]


def printed(client, document) -> str:
    name = type(document).__name__.lower()
    signed_in(client, f"view_{name}")
    response = client.get(reverse(f"admin:stock_{name}_print_document", args=[document.pk]))
    assert response.status_code == 200
    return response.content.decode().replace("\xa0", " ")


def of_rate(code: str):
    return SkuFactory(item=ItemFactory(vat_rate=VatRate.objects.get(code=code)))


def test_an_invoice_names_both_sides_their_numbers_and_the_sum_in_words(client):
    organization = OrganizationFactory(full_name="Общество «Ромашка»", address="Москва, ул. Лесная, д. 18")
    warehouse = WarehouseFactory(organization=organization)
    draft = documents.draft_wholesale_invoice(
        warehouse=warehouse,
        customer=CounterpartyFactory(name="ООО «Кафе»", address="Тверь"),
        date=NOW,
        lines=[
            documents.Line(of_rate("22"), Decimal(1000), Decimal("1.22")),
            documents.Line(of_rate("10"), Decimal(2), Decimal("5.50")),
        ],
    )

    text = printed(client, draft)

    for expected in (
        "Общество «Ромашка»", organization.inn, organization.kpp, "Москва, ул. Лесная, д. 18", "ООО «Кафе»",
        draft.customer.inn, "Тверь", "20 ноября 2026", "1 220,00", "220,00", "1,00", "221,00",
        "Одна тысяча двести тридцать один рубль 00 копеек",
    ):  # fmt: skip
        assert expected in text, expected


def test_what_was_typed_keeps_its_rate_when_the_goods_change_theirs(client):
    bread = of_rate("10")
    draft = invoice(WarehouseFactory(), {bread: 1})
    bread.item.vat_rate = VatRate.objects.get(code="22")
    bread.item.save()

    assert draft.lines.get().vat_rate.code == "10"
    assert VatRate.objects.get(code="10").name in printed(client, draft)


def test_goods_without_vat_show_none(client):
    text = printed(client, invoice(WarehouseFactory(), {of_rate("none"): 1}))

    assert "–" in text


def test_a_goods_receipt_names_the_supplier_and_his_number(client):
    draft = documents.draft_goods_receipt(
        warehouse=WarehouseFactory(), supplier=CounterpartyFactory(), date=NOW, lines=[], supplier_number="УТ-17"
    )

    text = printed(client, draft)

    assert draft.supplier.name in text
    assert "УТ-17" in text


def test_a_transfer_names_both_warehouses(client):
    here = WarehouseFactory()
    there = WarehouseFactory(organization=here.organization)

    text = printed(client, transfer(here, there, {SkuFactory(): 3}))

    assert here.name in text
    assert there.name in text


def test_a_count_shows_differences_and_room_to_write(client):
    warehouse, bread, beer = WarehouseFactory(), SkuFactory(), SkuFactory()
    supply(warehouse, {bread: 5})

    text = printed(client, count(warehouse, {bread: 3, beer: None}, at=NOW))

    assert ">-2<" in text
    assert text.count('class="number write"></td>') == 1


def test_what_is_printed_says_in_what_state_it_is(client):
    posted = post(count(WarehouseFactory(), {SkuFactory(): 3}))
    assert 'class="state"' not in printed(client, posted)
    documents.reverse(document=posted, by=None, now=NOW)

    for document in (invoice(WarehouseFactory(), {}), posted):
        assert 'class="state"' in printed(client, document)


def test_what_is_too_long_for_paper_is_said_to_be(client, monkeypatch):
    monkeypatch.setattr(printing, "PRINTED_LINES", 1)
    draft = invoice(WarehouseFactory(), {SkuFactory(): 1, SkuFactory(): 1})
    signed_in(client, "view_wholesaleinvoice")

    response = client.get(reverse("admin:stock_wholesaleinvoice_print_document", args=[draft.pk]))

    assert response.status_code == 302
    assert "1" in said(response)[0]


def test_printing_needs_the_right_to_look(client):
    draft = invoice(WarehouseFactory(), {})
    signed_in(client)

    assert client.get(reverse("admin:stock_wholesaleinvoice_print_document", args=[draft.pk])).status_code == 403


@pytest.mark.parametrize(
    ("code", "amount", "tax"),
    [("22", "1.22", "0.22"), ("10", "0.05", "0.00"), ("10", "0.06", "0.01"), ("0", "9", "0.00")],
)
def test_vat_within_an_amount_is_rounded_to_the_kopeck(code, amount, tax):
    assert printing.tax_within(Decimal(amount), VatRate.objects.get(code=code)) == Decimal(tax)


def test_there_is_no_vat_without_a_percentage():
    assert printing.tax_within(Decimal(1), VatRate.objects.get(code="none")) is None
    assert printing.tax_within(Decimal(1), None) is None
