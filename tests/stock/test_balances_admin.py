"""What is left, in the admin: the four numbers, the movements and receipts behind them, and the ledger."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registers.choices import TransactionKind
from retail.models import Unit
from stock.models import Balance, UnpostedReceipt
from stock.services import documents
from tests.factories.people import UserFactory
from tests.factories.registers import ReceiptFactory, ReceiptLineFactory, RegisterFactory
from tests.factories.retail import BarcodeFactory, PriceFactory, SkuFactory, WarehouseFactory
from tests.factories.stock import BalanceFactory
from tests.stock.conftest import NOW, invoice, supply

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_russian")]
LIST = "admin:stock_balance_changelist"
LEDGER = "admin:stock_movement_changelist"


@pytest.fixture(autouse=True)
def _signed_in(client):
    user = UserFactory()
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_balance", "view_movement"]))
    client.force_login(user)


def listed(client, url: str, **asked) -> list[int]:
    return sorted(client.get(reverse(url), asked).context["cl"].queryset.values_list("pk", flat=True))


def statements(client, url: str) -> int:
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(url).status_code == 200
    return len(asked)


@pytest.mark.parametrize(
    ("level", "wanted"),
    [
        ("above", ["plenty"]),
        ("zero", ["sold out", "reserved"]),
        ("below", ["oversold"]),
        ("reserved", ["reserved"]),
        ("sold", ["sold out", "oversold"]),
        ("nonsense", ["plenty", "sold out", "oversold", "reserved"]),
    ],
)
def test_the_list_is_narrowed_by_what_is_left(client, level, wanted):
    balances = {
        "plenty": BalanceFactory(),
        "sold out": BalanceFactory(sold=10),
        "oversold": BalanceFactory(sold=11),
        "reserved": BalanceFactory(reserved=10),
    }

    assert listed(client, LIST, level=level) == [balances[name].pk for name in wanted]


def test_balances_are_found_by_code_name_barcode_and_warehouse(client):
    wanted, _other = BalanceFactory(), BalanceFactory()
    barcode = BarcodeFactory(sku=wanted.sku)

    for term in (wanted.sku.code, wanted.sku.name, barcode.value):
        assert listed(client, LIST, q=term) == [wanted.pk], term
    assert listed(client, LIST, warehouse__id__exact=wanted.warehouse_id) == [wanted.pk]


def test_the_list_sums_up_each_unit_on_its_own(client):
    warehouse = WarehouseFactory()
    BalanceFactory(warehouse=warehouse, on_hand=2, sold=1)
    BalanceFactory(warehouse=warehouse, on_hand=3, reserved=2)
    BalanceFactory(warehouse=warehouse, sku=SkuFactory(by_weight=True), on_hand=Decimal("0.5"))
    BalanceFactory(on_hand=100)

    totals = client.get(reverse(LIST), {"warehouse__id__exact": warehouse.pk}).context["totals"]

    shown = {unit: [figure.partition(">")[2].partition("<")[0] for figure in figures] for unit, figures in totals}
    kilogram, piece = (Unit.objects.get(code=code).short_name for code in ("166", "796"))
    assert shown == {kilogram: ["0,5", "0", "0", "0,5"], piece: ["5", "1", "2", "2"]}


def test_the_page_of_a_balance_shows_the_four_numbers_and_what_made_them(client):
    warehouse, bread = WarehouseFactory(), SkuFactory(barcoded=True)
    PriceFactory(sku=bread, price_type=warehouse.retail_price_type, amount=Decimal("77.70"))
    received = supply(warehouse, {bread: 10})
    sold = documents.post(document=invoice(warehouse, {bread: 3}), by=None, now=NOW)
    register = RegisterFactory(warehouse=warehouse)
    for kind, quantity in ((TransactionKind.SALE, 5), (TransactionKind.RETURN, 1), (TransactionKind.CANCELLED, 9)):
        receipt = ReceiptFactory(register=register, kind=kind)
        ReceiptLineFactory(receipt=receipt, sku=bread, quantity=quantity)
        if kind != TransactionKind.CANCELLED:
            UnpostedReceipt.objects.create(shift=receipt.shift, receipt=receipt, warehouse=warehouse)
    ReceiptLineFactory(receipt=ReceiptFactory(register=register), sku=bread)  # In a document already.
    ReceiptLineFactory(sku=bread)  # From another warehouse.
    Balance.objects.update(sold=4, reserved=Decimal("0.5"))
    balance = Balance.objects.get()

    response = client.get(reverse("admin:stock_balance_change", args=[balance.pk]))

    context = response.context
    assert context["figures"] == {"on_hand": "7", "sold": "4", "reserved": "0,5", "available": "2,5"}
    assert all(str(made) in row["document"] for row, made in zip(context["movements"], (sold, received), strict=True))
    assert [row["moved"].partition(">")[2].partition("<")[0] for row in context["movements"]] == ["-3", "+10"]
    assert [row["quantity"].partition(">")[2].partition("<")[0] for row in context["sales"]] == ["-1", "+5"]
    assert "77,70" in response.content.decode()
    assert bread.barcodes.get().value in response.content.decode()


def test_a_balance_is_only_read(client):
    balance = BalanceFactory()
    url = reverse("admin:stock_balance_change", args=[balance.pk])

    assert client.post(url, {"on_hand": 99}).status_code == 403
    assert client.get(reverse("admin:stock_balance_add")).status_code == 403
    assert client.post(url.replace("change", "delete"), {"post": "yes"}).status_code == 403


def test_the_lists_cost_the_same_whatever_their_length(client):
    supply(WarehouseFactory(), {SkuFactory(): 1})
    before = [statements(client, reverse(url)) for url in (LIST, LEDGER)]
    for _ in range(10):
        supply(WarehouseFactory(), {SkuFactory(): 1, SkuFactory(): 2})

    after = [statements(client, reverse(url)) for url in (LIST, LEDGER)]

    assert after == before


def test_the_page_of_a_balance_costs_the_same_whatever_stands_behind_it(client):
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 1})
    register = RegisterFactory(warehouse=warehouse)
    ReceiptLineFactory(receipt=ReceiptFactory(register=register), sku=bread)
    url = reverse("admin:stock_balance_change", args=[Balance.objects.get().pk])
    before = statements(client, url)
    for _ in range(10):
        supply(warehouse, {bread: 1})
        ReceiptLineFactory(receipt=ReceiptFactory(register=register), sku=bread)

    after = statements(client, url)

    assert after == before


def test_movements_are_narrowed_by_document_direction_and_goods(client):
    warehouse, bread, beer = WarehouseFactory(), SkuFactory(), SkuFactory()
    received = supply(warehouse, {bread: 10, beer: 1})
    sold = documents.post(document=invoice(warehouse, {bread: 3}), by=None, now=NOW)
    documents.reverse(document=sold, by=None, now=NOW)
    bread_in, beer_in = received.movements.order_by("pk")
    bread_out, bread_back = sold.movements.order_by("pk")

    def found(**asked) -> list[int]:
        return listed(client, LEDGER, **asked)

    assert found(document__id__exact=received.pk) == [bread_in.pk, beer_in.pk]
    assert found(document__kind__exact="wholesale_invoice") == [bread_out.pk, bread_back.pk]
    assert found(direction="in") == [bread_in.pk, beer_in.pk, bread_back.pk]
    assert found(direction="out") == [bread_out.pk]
    assert found(direction="reversing") == [bread_back.pk]
    assert found(q=beer.code) == [beer_in.pk]
    assert found(q=received.number) == [bread_in.pk, beer_in.pk, bread_out.pk, bread_back.pk]
    assert found(warehouse__id__exact=warehouse.pk, sku__id__exact=bread.pk) == [
        bread_in.pk, bread_out.pk, bread_back.pk,
    ]  # fmt: skip


def test_a_movement_leads_to_its_document_and_is_only_read(client):
    received = supply(WarehouseFactory(), {SkuFactory(): 1})
    url = reverse("admin:stock_movement_change", args=[received.movements.get().pk])

    response = client.get(url)

    assert reverse("admin:stock_goodsreceipt_change", args=[received.pk]) in response.content.decode()
    assert client.post(url, {"quantity": 99}).status_code == 403
