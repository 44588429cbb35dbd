"""What is noticed of registers reaches their statuses, whoever writes last, and never costs a request a statement."""

import os
import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import transaction

from exchange.services import presence
from exchange.services.connections import connection_params
from registers.models import RegisterStatus
from tests.factories.registers import RegisterFactory, RegisterStatusFactory
from tests.messages import line, sale

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOON = NOON + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _nothing_noticed_yet():
    presence._begin_anew()
    yield
    presence._begin_anew()


@pytest.fixture
def register(db):
    return RegisterFactory()


def status(register):
    return RegisterStatus.objects.get(register=register)


def notice(register, now=NOON, **noticed):
    presence.note(register_id=register.pk, now=now, **noticed)


def test_a_register_heard_for_the_first_time_gets_a_status(register):
    notice(register, address="10.0.0.7", stock_sent=5, stock_acknowledged=3)

    assert presence.flush() == 1
    seen = status(register)
    assert (seen.last_seen, seen.address, seen.stock_sent, seen.stock_acknowledged) == (NOON, "10.0.0.7", 5, 3)
    assert (seen.goods_sent, seen.last_transaction_number, seen.software) == (0, None, "")


def test_notes_of_one_register_are_put_together(register):
    notice(register, stock_sent=5)
    notice(register, now=SOON, goods_sent=7, stock_sent=None)

    presence.flush()

    seen = status(register)
    assert (seen.last_seen, seen.stock_sent, seen.goods_sent) == (SOON, 5, 7)


def test_what_was_not_noticed_stays_as_it_was(register):
    RegisterStatusFactory(register=register, goods_sent=9, serial="SN-1", last_seen=NOON)
    notice(register, now=SOON, stock_sent=5)

    presence.flush()

    seen = status(register)
    assert (seen.goods_sent, seen.serial, seen.stock_sent) == (9, "SN-1", 5)


def test_a_counter_may_begin_again_from_zero(register):
    RegisterStatusFactory(register=register, stock_acknowledged=9, last_seen=NOON)
    notice(register, now=SOON, stock_acknowledged=0)

    presence.flush()

    assert status(register).stock_acknowledged == 0


class TestFullLoad:
    """A full load begins both feeds anew, and its number is kept once for both."""

    def test_what_was_taken_before_it_counts_nothing_after_it(self, register):
        RegisterStatusFactory(register=register, load=1, goods_sent=900, goods_acknowledged=900, last_seen=NOON)
        notice(register, now=SOON, load=2, stock_sent=5)

        presence.flush()

        seen = status(register)
        assert (seen.load, seen.stock_sent, seen.goods_sent, seen.goods_acknowledged) == (2, 5, 0, 0)

    def test_a_note_from_before_it_that_comes_late_brings_nothing_back(self, register):
        RegisterStatusFactory(register=register, load=2, goods_sent=3, last_seen=NOON)
        notice(register, now=SOON, load=1, goods_sent=900)

        presence.flush()

        assert (status(register).load, status(register).goods_sent) == (2, 3)

    @pytest.mark.parametrize("loads", [(1, 2), (2, 1)])
    def test_two_notes_of_a_process_are_not_mixed(self, register, loads):
        places = {1: {"goods_sent": 900}, 2: {"stock_sent": 5}}
        for load in loads:
            notice(register, load=load, **places[load])

        presence.flush()

        seen = status(register)
        assert (seen.load, seen.goods_sent, seen.stock_sent) == (2, 0, 5)

    def test_both_feeds_of_it_count(self, register):
        notice(register, load=2, goods_sent=7)
        notice(register, now=SOON, load=2, stock_sent=5)
        notice(register, now=SOON, last_transaction_number=1)

        presence.flush()

        seen = status(register)
        assert (seen.load, seen.goods_sent, seen.stock_sent) == (2, 7, 5)


def test_an_older_note_written_late_counts_only_where_it_is_ahead(register):
    RegisterStatusFactory(register=register, stock_acknowledged=9, goods_sent=1, last_seen=SOON)
    notice(register, now=NOON, stock_acknowledged=5, goods_sent=4, last_transaction_number=17)

    presence.flush()

    seen = status(register)
    assert (seen.last_seen, seen.stock_acknowledged, seen.goods_sent) == (SOON, 9, 4)
    assert seen.last_transaction_number == 17


@pytest.mark.parametrize(
    ("agent", "software", "version"),
    [
        ("till/2.1 (linux; x86)", "till", "2.1"),
        ("till", "till", ""),
        ("", "", ""),
        ("\0ti\0ll/2", "till", "2"),
        ("x" * 500 + "/" + "9" * 500, "x" * 100, ""),
    ],
)
def test_a_program_is_known_by_how_it_names_itself(register, agent, software, version):
    notice(register, agent=agent)

    presence.flush()

    assert (status(register).software, status(register).version) == (software, version)


@pytest.mark.parametrize(("agent", "version"), [("till/2.2", "2.2"), ("python-httpx/0.28", "2.1")])
def test_a_new_version_is_noticed_and_another_program_is_not(register, agent, version):
    RegisterStatusFactory(register=register, software="till", version="2.1")
    notice(register, agent=agent)

    presence.flush()

    assert (status(register).software, status(register).version) == ("till", version)


@pytest.mark.parametrize("address", ["testclient", "", "10.0.0.300", "1.2.3.4, 5.6.7.8", "::1%eth0"])
def test_an_odd_address_spoils_nothing(register, address):
    notice(register, address=address, stock_sent=5)

    presence.flush()

    assert status(register).stock_sent == 5


def test_a_number_too_large_spoils_nothing(register):
    notice(register, stock_sent=5, last_transaction_number=10**30, goods_sent=-1)

    presence.flush()

    seen = status(register)
    assert (seen.stock_sent, seen.last_transaction_number, seen.goods_sent) == (5, None, 0)


def test_a_register_deleted_meanwhile_is_passed_over(register):
    other = RegisterFactory()
    notice(register)
    notice(other)
    other.delete()

    presence.flush()

    assert RegisterStatus.objects.count() == 1


def test_the_number_of_statements_does_not_grow_with_registers(monkeypatch):
    registers = RegisterFactory.create_batch(20)
    executed = []
    monkeypatch.setattr(
        psycopg.Connection, "execute", lambda self, query, params=None: executed.append(query), raising=True
    )
    for register in registers:
        notice(register)

    presence.flush()

    assert len(executed) == 3  # The setting of the transaction, new rows, and what was noticed.


def test_a_note_costs_no_statement(register, django_assert_num_queries):
    with django_assert_num_queries(0):
        notice(register, stock_sent=1)


def test_a_note_is_no_part_of_the_transaction_it_was_made_in(register):
    with transaction.atomic():
        notice(register, stock_sent=1)
        presence.flush()
        transaction.set_rollback(True)

    assert status(register).stock_sent == 1


def test_notes_outlive_a_database_that_is_away(register, monkeypatch):
    notice(register, stock_sent=1, goods_sent=1)
    monkeypatch.setattr(presence, "SQL", "SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(psycopg.OperationalError):
        presence.flush()
    monkeypatch.undo()
    notice(register, now=SOON, stock_sent=2)

    presence.flush()

    assert (status(register).stock_sent, status(register).goods_sent) == (2, 1)


def test_two_processes_writing_the_same_registers_in_another_order_keep_both(register):
    """The first holds its rows while the second begins; neither overwrites what the other noticed."""
    registers = [register, *RegisterFactory.create_batch(5)]
    for one in registers:
        RegisterStatusFactory(register=one)
    first = presence._columns([(one.pk, {"last_seen": NOON, "stock_sent": 5}) for one in registers])
    for one in reversed(registers):
        notice(one, now=SOON, goods_sent=7)

    with psycopg.connect(**{**connection_params(), "autocommit": False}) as holding:
        holding.execute(presence.SQL, first)
        second = threading.Thread(target=presence.flush)
        second.start()
        second.join(0.2)
        assert second.is_alive()
        holding.commit()
    second.join(5)

    assert set(RegisterStatus.objects.values_list("stock_sent", "goods_sent")) == {(5, 7)}


def written(register):
    """Wait until the writer has come by."""
    pause = threading.Event()
    for _ in range(500):
        if RegisterStatus.objects.filter(register=register, stock_sent=5).exists():
            return True
        pause.wait(0.01)
    return False


def test_the_writer_writes_by_itself_and_ends_when_told(register, settings):
    settings.PRESENCE_INTERVAL = 0.01
    notice(register, stock_sent=5)
    writer = presence._notes.writer
    assert writer is not None

    assert written(register)
    presence.stop()

    assert not writer.is_alive()


def test_a_writer_that_finds_no_database_tries_again(register, settings, monkeypatch):
    settings.PRESENCE_INTERVAL = 0.01
    monkeypatch.setattr(presence, "INTERVAL", 0.01)
    refused = threading.Event()

    def nowhere():
        refused.set()
        return {"host": "127.0.0.1", "port": 1}

    with monkeypatch.context() as away:
        away.setattr(presence, "connection_params", nowhere)
        notice(register, stock_sent=5)
        assert refused.wait(5)

    assert written(register)
    presence.stop()


def test_a_process_that_ends_without_its_database_ends(register, monkeypatch):
    monkeypatch.setattr(presence, "connection_params", lambda: {"host": "127.0.0.1", "port": 1})
    notice(register)

    presence.stop()

    assert not RegisterStatus.objects.exists()


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_begins_without_its_parents_notes(register):
    notice(register)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, b"%d" % len(presence._notes.waiting))
        os._exit(0)
    os.waitpid(child, 0)

    assert os.read(reading, 10) == b"0"
    assert len(presence._notes.waiting) == 1
    os.close(reading)
    os.close(writing)


def position(cursor):
    return int(cursor.rpartition(".")[2])


def test_every_request_of_a_register_is_noticed(till):
    _rows, cursor = till.load("stock")
    till.tell(sale(1, line("10001")))
    till.get(f"stock?cursor={cursor}")

    presence.flush()

    seen = status(till.register)
    assert seen.last_seen is not None
    assert (seen.stock_acknowledged, seen.last_transaction_number) == (position(cursor), 1)
