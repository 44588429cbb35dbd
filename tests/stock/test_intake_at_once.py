"""Registers speak at once: real threads on PostgreSQL, and a test that the tests would notice a missing lock."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from registers.models import KkmTransaction
from stock.models import Balance, WarehouseFeed
from stock.services import intake
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import entries, line, lines, sale

pytestmark = pytest.mark.django_db(transaction=True)

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at_once(*calls):
    """Run every call in a thread of its own, all let go at the same moment; return what each returned."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        try:
            barrier.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def take_in(register, *transactions):
    return intake.take_in(register=register, entries=entries(*transactions), protocol="kkmtransfer", now=NOW)


def test_the_same_transaction_sixty_four_times_at_once_is_one_sale():
    register = RegisterFactory()
    SkuFactory(code="10001")
    batch = entries(sale(1, line("10001")))

    answers = at_once(
        *(
            lambda: intake.take_in(register=register, entries=batch, protocol="kkmtransfer", now=NOW)
            for _place in range(64)
        )
    )

    statuses = sorted(answer[0].status for answer in answers)
    assert statuses == ["accepted"] + ["duplicate"] * 63
    assert {answer[0].number for answer in answers} == {1}
    assert Balance.objects.get().sold == 1
    assert KkmTransaction.objects.count() == 1


def test_one_receipt_under_many_numbers_at_once_is_sold_once():
    register = RegisterFactory()
    SkuFactory(code="10001")
    told = [sale(number, line("10001"), receipt={"uid": "one"}) for number in range(1, 9)]

    answers = at_once(*(lambda one=one: take_in(register, one) for one in told))

    assert sorted(answer[0].status for answer in answers) == ["accepted"] + ["error_desk"] * 7
    assert Balance.objects.get().sold == 1


def test_baskets_in_crossed_order_neither_deadlock_nor_lose_a_revision():
    registers = RegisterFactory.create_batch(4)
    for register in registers[1:]:
        register.warehouse = registers[0].warehouse
        register.save()
    for code in ("A", "B", "C"):
        SkuFactory(code=code)

    def sell(register, order):
        for number in range(1, 16):
            take_in(register, sale(number, *lines(*((code, "1") for code in order))))

    at_once(*(lambda r=r, o=o: sell(r, o) for r, o in zip(registers, ("ABC", "CBA", "BCA", "ACB"), strict=True)))

    assert {balance.sold for balance in Balance.objects.all()} == {60}
    assert WarehouseFeed.objects.get(warehouse=registers[0].warehouse).revision == 4 * 15 * 3
    assert max(Balance.objects.values_list("revision", flat=True)) == 180


def test_what_only_the_database_refuses_spoils_no_neighbour():
    """A code that no check of ours foresaw: the statement fails as a whole, the culprit is found and kept."""
    register = RegisterFactory()
    SkuFactory(code="10001")
    good, bad = entries(sale(1, line("10001")), sale(2, line("10001")))
    bad = type(bad)(**{name: getattr(bad, name) for name in bad.__struct_fields__} | {"kind": "x" * 50})

    outcomes = intake.take_in(register=register, entries=[bad, good], protocol="kkmtransfer", now=NOW)

    assert [outcome.status for outcome in outcomes] == ["error_desk", "accepted"]
    assert Balance.objects.get().sold == 1


def follow(warehouse, cursor=0):
    """Read the feed once, as a register does; return the changes and the cursor to ask with next."""
    with transaction.atomic(), connection.cursor() as query:
        query.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        query.execute("SELECT revision FROM stock_warehousefeed WHERE warehouse_id = %s", [warehouse.pk])
        (top,) = query.fetchone()
        query.execute(
            "SELECT sku_id FROM stock_balance WHERE warehouse_id = %s AND revision > %s", [warehouse.pk, cursor]
        )
        return {sku for (sku,) in query.fetchall()}, top


def sleepy_writer(register, code, *, written, commit):
    """Take in a sale, then sleep before the commit until told."""
    with transaction.atomic():
        take_in(register, sale(1, line(code)))
        written.set()
        assert commit.wait(5)


def sell_past_a_sleeping_writer(first, second):
    """One writer sleeps before its commit while another sells; return what a reader following the feed heard."""
    slow, quick = SkuFactory(code="SLOW"), SkuFactory(code="QUICK")
    written, commit = threading.Event(), threading.Event()
    heard, cursor = set(), 0

    def quick_writer():
        assert written.wait(5)
        take_in(second, sale(1, line("QUICK")))

    def reader():
        nonlocal heard, cursor
        assert written.wait(5)
        time.sleep(0.3)  # Long enough for the quick writer to commit, if nothing makes it wait.
        heard, cursor = follow(first.warehouse)
        commit.set()

    at_once(
        lambda: sleepy_writer(first, "SLOW", written=written, commit=commit),
        quick_writer,
        reader,
    )
    later, _cursor = follow(first.warehouse, cursor)
    return heard | later, {slow.pk, quick.pk}


def test_a_writer_that_sleeps_before_its_commit_loses_no_revision():
    register = RegisterFactory()
    other = RegisterFactory(warehouse=register.warehouse)

    heard, expected = sell_past_a_sleeping_writer(register, other)

    assert heard == expected


def test_without_the_lock_on_the_feed_the_sleeping_writer_is_missed(monkeypatch):
    """The test of the test: revisions handed out without the row's lock, as a sequence hands out numbers."""
    register = RegisterFactory()
    other = RegisterFactory(warehouse=register.warehouse)
    with connection.cursor() as query:
        query.execute("CREATE SEQUENCE IF NOT EXISTS test_unlocked_revision")
    locked = """    UPDATE stock_warehousefeed
    SET revision = revision + (SELECT count(*) FROM moved)
    WHERE warehouse_id = (SELECT warehouse_id FROM sender) AND EXISTS (SELECT FROM moved)
      AND (SELECT count(*) FROM shift) > 0 -- Shifts are locked before the warehouse: this waits for all of them.
    RETURNING revision - (SELECT count(*) FROM moved) AS base"""
    unlocked = "    SELECT nextval('test_unlocked_revision') - 1 AS base"
    assert locked in intake.INTAKE.sql
    monkeypatch.setattr(intake.INTAKE, "sql", intake.INTAKE.sql.replace(locked, unlocked))
    monkeypatch.setattr("tests.stock.test_intake_at_once.follow", follow_unlocked)

    heard, expected = sell_past_a_sleeping_writer(register, other)

    assert heard != expected


def follow_unlocked(warehouse, cursor=0):
    """Follow by the largest revision seen, which is all a reader can do when nothing orders the commits."""
    rows = list(Balance.objects.filter(warehouse=warehouse, revision__gt=cursor).values_list("sku_id", "revision"))
    return {sku for sku, _revision in rows}, max([cursor, *(revision for _sku, revision in rows)])
