"""Posting at once, with real threads on PostgreSQL; and each test's own test, which takes the lock away."""

import time
from collections import defaultdict
from decimal import Decimal
from threading import Event
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models import QuerySet

from stock.models import Balance, StockDocument, WarehouseFeed
from stock.services import documents, ledger
from tests.factories.retail import CounterpartyFactory, SkuFactory, WarehouseFactory
from tests.stock.conftest import NOW, invoice, supply

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 10


class Gate:
    """Where a document's posting stops: its goods are moved, and its commit waits for `go`."""

    def __init__(self) -> None:
        self.moved, self.go = Event(), Event()


@pytest.fixture
def gates(monkeypatch):
    """Give the posting of a document a gate by asking for `gates[document.pk]`."""
    gates = defaultdict(Gate)
    move = ledger.move

    def move_and_stop(*, document, **rest):
        move(document=document, **rest)
        if gate := gates.get(document.pk):
            gate.moved.set()
            assert gate.go.wait(PATIENCE)

    monkeypatch.setattr(ledger, "move", move_and_stop)
    yield gates
    for gate in gates.values():
        gate.go.set()


@pytest.fixture
def unlocked(monkeypatch):
    """Take the warehouse's lock out of posting."""
    monkeypatch.setattr(ledger, "lock", lambda *, warehouse_id: WarehouseFeed.objects.get(pk=warehouse_id))


def post(document):
    with connection.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '50ms'")
    return documents.post(document=document, by=None, now=NOW)


def outcome(posting) -> str:
    """Return what became of a posting started in a thread: "posted" or the name of its refusal."""
    error = posting.exception(timeout=PATIENCE)
    return "posted" if error is None else type(error.__cause__ or error).__name__


def wait_until_somebody_waits_for_a_lock() -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.rowcount:
                return
        time.sleep(0.005)
    raise AssertionError("Nobody waits for a lock.")


MEET = """
    CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        patience integer := 200;
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 42 AND pid = pg_backend_pid()) THEN
            PERFORM pg_advisory_xact_lock_shared(42);
            WHILE patience > 0 AND (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 42) < 2 LOOP
                PERFORM pg_sleep(0.01);
                patience := patience - CASE WHEN {hurried} THEN 10 ELSE 1 END;
            END LOOP;
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER meet BEFORE UPDATE ON stock_balance FOR EACH ROW EXECUTE FUNCTION meet();
"""


@pytest.fixture
def meeting(db, request):
    """Make each of two statements, with its first balance locked, wait for the other to have come as far.

    Where a lock keeps the other away, only for a moment.
    """
    with connection.cursor() as cursor:
        cursor.execute(MEET.format(hurried="unlocked" not in request.fixturenames))
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION meet CASCADE")


def crossed_invoices():
    warehouse, bread, beer = WarehouseFactory(), SkuFactory(), SkuFactory()
    supply(warehouse, {bread: 5, beer: 5})
    return invoice(warehouse, {bread: 1, beer: 1}), invoice(warehouse, {beer: 1, bread: 1})


def test_two_invoices_in_crossed_order_are_both_posted(in_thread, meeting):
    there, back = crossed_invoices()

    postings = [in_thread(post, document=document) for document in (there, back)]

    assert [outcome(posting) for posting in postings] == ["posted", "posted"]
    assert list(Balance.objects.values_list("on_hand", flat=True)) == [3, 3]


def test_without_the_lock_two_invoices_in_crossed_order_deadlock(in_thread, meeting, unlocked, monkeypatch):
    there, back = crossed_invoices()
    # The counter's own update would do for a lock here, if it came first; the order is PostgreSQL's to choose.
    counting = "WHERE warehouse_id = %(warehouse)s AND EXISTS (SELECT FROM moving)"
    assert counting in ledger.MOVE.sql
    monkeypatch.setattr(ledger.MOVE, "sql", ledger.MOVE.sql.replace(counting, f"{counting} AND false"))

    postings = [in_thread(post, document=document) for document in (there, back)]

    assert sorted(outcome(posting) for posting in postings) == ["DeadlockDetected", "posted"]


def sell_the_last_unit_twice(in_thread, gates) -> list[str]:
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 1})
    first, second = invoice(warehouse, {bread: 1}), invoice(warehouse, {bread: 1})
    gate = gates[first.pk]

    postings = [in_thread(post, document=first)]
    assert gate.moved.wait(PATIENCE)
    postings.append(in_thread(post, document=second))
    wait_until_somebody_waits_for_a_lock()
    gate.go.set()

    return [outcome(posting) for posting in postings]


def test_the_last_unit_is_sold_by_one_of_two_invoices(in_thread, gates):
    assert sell_the_last_unit_twice(in_thread, gates) == ["posted", "NotEnoughStock"]
    assert Balance.objects.get().on_hand == 0


def test_without_the_lock_the_last_unit_is_sold_twice(in_thread, gates, unlocked):
    assert sell_the_last_unit_twice(in_thread, gates) == ["posted", "posted"]
    assert Balance.objects.get().on_hand == -1


class Reader:
    """A register's view of a warehouse, kept by following the cursor."""

    def __init__(self, warehouse) -> None:
        self.warehouse, self.cursor = warehouse, 0
        self.view: dict[int, Decimal] = {}

    def poll(self) -> None:
        balances: QuerySet[Any] = Balance.objects.with_available()
        for balance in balances.filter(warehouse=self.warehouse, revision__gt=self.cursor).order_by("revision"):
            self.view[balance.sku_id], self.cursor = balance.available, balance.revision


def follow_two_slow_writers(in_thread, gates) -> Reader:
    """Let two receipts of one SKU commit late, one after the other, with a reader asking between all steps."""
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 1})
    reader = Reader(warehouse)
    received = [
        documents.draft_goods_receipt(
            warehouse=warehouse,
            supplier=CounterpartyFactory(),
            date=NOW,
            lines=[documents.Line(bread, Decimal(quantity))],
        )
        for quantity in (10, 100)
    ]
    first, second = (gates[draft.pk] for draft in received)

    postings = [in_thread(post, document=received[0])]
    assert first.moved.wait(PATIENCE)
    postings.append(in_thread(post, document=received[1]))
    wait_until_somebody_waits_for_a_lock()
    reader.poll()
    first.go.set()
    assert second.moved.wait(PATIENCE)
    reader.poll()
    second.go.set()
    assert [outcome(posting) for posting in postings] == ["posted", "posted"]
    reader.poll()
    return reader


def test_a_reader_loses_nothing_to_writers_that_commit_late(in_thread, gates):
    reader = follow_two_slow_writers(in_thread, gates)

    assert list(reader.view.values()) == [111]


def test_without_the_lock_a_reader_loses_what_is_committed_late(in_thread, gates, unlocked):
    reader = follow_two_slow_writers(in_thread, gates)

    assert list(reader.view.values()) == [11]
    assert Balance.objects.get().on_hand == 111


def test_without_the_lock_the_database_still_refuses_a_revision_given_twice(in_thread, gates, unlocked):
    warehouse, bread, beer = WarehouseFactory(), SkuFactory(), SkuFactory()
    supply(warehouse, {bread: 1, beer: 1})
    first, second = invoice(warehouse, {bread: 1}), invoice(warehouse, {beer: 1})
    gate = gates[first.pk]

    postings = [in_thread(post, document=first)]
    assert gate.moved.wait(PATIENCE)
    postings.append(in_thread(post, document=second))
    wait_until_somebody_waits_for_a_lock()
    gate.go.set()

    assert [outcome(posting) for posting in postings] == ["posted", "UniqueViolation"]


def test_a_crowd_of_writers_and_a_reader_agree_in_the_end(in_thread):
    warehouse, skus = WarehouseFactory(), [SkuFactory() for _ in range(3)]
    supply(warehouse, dict.fromkeys(skus, 40))
    drafts = [invoice(warehouse, {skus[n % 3]: 1, skus[(n + 1) % 3]: 2}) for n in range(24)]
    reader = Reader(warehouse)

    postings = [in_thread(lambda part: [post(document) for document in part], part=drafts[n::4]) for n in range(4)]
    while not all(posting.done() for posting in postings):
        reader.poll()
    reader.poll()

    assert [outcome(posting) for posting in postings] == ["posted"] * 4
    assert reader.view == {sku.pk: 16 for sku in skus}
    assert reader.cursor == WarehouseFeed.objects.get(pk=warehouse.pk).revision == 3 + 48


def post_one_document_twice(in_thread, gates) -> list[str]:
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 5})
    draft = invoice(warehouse, {bread: 1})
    gate = gates[draft.pk]

    postings = [in_thread(post, document=draft)]
    assert gate.moved.wait(PATIENCE)
    postings.append(in_thread(post, document=draft))
    wait_until_somebody_waits_for_a_lock()
    gate.go.set()

    return [outcome(posting) for posting in postings]


def test_a_document_posted_twice_at_once_is_posted_once(in_thread, gates):
    assert post_one_document_twice(in_thread, gates) == ["posted", "AlreadyPosted"]
    assert Balance.objects.get().on_hand == 4


def test_without_its_own_lock_a_document_is_not_refused_in_words(in_thread, gates, monkeypatch):
    monkeypatch.setattr(documents, "lock", lambda *, document: StockDocument.objects.get(pk=document.pk))

    assert post_one_document_twice(in_thread, gates) == ["posted", "UniqueViolation"]


def test_a_line_added_while_the_document_is_posted_waits_and_is_refused(in_thread, gates):
    warehouse, bread = WarehouseFactory(), SkuFactory()
    supply(warehouse, {bread: 5})
    draft = invoice(warehouse, {bread: 1})
    gate = gates[draft.pk]

    posting = in_thread(post, document=draft)
    assert gate.moved.wait(PATIENCE)
    adding = in_thread(lambda: draft.lines.create(line=2, sku=bread, quantity=1))
    wait_until_somebody_waits_for_a_lock()
    gate.go.set()

    assert outcome(posting) == "posted"
    assert isinstance(adding.exception(timeout=PATIENCE).__cause__, psycopg.errors.RestrictViolation)
    assert draft.lines.count() == 1
