"""What registers hear about stock: everyone what they are meant to, nobody anything twice, nothing lost."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from exchange.services import stock_feed
from retail.models import Constants
from stock.models import WarehouseFeed
from stock.services import documents
from tests.factories.people import UserFactory
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.factories.stock import DocumentLineFactory, GoodsReceiptFactory, WholesaleInvoiceFactory
from tests.messages import line, lines, sale

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def milk():
    return SkuFactory(code="10001")


def receive(warehouse, *quantities):
    return move(GoodsReceiptFactory(warehouse=warehouse), quantities)


def ship(warehouse, *quantities):
    return move(WholesaleInvoiceFactory(warehouse=warehouse), quantities)


def move(document, quantities):
    for place, (sku, quantity) in enumerate(quantities, start=1):
        DocumentLineFactory(document=document, line=place, sku=sku, quantity=Decimal(quantity))
    return documents.post(document=document, by=UserFactory(), now=NOW)


def heard(rows):
    return {row["sku"]: row["available"] for row in rows}


def test_a_sale_on_one_register_is_heard_by_the_other(till, second_till, milk):
    receive(till.register.warehouse, (milk, 10))
    _rows, cursor = second_till.load("stock")

    till.tell(sale(1, line("10001", "2.000")))

    rows, _cursor = second_till.load("stock", cursor)
    assert rows == [{"sku": "10001", "name": milk_name(milk), "available": "8.000", "revision": 2}]


def milk_name(milk):
    milk.refresh_from_db()
    return milk.name


def test_another_warehouse_hears_nothing(till, new_till, milk):
    stranger = new_till(warehouse=WarehouseFactory())
    _rows, cursor = stranger.load("stock")

    till.tell(sale(1, line("10001")))

    assert stranger.load("stock", cursor)[0] == []


def test_a_row_changed_many_times_is_told_once_as_it_is_now(till, second_till, milk):
    _rows, cursor = second_till.load("stock")

    for number in range(1, 6):
        till.tell(sale(number, line("10001")))

    assert heard(second_till.load("stock", cursor)[0]) == {"10001": "-5.000"}


def test_an_old_cursor_asked_again_gets_what_is_true_now(till, milk):
    _rows, cursor = till.load("stock")
    till.tell(sale(1, line("10001")))

    first, second = till.load("stock", cursor)[0], till.load("stock", cursor)[0]

    assert first == second
    assert heard(first) == {"10001": "-1.000"}


def test_packets_are_of_the_constants_size_and_miss_nothing(till):
    Constants.objects.update(packet_size=3)
    skus = [SkuFactory(code=f"S{place}") for place in range(8)]
    receive(till.register.warehouse, *((sku, 5) for sku in skus))

    status, packet = till.get("stock")
    rows, _cursor = till.load("stock")

    assert (status, len(packet["changes"]), packet["more"]) == (200, 3, True)
    assert len(rows) == 8
    assert heard(rows) == {sku.code: "5.000" for sku in skus}


def test_what_changes_while_pages_are_read_comes_with_a_later_page(till, second_till, milk):
    Constants.objects.update(packet_size=2)
    skus = [milk, *(SkuFactory(code=f"S{place}") for place in range(4))]
    receive(till.register.warehouse, *((sku, 5) for sku in skus))
    _status, packet = second_till.get("stock")

    till.tell(sale(1, line("10001")))

    rows, _cursor = second_till.load("stock", packet["cursor"])
    assert heard(rows)["10001"] == "4.000"
    assert len(rows) == 4


@pytest.mark.parametrize(
    ("trait", "told"),
    [("without_prompts", True), ("uncontrolled", False), ("with_prompts", False), ("external", False)],
)
def test_a_wholesale_invoice_is_told_by_the_registers_own_mode(till, new_till, milk, trait, told):
    listener = new_till(**{trait: True})
    receive(till.register.warehouse, (milk, 10))
    _rows, cursor = listener.load("stock")

    ship(till.register.warehouse, (milk, 4))

    rows, _cursor = listener.load("stock", cursor)
    assert heard(rows) == ({"10001": "6.000"} if told else {})


def test_a_later_sale_tells_everyone_the_quantity_as_it_then_is(till, new_till, milk):
    listener = new_till(uncontrolled=True)
    receive(till.register.warehouse, (milk, 10))
    _rows, cursor = listener.load("stock")
    ship(till.register.warehouse, (milk, 4))
    rows, cursor = listener.load("stock", cursor)
    assert rows == []

    till.tell(sale(1, line("10001")))

    assert heard(listener.load("stock", cursor)[0]) == {"10001": "5.000"}


def test_a_sale_then_an_invoice_between_two_pages_is_not_lost(till, new_till, milk):
    """The row's revision has run past the page, but the register has not heard of the sale before it."""
    Constants.objects.update(packet_size=1)
    listener = new_till(uncontrolled=True)
    bread = SkuFactory(code="10002")
    receive(till.register.warehouse, (milk, 10), (bread, 10))
    _rows, cursor = listener.load("stock")
    till.tell(sale(1, *lines(("10001", "1"), ("10002", "1"))))
    ship(till.register.warehouse, (milk, 4))

    rows, _cursor = listener.load("stock", cursor)

    assert heard(rows) == {"10001": "5.000", "10002": "9.000"}


def test_goods_received_are_told_to_every_register(till, new_till, milk):
    listener = new_till(uncontrolled=True)
    _rows, cursor = listener.load("stock")

    receive(till.register.warehouse, (milk, 10))

    assert heard(listener.load("stock", cursor)[0]) == {"10001": "10.000"}


def test_posting_an_invoice_and_reversing_it_leaves_what_was(till, milk):
    receive(till.register.warehouse, (milk, 10))
    invoice = ship(till.register.warehouse, (milk, 4))

    documents.reverse(document=invoice, by=UserFactory(), now=NOW)

    assert heard(till.load("stock")[0]) == {"10001": "10.000"}


@pytest.mark.parametrize("spoil", ["epoch", "ahead", "scope", "nonsense", "goods"])
def test_a_cursor_that_is_not_ours_any_more_means_reload(till, milk, spoil):
    receive(till.register.warehouse, (milk, 10))
    _rows, cursor = till.load("stock")
    feed, epoch, scope, load, floor, position = cursor.split(".")
    if spoil == "epoch":
        WarehouseFeed.objects.update(epoch="anotherepoch")
    spoiled = {
        "epoch": cursor,
        "ahead": f"{feed}.{epoch}.{scope}.{load}.{floor}.{int(position) + 1}",
        "scope": f"{feed}.{epoch}.{int(scope) + 1}.{load}.{floor}.{position}",
        "nonsense": "0; DROP TABLE",
        "goods": f"g{cursor[1:]}",
    }[spoil]

    status, content = till.get(f"stock?cursor={spoiled}")

    assert status == 410
    assert content["errors"][0]["code"] == "reload_required"


def test_a_register_that_is_to_hear_of_invoices_from_now_on_loads_everything_anew(till, new_till, milk):
    """What was invoiced before lies behind the position it has passed."""
    listener = new_till(with_prompts=True)
    receive(till.register.warehouse, (milk, 10))
    ship(till.register.warehouse, (milk, 4))
    _rows, cursor = listener.load("stock")

    listener.register.stock_control = "without_prompts"
    listener.register.save()

    assert listener.get(f"stock?cursor={cursor}")[0] == 410
    assert heard(listener.load("stock")[0]) == {"10001": "6.000"}


def test_stock_is_refused_when_synchronization_is_off(till):
    Constants.objects.update(sync_stock=False)

    for path in ("stock", "stock/checksum"):
        status, content = till.get(path, **{"Accept-Language": "en"})
        assert (status, content["errors"][0]["code"]) == (409, "stock_sync_disabled")
        assert content["errors"][0]["detail"] == "Stock synchronization is switched off in the constants."


def test_a_poll_is_one_statement_whatever_changed(till, django_assert_num_queries):
    skus = [SkuFactory() for _place in range(30)]
    receive(till.register.warehouse, *((sku, 5) for sku in skus))

    with django_assert_num_queries(1):
        packet = stock_feed.read(register=till.register, cursor=None)

    assert len(packet.changes) == 30


def recomputed(rows, excepted=()):
    """The checksum as the integrator's guide tells a register to compute it."""
    total = 0
    for sku, available in heard(rows).items():
        if sku not in excepted:
            total += int(hashlib.md5(f"{sku}:{available}".encode()).hexdigest()[:8], 16)
    return f"{total % 2**32:08x}"


def test_a_register_recomputes_the_checksum(till, milk):
    receive(till.register.warehouse, (milk, 10), (SkuFactory(code="Яблоко"), "0.250"))
    till.tell(sale(1, line("10001")))
    rows, cursor = till.load("stock")

    status, told = till.get("stock/checksum")

    assert (status, told["cursor"], told["count"], told["except"]) == (200, cursor, 2, [])
    assert told["checksum"] == recomputed(rows)


def test_a_register_not_told_of_invoices_leaves_out_what_they_touched(till, new_till, milk):
    listener = new_till(with_prompts=True)
    receive(till.register.warehouse, (milk, 10), (SkuFactory(code="10002"), 10))
    rows, cursor = listener.load("stock")
    ship(till.register.warehouse, (milk, 4))

    _nothing, cursor = listener.load("stock", cursor)
    _status, told = listener.get("stock/checksum")

    assert (told["cursor"], told["except"], told["count"]) == (cursor, ["10001"], 1)
    assert told["checksum"] == recomputed(rows, told["except"])
