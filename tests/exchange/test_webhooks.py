"""What endpoints are told of: by what is recorded, once, and nothing that may not be told."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from billing.choices import OperationSource
from billing.services import operations
from exchange.choices import EventKind
from exchange.models import EventCursor, OutgoingMessage
from exchange.services.webhooks import collecting, telling
from registers.choices import DeedKind
from registers.models import TransactionDeed
from retail.choices import DocumentState
from stock.models import Balance, StockDocument, WarehouseFeed
from tests.factories.billing import DiscountCardFactory
from tests.factories.exchange import OutgoingMessageFactory, WebhookEndpointFactory
from tests.factories.people import UserFactory
from tests.factories.registers import KkmTransactionFactory, ReceiptFactory, ReceiptLineFactory, ShiftFactory
from tests.factories.stock import BalanceFactory, ZReportFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def endpoint():
    made = WebhookEndpointFactory(stock_below=Decimal(5))
    collect()
    return made


def collect():
    collecting.collect(now=NOW)


def told(event=None):
    """The data of what was told, in the order of telling."""
    messages = OutgoingMessage.objects.filter(**{"event": event} if event else {}).order_by("pk")
    bodies = [json.loads(message.body) for message in messages]
    assert [body["type"] for body in bodies] == [message.event for message in messages]
    return [body["data"] for body in bodies]


def test_a_receipt_is_told_with_its_lines_and_without_people(endpoint):
    receipt = ReceiptFactory(card_number="2900000001234", cashier="Петрова")
    line = ReceiptLineFactory(receipt=receipt, quantity=Decimal(2), price=Decimal(99), amount=Decimal(198))

    collect()

    [data] = told(EventKind.RECEIPT)
    assert (data["id"], data["total"], data["card"]) == (receipt.pk, "198.00", "…1234")
    assert [(one["sku"], one["quantity"], one["amount"]) for one in data["lines"]] == [
        (line.sku.code, "2.000", "198.00")
    ]
    body = OutgoingMessage.objects.get().body
    assert "Петрова" not in body
    assert "290000000" not in body


def test_what_was_told_is_not_told_again(endpoint):
    ReceiptFactory()

    for _ in range(3):
        collect()

    assert len(told()) == 1


def test_what_happened_before_an_endpoint_was_there_is_not_told_to_it():
    collect()
    ReceiptFactory()
    collect()
    WebhookEndpointFactory()
    collect()

    ReceiptFactory()
    collect()

    assert len(told()) == 1


def test_each_endpoint_is_told_of_what_it_has_chosen(endpoint):
    other = WebhookEndpointFactory(events=[EventKind.Z_REPORT])
    WebhookEndpointFactory(active=False)
    ReceiptFactory()

    collect()

    assert list(OutgoingMessage.objects.values_list("endpoint", flat=True)) == [endpoint.pk]
    assert not other.messages.exists()


def test_a_transaction_that_was_mended_later_is_told_then(endpoint):
    recorded = KkmTransactionFactory(on_desk=True)
    KkmTransactionFactory()
    collect()
    receipt = ReceiptFactory(transaction=recorded, register=recorded.register)
    TransactionDeed.objects.create(transaction=recorded, kind=DeedKind.CORRECT, by=UserFactory(), at=NOW)

    collect()
    collect()

    assert [data["id"] for data in told()] == [receipt.pk]


def test_a_long_journal_is_read_in_pieces_and_whole(endpoint, monkeypatch):
    monkeypatch.setattr(collecting, "AT_ONCE", 2)
    receipts = [ReceiptFactory() for _ in range(5)]

    while collecting.collect(now=NOW):
        pass

    assert [data["id"] for data in told()] == [receipt.pk for receipt in receipts]


def test_a_z_report_is_told_with_its_totals(endpoint):
    shift = ShiftFactory(closed=True)
    report = ZReportFactory(shift=shift, register=shift.register, totals={"sale.total": "198.00", "sale.receipts": "1"})
    StockDocument.objects.filter(pk=report.pk).update(state=DocumentState.POSTED, posted_at=NOW, number="7")

    collect()

    [data] = told()
    assert (data["number"], data["shift"], data["sales"], data["receipts"]) == ("7", shift.number, "198.00", 1)
    assert data["totals"] == {"sale.total": "198.00", "sale.receipts": "1"}


@pytest.mark.parametrize(("source", "count"), [(OperationSource.ONLINE, 1), (OperationSource.FILE, 0)])
def test_an_operation_on_a_card_is_told_by_the_end_of_its_number(endpoint, source, count):
    card = DiscountCardFactory()
    number = card.numbers.get().value
    wanted = operations.Wanted(uid="a", card=number, kind="accrue", occurred_at=NOW, bonuses=Decimal("9.90"))
    operations.record(register_id=None, wanted=wanted, source=source, now=NOW)

    collect()

    assert [(one["uid"], one["kind"], one["card"], one["bonuses"]) for one in told()] == [
        ("a", "accrue", f"…{number[-4:]}", "9.90")
    ] * count


def test_low_stock_is_told_once_until_there_is_enough_again(endpoint):
    balance = BalanceFactory(on_hand=10)
    collect()

    for left in (4, 3, 9, 2):
        change(balance, left)
        collect()

    assert [(data["available"], data["threshold"]) for data in told(EventKind.STOCK)] == [
        ("4.000", "5.000"),
        ("2.000", "5.000"),
    ]


def change(balance, left):
    feed = WarehouseFeed.objects.get(warehouse=balance.warehouse)
    feed.revision += 1
    feed.save()
    Balance.objects.filter(pk=balance.pk).update(on_hand=left, revision=feed.revision)


def test_collecting_asks_as_much_for_many_receipts_as_for_one(endpoint, django_assert_max_num_queries):
    for _ in range(5):
        ReceiptLineFactory()

    with django_assert_max_num_queries(50):
        collect()

    assert len(told()) == 5


def test_a_source_that_cannot_be_read_keeps_no_other_from_being_told(endpoint, monkeypatch):
    monkeypatch.setattr(
        collecting.RECEIPTS, "_numbered", "SELECT $1::text, $2::bigint, $3::bigint, $4::timestamptz, 1 / 0"
    )
    shift = ShiftFactory(closed=True)
    report = ZReportFactory(shift=shift, register=shift.register)
    StockDocument.objects.filter(pk=report.pk).update(state=DocumentState.POSTED, posted_at=NOW, number="7")
    ReceiptFactory()

    collect()

    assert [message.event for message in OutgoingMessage.objects.all()] == [EventKind.Z_REPORT]


def test_old_messages_that_ended_are_forgotten():
    OutgoingMessageFactory(made_at=NOW - timedelta(days=91), next_at=None, state="delivered")
    waiting = OutgoingMessageFactory(made_at=NOW - timedelta(days=91))
    recent = OutgoingMessageFactory(made_at=NOW - timedelta(days=89), next_at=None, state="given_up")

    assert telling.forget_old(now=NOW) == 1

    assert set(OutgoingMessage.objects.all()) == {waiting, recent}
    assert EventCursor.objects.count() == 0
