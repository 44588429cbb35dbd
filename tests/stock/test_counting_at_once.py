"""Counts, transfers and sales at once, with real threads on PostgreSQL; and each test's own test."""

from threading import Barrier, Event, current_thread, main_thread

import pytest

from stock.models import Balance, StockCount, WarehouseFeed
from stock.services import count_lines, counts, documents, expectations, ledger
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory, WarehouseFactory
from tests.stock.conftest import NOW, supply
from tests.stock.counting import AFTER, BEFORE, COUNTED, LATER, count, post, sell, truth
from tests.stock.test_posting_at_once import PATIENCE, outcome, wait_until_somebody_waits_for_a_lock

pytestmark = pytest.mark.django_db(transaction=True)


class Gate:
    def __init__(self) -> None:
        self.reached, self.go = Event(), Event()

    def stop(self) -> None:
        self.reached.set()
        assert self.go.wait(PATIENCE)


@pytest.fixture
def first_move(monkeypatch):
    """Stop the first thread that moves goods, with its movements written, until `go`."""
    gate, move = Gate(), ledger.move

    def move_and_stop(**asked):
        move(**asked)
        if current_thread() is not main_thread() and not gate.reached.is_set():
            gate.stop()

    monkeypatch.setattr(ledger, "move", move_and_stop)
    yield gate
    gate.go.set()


@pytest.fixture
def unlocked(monkeypatch):
    """Take the warehouse's lock out of counting."""
    monkeypatch.setattr(ledger, "lock", lambda *, warehouse_id: WarehouseFeed.objects.get(pk=warehouse_id))


def late_sale():
    """Return a warehouse and a SKU of which 8 were counted and 2 were told late."""
    register, bread = RegisterFactory(), SkuFactory()
    post(count(register.warehouse, {bread: 8}))
    sell(register, bread, 2, at=BEFORE, came=LATER)
    return register.warehouse, bread


def settle_twice_at_once(in_thread, first_move) -> int:
    settlings = [in_thread(counts.settle_late_sales, now=LATER)]
    assert first_move.reached.wait(PATIENCE)
    settlings.append(in_thread(counts.settle_late_sales, now=LATER))
    wait_until_somebody_waits_for_a_lock()
    first_move.go.set()
    return sum(len(settling.result(timeout=PATIENCE)) for settling in settlings)


def test_a_late_sale_settled_twice_at_once_is_given_back_once(in_thread, first_move):
    warehouse, bread = late_sale()

    corrected = settle_twice_at_once(in_thread, first_move)

    assert corrected == StockCount.objects.filter(corrects__isnull=False).count() == 1
    assert truth(warehouse, bread) == 8


def test_without_the_counts_lock_the_constraint_lets_one_correction_through(in_thread, first_move, monkeypatch):
    warehouse, bread = late_sale()
    monkeypatch.setattr(documents, "lock", lambda *, document: type(document).objects.get(pk=document.pk))

    corrected = settle_twice_at_once(in_thread, first_move)

    assert corrected == StockCount.objects.filter(corrects__isnull=False).count() == 1
    assert truth(warehouse, bread) == 8


def test_without_the_constraint_and_the_look_under_the_lock_it_is_given_back_twice(in_thread, first_move, monkeypatch):
    """What the two tests above would see if either guard were all there is: the stale figure is posted again."""
    warehouse, bread = late_sale()
    looked = expectations.refresh
    remembered: dict[int, object] = {}

    def stale(*, count, skus=None):
        looked(count=count, skus=skus)
        line = count.count_lines.get()
        if count.corrects_id:
            count.count_lines.update(expected=remembered.setdefault(line.sku_id, line.expected))

    monkeypatch.setattr(expectations, "refresh", stale)

    corrected = settle_twice_at_once(in_thread, first_move)

    assert corrected == 2
    assert truth(warehouse, bread) == 10


def count_while_a_sale_comes_in(in_thread, first_move):
    """Post a count and, before it commits, let a register tell a sale from before the counting."""
    register, bread = RegisterFactory(), SkuFactory()
    supply(register.warehouse, {bread: 10})
    draft = count(register.warehouse, {bread: 8}, at=NOW)

    posting = in_thread(post, document=draft, now=LATER)
    assert first_move.reached.wait(PATIENCE)
    selling = in_thread(sell, register=register, sku=bread, quantity=2, at=COUNTED, came=LATER)
    wait_until_somebody_waits_for_a_lock()
    first_move.go.set()
    posting.result(timeout=PATIENCE)
    selling.result(timeout=PATIENCE)
    return register.warehouse, bread


def test_a_sale_that_comes_in_while_the_count_is_posted_is_late(in_thread, first_move):
    warehouse, bread = count_while_a_sale_comes_in(in_thread, first_move)

    assert truth(warehouse, bread) == 6
    assert len(counts.settle_late_sales(now=LATER)) == 1
    assert truth(warehouse, bread) == 8


@pytest.fixture
def first_look(monkeypatch):
    """Stop the first thread that has looked at what is expected and not moved anything yet."""
    gate, refresh = Gate(), expectations.refresh

    def refresh_and_stop(**asked):
        refresh(**asked)
        if current_thread() is not main_thread() and not gate.reached.is_set():
            gate.stop()

    monkeypatch.setattr(expectations, "refresh", refresh_and_stop)
    yield gate
    gate.go.set()


def count_with_a_sale_in_between(in_thread, gate) -> tuple:
    """Let a sale from before the counting commit between the count's look and its move, if the lock lets it."""
    register, bread = RegisterFactory(), SkuFactory()
    supply(register.warehouse, {bread: 10})
    draft = count(register.warehouse, {bread: 8}, at=NOW)

    posting = in_thread(post, document=draft, now=LATER)
    assert gate.reached.wait(PATIENCE)
    selling = in_thread(sell, register=register, sku=bread, quantity=2, at=COUNTED, came=LATER)
    return posting, selling, draft


def test_what_is_expected_does_not_change_between_the_look_and_the_move(in_thread, first_look):
    posting, selling, draft = count_with_a_sale_in_between(in_thread, first_look)
    wait_until_somebody_waits_for_a_lock()
    first_look.go.set()

    posting.result(timeout=PATIENCE)
    selling.result(timeout=PATIENCE)

    movement = draft.movements.get()
    assert movement.on_hand_after == 8


def test_without_the_lock_a_sale_slips_in_between_the_look_and_the_move(in_thread, first_look, unlocked):
    posting, selling, _draft = count_with_a_sale_in_between(in_thread, first_look)

    selling.result(timeout=PATIENCE)  # Nobody waits for anybody.
    first_look.go.set()

    assert outcome(posting) in {"posted", "UniqueViolation"}


def two_counts_at_once(in_thread, first_move) -> list[str]:
    """Post a later count and, before it commits, an earlier one of the same goods."""
    warehouse, bread = WarehouseFactory(), SkuFactory()
    earlier, later = count(warehouse, {bread: 9}, at=BEFORE), count(warehouse, {bread: 8}, at=AFTER)

    postings = [in_thread(post, document=later)]
    assert first_move.reached.wait(PATIENCE)
    postings.append(in_thread(post, document=earlier))
    wait_until_somebody_waits_for_a_lock()
    first_move.go.set()
    return [outcome(posting) for posting in postings]


def test_an_earlier_count_posted_at_the_same_time_as_a_later_one_is_refused(in_thread, first_move):
    assert two_counts_at_once(in_thread, first_move) == ["posted", "CountedLater"]
    assert Balance.objects.get().on_hand == 8


def test_without_the_lock_an_earlier_count_is_not_refused_in_words(in_thread, first_move, unlocked):
    assert two_counts_at_once(in_thread, first_move) != ["posted", "CountedLater"]


def test_two_people_who_scan_at_once_both_count(in_thread):
    bread = SkuFactory()
    draft = count(WarehouseFactory(), {bread: None})
    together = Barrier(4)

    def scan():
        together.wait(PATIENCE)
        for _ in range(5):
            count_lines.add(count=draft, code=bread.code)

    for scanning in [in_thread(scan) for _ in range(4)]:
        scanning.result(timeout=PATIENCE)

    assert draft.count_lines.get().counted == 20


def test_without_the_counts_lock_what_one_of_them_scanned_is_lost(in_thread, monkeypatch):
    bread = SkuFactory()
    draft = count(WarehouseFactory(), {bread: None})
    together = Barrier(2)
    monkeypatch.setattr(documents, "lock", lambda *, document: document)
    check = count_lines._check

    def check_together(line):
        together.wait(PATIENCE)
        check(line)

    monkeypatch.setattr(count_lines, "_check", check_together)

    for scanning in [in_thread(count_lines.add, count=draft, code=bread.code) for _ in range(2)]:
        scanning.result(timeout=PATIENCE)

    assert draft.count_lines.get().counted == 1
