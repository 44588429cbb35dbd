"""What a register sold is fetched from it: all of it, once, within limits, and again when it went wrong."""

import gzip
import socket
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from django.utils import timezone

from exchange.choices import Circuit, FetchReason, UploadEvent, UploadMode
from exchange.models import UploadFetch, UploadSource
from exchange.services import outside
from exchange.services.uploads import addresses, asking, fetching, telling
from registers.models import KkmTransaction, Receipt
from stock.models import Balance
from tests.exchange.pulled import give
from tests.factories.exchange import UploadFetchFactory, UploadSourceFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import SkuFactory
from tests.messages import event, line, sale

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def source(pulled):
    return UploadSourceFactory(address=pulled.address, key="k-1", due_at=NOW)


def fetch(source, *, now=NOW):
    again = fetching.fetch(source_id=source.pk, clock=lambda: now)
    source.refresh_from_db()
    return again


def tell(source, *, event=UploadEvent.RECEIPT, now=NOW):
    return telling.tell(register_id=source.register_id, event=event, now=now)


def test_everything_kept_is_taken_in_once_packet_by_packet(pulled, source):
    SkuFactory(code="10001")
    pulled.kept = [sale(number, line("10001")) for number in range(1, 6)]
    pulled.limit = 2

    fetch(source)
    pulled.kept.append(sale(6, line("10001"), line("404", number=2)))
    tell(source)
    fetch(source)

    assert pulled.asked == [None, "2", "4", "5"]
    assert set(pulled.keys) == {"Bearer k-1"}
    assert Receipt.objects.count() == 6
    assert Balance.objects.get().sold == 6
    assert source.cursor == "6"
    visits = UploadFetch.objects.order_by("pk").values_list("reason", "packets", "accepted", "error_desk")
    assert list(visits) == [(FetchReason.CATCH_UP, 3, 5, 0), (FetchReason.TELL, 1, 0, 1)]


def test_a_memory_that_does_not_know_the_cursor_is_read_from_its_beginning(pulled, source):
    pulled.kept = [event(1, "shift_open")]
    UploadSource.objects.update(cursor="old")
    pulled.answer = lambda handler: (
        give(handler, b"", status=410) if pulled.asked[-1] == "old" else give(handler, b'{"transactions": []}')
    )

    fetch(source)

    assert pulled.asked == ["old", None]
    assert (source.cursor, source.last_error) == ("", "")


def test_a_transaction_that_no_parser_likes_holds_up_neither_neighbours_nor_the_cursor(pulled, source):
    body = b'{"after": "2", "transactions": [{"number": NaN}, {"number": 2, "kind": "\\ud800"}], "more": false}'
    pulled.answer = lambda handler: give(handler, body)

    fetch(source)

    assert (source.cursor, source.last_error) == ("2", "")
    assert KkmTransaction.objects.filter(state="error_desk").count() == 2


@pytest.mark.parametrize(
    ("body", "headers", "code"),
    [
        (b"<html>", {}, "not_as_agreed"),
        (b'{"after": "1"}', {}, "not_as_agreed"),
        (b'{"transactions": [], "after": 7}', {}, "not_as_agreed"),
        (b'{"transactions": [{}]}', {}, "no_cursor"),
        (b'{"transactions": [], "after": "1", "more": true}', {}, "cursor_stuck"),
        (gzip.compress(b"{}", mtime=0), {"Content_Encoding": "gzip"}, "packed"),
        (b'{"transactions": [' + b"1," * 1000 + b'1], "after": "9"}', {}, "too_many"),
        (b"", {"status": 302, "Location": "http://127.0.0.1:1/"}, "redirected"),
        (b"", {"status": 401}, "key_refused"),
        (b"", {"status": 500}, "wrong_status"),
        (b"", {"Content_Length": "10"}, "broken_off"),
    ],
)
def test_what_is_not_the_agreed_answer_is_said_and_rested_from(pulled, source, body, headers, code):
    pulled.answer = lambda handler: give(handler, body, **headers)

    again = fetch(source)

    assert not again
    assert source.last_error == code
    assert UploadFetch.objects.get().error == code
    assert (source.failures, source.claim) == (1, None)
    assert NOW < source.retry_at <= NOW + fetching.FIRST_REST
    assert len(pulled.asked) <= 2


def test_an_answer_without_an_end_is_cut_off(pulled, source, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100_000
    pulled.answer = lambda handler: give(handler, b" " * 5_000_000)

    fetch(source)

    assert source.last_error == "too_large"


def test_an_answer_that_drips_is_not_waited_for(pulled, source, monkeypatch):
    monkeypatch.setattr(asking, "SECONDS", 0.2)

    def drip(handler):
        for _ in range(100):
            handler.wfile.write(b"x")
            time.sleep(0.02)

    pulled.answer = drip
    began = time.monotonic()

    fetch(source)

    assert source.last_error == "timeout"
    assert time.monotonic() - began < 1


def test_a_register_that_is_off_opens_its_circuit_and_a_person_may_try(source):
    UploadSource.objects.update(address="http://127.0.0.1:9")
    now = NOW

    for _ in range(5):
        assert source.circuit(now=now) == Circuit.CLOSED
        fetch(source, now=now)
        now = source.retry_at

    assert source.last_error == "no_connection"
    assert source.circuit(now=now - timedelta(seconds=1)) == Circuit.OPEN
    assert source.circuit(now=now) == Circuit.HALF_OPEN
    assert not UploadSource.objects.due(now=now - timedelta(seconds=1)).exists()
    telling.ask_now(source=source, anew=True, now=NOW)
    assert UploadSource.objects.due(now=NOW).exists()


def test_what_works_again_closes_the_circuit(pulled, source):
    UploadSource.objects.update(failures=9, retry_at=NOW, last_error="timeout", told=3)

    fetch(source)

    assert (source.failures, source.retry_at, source.last_error) == (0, None, "")
    assert source.outstanding == 0


@pytest.mark.parametrize("address", ["http://10.0.0.1", "http://till.example", "http://[::ffff:10.0.0.1]:80"])
def test_no_register_is_asked_outside_of_the_networks(source, address, monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: found)
    UploadSource.objects.update(address=address)

    fetch(source)

    assert source.last_error == "outside_networks"


def test_the_connection_is_made_to_the_address_that_was_checked(pulled, source, monkeypatch):
    names = iter(["127.0.0.1", "10.0.0.1"])

    def rebound(host, port, *_args, **_more):
        found = next(names) if host == "till.example" else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (found, port))]

    port = pulled.address.rpartition(":")[2]
    UploadSource.objects.update(address=f"http://till.example:{port}")
    monkeypatch.setattr(socket, "getaddrinfo", rebound)

    fetch(source)

    assert (source.last_error, len(pulled.asked)) == ("", 1)


def test_without_networks_it_says_what_to_set(source, settings):
    settings.REGISTER_NETWORKS = []

    fetch(source)

    assert source.last_error == "no_networks"
    with pytest.raises(addresses.NoNetworks, match="REGISTER_NETWORKS"):
        addresses.check_written("http://127.0.0.1")


@pytest.mark.parametrize("address", ["http://8.8.8.8:80", "http://[::1]", "http://127.0.0.1?x=1"])
def test_a_literal_address_elsewhere_is_refused_as_it_is_written(settings, address):
    settings.REGISTER_NETWORKS = [ip_network("127.0.0.0/8")]

    with pytest.raises(outside.BadAddress):
        addresses.check_written(address)
    addresses.check_written("http://127.0.0.1:9100")
    addresses.check_written("http://till.example")


def test_a_tell_asks_for_a_fetch_at_once_only_after_each_receipt_or_a_shift():
    due_at = NOW + timedelta(minutes=5)
    often = UploadSourceFactory(due_at=due_at)
    seldom = UploadSourceFactory(due_at=due_at, mode=UploadMode.SHIFT)

    first, second = tell(often), tell(often)
    receipt, shift = tell(seldom), tell(seldom, event=UploadEvent.SHIFT_CLOSE)

    assert [one.hint for one in (first, second, receipt, shift)] == [True, False, False, True]
    seldom.refresh_from_db()
    assert (seldom.told, seldom.wanted, seldom.due_at, seldom.reason) == (2, 1, NOW, FetchReason.SHIFT_CLOSE)
    assert telling.tell(register_id=RegisterFactory().pk, event=UploadEvent.RECEIPT, now=NOW) is None


def test_a_tell_in_the_middle_of_a_fetch_makes_the_register_due_again(pulled, source):
    taken = fetching._claim(source.pk, NOW)
    hint = tell(source).hint
    fetching._go(taken, lambda: NOW)

    again = fetching._end(taken, NOW)

    source.refresh_from_db()
    assert (hint, again, source.outstanding) == (False, True, 1)


@pytest.mark.parametrize(("mode", "least", "most"), [("receipt", 7, 10), ("interval", 15, 20), ("shift", 270, 360)])
def test_a_register_is_due_by_the_clock_without_any_tell(source, mode, least, most):
    UploadSource.objects.update(mode=mode, minutes=20)

    fetch(source)

    assert timedelta(minutes=least) <= source.due_at - NOW <= timedelta(minutes=most)
    assert not UploadFetch.objects.exists()


def test_whoever_died_in_the_middle_is_followed_by_another(pulled, source):
    fetching._claim(source.pk, NOW)

    assert fetching._claim(source.pk, NOW) is None
    assert fetching.due(now=NOW) == []
    assert fetching.due(now=NOW + fetching.LEASE) == [source.pk]


def test_whoever_has_lost_its_claim_keeps_no_cursor(pulled, source):
    pulled.kept = [event(1, "shift_open")]
    late = fetching._claim(source.pk, NOW)
    UploadSource.objects.update(claim=None, cursor="")

    with pytest.raises(fetching._ClaimLost):
        fetching._go(late, lambda: NOW)

    source.refresh_from_db()
    assert source.cursor == ""


def test_an_inactive_register_is_not_visited(source):
    RegisterFactory._meta.model.objects.update(active=False)

    assert fetching.due(now=NOW) == []


def test_old_visits_are_forgotten():
    UploadFetchFactory()
    kept = UploadFetchFactory(began_at=timezone.now())

    fetching.forget(now=timezone.now() + timedelta(days=6))

    assert list(UploadFetch.objects.all()) == [kept]
