"""`GET wait`: held until something is new, answered as `GET stock` answers, refused in the same words."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from exchange.choices import LoadKind
from exchange.services import loads
from registers.choices import StockControl
from registers.services import revocations, tokens
from retail.models import Constants
from stock.models import WarehouseFeed
from stock.services import documents
from tests.exchange.waiting import wait_server
from tests.factories.exchange import RegisterLoadFactory
from tests.factories.people import UserFactory
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.factories.stock import DocumentLineFactory, GoodsReceiptFactory, WholesaleInvoiceFactory
from tests.messages import line, sale

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def server(db):
    with wait_server() as server:
        yield server


@pytest.fixture
def milk():
    return SkuFactory(code="10001")


@pytest.fixture
def bread():
    return SkuFactory(code="10002")


def ship(warehouse, sku, quantity):
    invoice = WholesaleInvoiceFactory(warehouse=warehouse)
    DocumentLineFactory(document=invoice, line=1, sku=sku, quantity=Decimal(quantity))
    documents.post(document=invoice, by=UserFactory(), now=NOW)


def stock(warehouse, sku, quantity):
    receipt = GoodsReceiptFactory(warehouse=warehouse)
    DocumentLineFactory(document=receipt, line=1, sku=sku, quantity=Decimal(quantity))
    documents.post(document=receipt, by=UserFactory(), now=NOW)


def test_a_sale_on_one_register_ends_the_wait_of_the_other(server, till, second_till, milk):
    _rows, cursor = second_till.load("stock")
    waiting = server.wait(second_till, cursor)

    till.tell(sale(1, line("10001", "2.000")))

    answer = waiting.answer()
    assert (answer.status, answer.skus) == (200, {"10001": "-2.000"})


def test_what_is_new_already_is_answered_at_once_exactly_as_get_stock_does(server, till, milk, bread):
    _rows, cursor = till.load("stock")
    till.tell(sale(1, line("10001")), sale(2, line("10002", "1.500")))

    answer = server.wait(till, cursor).answer()

    assert (answer.status, answer.content) == till.get(f"stock?cursor={cursor}")
    assert answer.headers[b"content-type"] == b"application/json"


def test_the_cursor_of_an_answer_is_good_for_the_next_wait(server, till, milk):
    _rows, cursor = till.load("stock")
    till.tell(sale(1, line("10001")))
    cursor = server.wait(till, cursor).answer().content["cursor"]

    waiting = server.wait(till, cursor)
    assert waiting.is_waiting
    till.tell(sale(2, line("10001")))

    assert waiting.answer().skus == {"10001": "-2.000"}


def test_nothing_new_is_204_when_the_time_is_over(server, till):
    _rows, cursor = till.load("stock")

    answer = server.wait(till, cursor, timeout=1).answer()

    assert (answer.status, answer.body) == (204, b"")


def test_a_wait_without_a_cursor_is_a_full_load_even_of_nothing(server, till):
    answer = server.wait(till, None).answer()

    assert answer.content == till.get("stock")[1]
    assert answer.content["changes"] == []


def test_a_packet_is_as_large_as_the_constants_say(server, till, milk, bread):
    Constants.objects.update(packet_size=1)
    till.tell(sale(1, line("10001")), sale(2, line("10002")))

    first = server.wait(till, None).answer().content
    second = server.wait(till, first["cursor"]).answer().content

    assert [len(first["changes"]), first["more"], len(second["changes"]), second["more"]] == [1, True, 1, False]


def test_an_invoice_is_told_only_to_registers_without_prompts(server, till, new_till, milk):
    stock(till.register.warehouse, milk, 10)
    other = new_till(stock_control=StockControl.WITH_PROMPTS)
    waiting = server.wait(till, till.load("stock")[1])
    untold = server.wait(other, other.load("stock")[1])

    ship(till.register.warehouse, milk, 3)

    assert waiting.answer().skus == {"10001": "7.000"}
    assert untold.is_waiting


def test_a_register_that_was_not_told_hears_the_quantity_with_the_next_sale(server, till, new_till, milk):
    stock(till.register.warehouse, milk, 10)
    other = new_till(stock_control=StockControl.WITH_PROMPTS)
    _rows, cursor = other.load("stock")
    ship(till.register.warehouse, milk, 3)
    waiting = server.wait(other, cursor)
    assert waiting.is_waiting

    till.tell(sale(1, line("10001")))

    answer = waiting.answer()
    assert (answer.skus, answer.content) == ({"10001": "6.000"}, other.get(f"stock?cursor={cursor}")[1])


def test_registers_of_another_warehouse_stay_asleep(server, till, new_till, milk):
    stranger = new_till(warehouse=WarehouseFactory())
    asleep = server.wait(stranger, stranger.load("stock")[1])
    awake = server.wait(till, till.load("stock")[1])

    till.tell(sale(1, line("10001")))

    assert awake.answer().status == 200
    assert asleep.is_waiting


def test_a_new_epoch_ends_a_wait_with_410(server, till):
    waiting = server.wait(till, till.load("stock")[1])

    WarehouseFeed.objects.filter(warehouse=till.register.warehouse).update(epoch="restored")

    assert waiting.answer(seconds=7).code == "reload_required"


def test_a_full_load_ordered_meanwhile_ends_the_wait_with_410(server, till):
    waiting = server.wait(till, till.load("stock")[1])

    load = RegisterLoadFactory(kind=LoadKind.FULL, organization=till.register.organization, registers=[till.register])
    loads.post(load=load, by=UserFactory(), now=NOW)

    assert waiting.answer().code == "reload_required"


def test_a_cursor_newer_than_what_is_remembered_of_its_register_is_good(server, till):
    server.wait(till, till.load("stock")[1]).hang_up()
    load = RegisterLoadFactory(registers=[till.register])
    load.lines.update(sequence=1)

    waiting = server.wait(till, till.load("stock")[1])

    assert waiting.is_waiting


def test_a_token_revoked_meanwhile_ends_the_wait_with_401(server, till):
    _rows, cursor = till.load("stock")
    waiting = server.wait(till, cursor)

    tokens.revoke(register=till.register, by=UserFactory(), now=timezone.now())

    answer = waiting.answer()
    assert (answer.status, answer.code, answer.headers[b"www-authenticate"]) == (401, "revoked_token", b"Bearer")
    assert server.wait(till, cursor).answer().code == "revoked_token"


def test_a_register_that_is_to_hear_of_other_changes_is_told_to_reload(server, till):
    waiting = server.wait(till, till.load("stock")[1])

    type(till.register).objects.filter(pk=till.register.pk).update(stock_control=StockControl.NONE)
    revocations.announce([till.register.pk])

    assert waiting.answer().code == "reload_required"


def test_the_first_use_of_a_rotated_token_ends_the_older_one(server, till):
    _rows, cursor = till.load("stock")
    old = server.wait(till, cursor)

    till.token = tokens.rotate(register=till.register, now=timezone.now())
    new = server.wait(till, cursor)

    assert old.answer().code == "revoked_token"
    assert new.is_waiting


def test_the_third_wait_of_a_register_ends_its_first(server, till):
    _rows, cursor = till.load("stock")

    first, second, third = (server.wait(till, cursor) for _ in range(3))

    assert first.answer().status == 204
    assert [second.is_waiting, third.is_waiting] == [True, True]


def test_a_client_that_hangs_up_leaves_nothing_behind(server, till):
    waiting = server.wait(till, till.load("stock")[1])

    waiting.hang_up()

    assert waiting.received.status == 0
    assert server.waiters(till) == []
    assert server.hub._count == 0


def test_a_server_that_ends_sends_everyone_away_and_lets_nobody_in(server, till, second_till):
    waiting = server.wait(till, till.load("stock")[1])

    server.call(server.hub.dismiss)

    assert waiting.answer().status == 204
    assert server.wait(second_till, None).answer().status == 503
