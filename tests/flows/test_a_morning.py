"""A morning of two tills and an accountant, told from the first pairing to the books."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from exchange.choices import LoadKind
from exchange.services import loads
from registers.models import Receipt
from registers.services import pairing
from retail.models import Constants
from stock.models import Balance, Movement
from stock.services import documents
from stock.services.documents import Line
from stock.services.ledger import NotEnoughStock
from tests.exchange.conftest import Till
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import BarcodeFactory, CounterpartyFactory, PriceFactory, SkuFactory, WarehouseFactory
from tests.messages import body, line, sale

pytestmark = pytest.mark.django_db


def join(register, by):
    """Pair a till as its technician does: a code from the admin, spent over HTTP."""
    code = pairing.issue(register=register, by=by, now=timezone.now())
    till = Till.__new__(Till)
    till.register, till.client = register, Client()
    answer = till.client.post("/kkm/v1/pair", {"code": code}, content_type="application/json")
    till.token = answer.json()["token"]
    return till


def four_numbers(warehouse, sku):
    balance = Balance.objects.with_available().get(warehouse=warehouse, sku=sku)
    return tuple(int(number) for number in (balance.on_hand, balance.sold, balance.reserved, balance.available))


def heard(till, cursor):
    rows, cursor = till.load("stock", cursor)
    return {row["sku"]: row["available"] for row in rows}, cursor


def test_a_morning_of_two_tills_and_an_accountant():
    now = timezone.now()
    merchandiser, accountant = UserFactory(merchandiser=True), UserFactory(accountant=True)
    warehouse = WarehouseFactory()
    milk, bread = SkuFactory(code="10001"), SkuFactory(code="10002")
    for sku in (milk, bread):
        BarcodeFactory(sku=sku)
        PriceFactory(sku=sku, price_type=warehouse.retail_price_type, amount=Decimal("99.00"))

    # Goods come in before the shop opens.
    documents.post(
        document=documents.draft_goods_receipt(
            warehouse=warehouse,
            supplier=CounterpartyFactory(),
            date=now,
            lines=[Line(milk, Decimal(100), Decimal("70.00")), Line(bread, Decimal(50), Decimal("30.00"))],
        ),
        by=accountant,
        now=now,
    )
    assert four_numbers(warehouse, milk) == (100, 0, 0, 100)

    # Two tills join and load goods and stock.
    first, second = (join(RegisterFactory(warehouse=warehouse), merchandiser) for _till in range(2))
    assert sorted(goods["sku"] for goods in first.load("goods")[0]) == ["10001", "10002"]
    _known, first_cursor = first.load("stock")
    _known, second_cursor = second.load("stock")

    # A sale on the first is heard by the second; the books do not move.
    first.tell(sale(1, line("10001", "2.000")))
    news, second_cursor = heard(second, second_cursor)
    assert news == {"10001": "98.000"}
    assert four_numbers(warehouse, milk) == (100, 2, 0, 98)

    # The second sells off-line, and uploads twice because the answer was lost.
    kept = body(sale(1, line("10001", "3.000")), sale(2, line("10002", "1.000")))
    for expected in ("accepted", "duplicate"):
        _status, answer = second.call("post", "transactions", kept)
        assert {result["status"] for result in answer["results"]} == {expected}
    assert four_numbers(warehouse, milk) == (100, 5, 0, 95)
    assert Receipt.objects.count() == 3

    # The accountant sells wholesale: too much is refused and nothing moves, then it is posted.
    invoice = documents.draft_wholesale_invoice(
        warehouse=warehouse,
        customer=CounterpartyFactory(),
        date=now,
        lines=[Line(milk, Decimal(96), Decimal("80.00"))],
    )
    with pytest.raises(NotEnoughStock, match="10001"):
        documents.post(document=invoice, by=accountant, now=now)
    assert four_numbers(warehouse, milk) == (100, 5, 0, 95)
    invoice.lines.update(quantity=Decimal(40))
    documents.post(document=invoice, by=accountant, now=now)
    assert four_numbers(warehouse, milk) == (60, 5, 0, 55)
    news, first_cursor = heard(first, first_cursor)
    assert news == {"10001": "55.000", "10002": "49.000"}

    # A return, and the invoice is taken back: opposite movements, both pages stay.
    first.tell(sale(2, line("10001", "1.000"), kind="return"))
    documents.reverse(document=invoice, by=accountant, now=now + timedelta(minutes=5))
    assert four_numbers(warehouse, milk) == (100, 4, 0, 96)
    assert [int(movement.quantity) for movement in Movement.objects.filter(sku=milk).order_by("pk")] == [100, -40, 40]

    # Both tills agree with the server to the last gram.
    for till, cursor in ((first, first_cursor), (second, second_cursor)):
        _news, cursor = heard(till, cursor)
        _status, checksum = till.get("stock/checksum")
        assert checksum["cursor"] == cursor
        assert checksum["count"] == 2

    # The merchandiser orders a full load: the next question is answered "reload".
    load = loads.draft(organization=warehouse.organization, kind=LoadKind.FULL, date=now)
    load.lines.create(register=first.register)
    loads.post(load=load, by=merchandiser, now=now)
    status, refusal = first.get(f"stock?cursor={first_cursor}")
    assert (status, refusal["errors"][0]["code"]) == (410, "reload_required")
    assert len(first.load("stock")[0]) == 2

    # Synchronization is switched off for the night.
    Constants.objects.update(sync_stock=False)
    assert second.get("stock")[0] == 409
