"""The long poll with its database and its Redis: what is lost there costs time, and nothing else."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.db.models import F

from exchange.services.cursors import Cursor
from exchange.services.waiting import hub as hub_module
from exchange.services.waiting.identities import Identity
from exchange.services.waiting.metrics import STATEMENTS
from exchange.services.waiting.rooms import Waiter
from stock.models import Balance, WarehouseFeed
from tests.exchange.waiting import wait_server
from tests.factories.retail import SkuFactory
from tests.factories.stock import BalanceFactory
from tests.messages import line, sale

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def only_wake_ups(monkeypatch):
    """Let nothing be found by looking, so that what is heard was told by Redis."""
    monkeypatch.setattr(hub_module, "LOOK_EVERY", 1000)
    monkeypatch.setattr(hub_module, "LOOK_EVERY_DEAF", 1000)
    monkeypatch.setattr(hub_module, "DEAF_AFTERWARDS", 0)


@pytest.fixture
def milk():
    return SkuFactory(code="10001")


def change_silently(warehouse):
    """Change the feed as a sale does whose wake-up was lost."""
    WarehouseFeed.objects.filter(warehouse=warehouse).update(revision=F("revision") + 1)
    revision = WarehouseFeed.objects.get(warehouse=warehouse).revision
    Balance.objects.filter(warehouse=warehouse).update(sold=F("sold") + 1, revision=revision, sale_revision=revision)


def statements(name):
    return STATEMENTS.labels(name)._value.get()


def test_a_crowd_that_waits_hears_of_every_sale(till, new_till, milk, only_wake_ups):
    followers = [new_till() for _ in range(6)]
    with wait_server() as server:
        server.until(lambda: server.hub._heard)
        views = [{} for _ in followers]
        done = threading.Event()

        def follow(follower, view):
            cursor = None
            while not done.is_set():
                answer = server.wait(follower, cursor, timeout=5).answer(8)
                if answer.status == 200:
                    view.update(answer.skus)
                    cursor = answer.content["cursor"]

        threads = [threading.Thread(target=follow, args=pair) for pair in zip(followers, views, strict=True)]
        for thread in threads:
            thread.start()
        for number in range(1, 41):
            till.tell(sale(number, line("10001")))
        deadline = time.monotonic() + 5
        while any(view.get("10001") != "-40.000" for view in views) and time.monotonic() < deadline:
            time.sleep(0.01)
        done.set()
        server.call(server.hub.dismiss)
        for thread in threads:
            thread.join(10)

    assert [view.get("10001") for view in views] == ["-40.000"] * 6


def test_a_change_is_one_statement_for_a_thousand_waiters(till, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    warehouse = BalanceFactory(warehouse=till.register.warehouse).warehouse_id
    epoch = WarehouseFeed.objects.get(warehouse=warehouse).epoch
    told = []
    with wait_server() as server:

        def come():
            for number in range(1000):
                identity = Identity(f"{number}", -number, warehouse, True, 0)
                waiter = Waiter(identity=identity, cursor=Cursor("a", epoch, warehouse, 0, 0, 0), answer=told.append)
                server.hub.enter(waiter, timeout=30)

        server.call(come)
        server.until(lambda: all(waiter.checked == 0 for waiter in server.hub._rooms[warehouse].waiters))
        before = statements("page")

        change_silently(warehouse)
        server.call(server.hub.warehouse_changed, warehouse)
        server.until(lambda: len(told) == 1000)

    assert statements("page") - before == 1


def test_without_redis_a_change_is_found_by_looking(till, settings):
    BalanceFactory(warehouse=till.register.warehouse)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    with wait_server() as server:
        waiting = server.wait(till, till.load("stock")[1])

        change_silently(till.register.warehouse)

        assert waiting.answer(seconds=3).status == 200


def test_redis_coming_back_is_a_reason_to_look_at_everything(till, only_wake_ups):
    BalanceFactory(warehouse=till.register.warehouse)
    with wait_server() as server:
        server.until(lambda: server.hub._heard)
        waiting = server.wait(till, till.load("stock")[1])

        with redis.Redis.from_url(django_settings.REDIS_URL) as client:
            client.client_kill_filter(_type="pubsub")
        server.until(lambda: not server.hub._heard)
        server.until(lambda: server.hub._look_now.is_set() is False)
        change_silently(till.register.warehouse)

        assert waiting.answer(seconds=5).status == 200


def test_a_room_nobody_stands_in_is_let_go(till, second_till, monkeypatch):
    monkeypatch.setattr(hub_module, "KEEP_EMPTY", -1)
    with wait_server() as server:
        waiting = server.wait(till, till.load("stock")[1])
        server.call(server.hub._prune)
        rooms = len(server.hub._rooms)
        waiting.hang_up()

        server.call(server.hub._prune)

        assert (rooms, len(server.hub._rooms)) == (1, 0)


def test_who_has_gone_is_not_answered(till):
    with wait_server() as server:
        waiting = server.wait(till, till.load("stock")[1])
        (waiter,) = server.waiters(till)
        waiting.hang_up()

        server.call(server.hub._tell, waiter, None)

    assert waiting.received.status == 0


def test_a_message_that_makes_no_sense_is_passed_over(till, second_till, milk, only_wake_ups):
    with wait_server() as server:
        server.until(lambda: server.hub._heard)
        waiting = server.wait(second_till, second_till.load("stock")[1])

        with redis.Redis.from_url(django_settings.REDIS_URL) as client:
            for nonsense in (b"\xff", b"7", b'{"warehouse": "all"}', b'{"warehouse": 10000000}', b"{}"):
                client.publish("prilavok:stock", nonsense)
        till.tell(sale(1, line("10001")))

        assert waiting.answer().status == 200


def test_a_database_that_is_away_is_503(till, monkeypatch):
    _rows, cursor = till.load("stock")
    monkeypatch.setattr("exchange.services.waiting.reading.PATIENCE", 0.2)
    monkeypatch.setattr("exchange.services.waiting.reading.connection_params", lambda: {"host": "127.0.0.1", "port": 1})
    with wait_server() as server:
        answer = server.wait(till, cursor).answer()

    assert (answer.status, answer.code, answer.headers[b"retry-after"]) == (503, "busy", b"2")


def test_connections_the_database_dropped_are_replaced_unnoticed(till, second_till, milk):
    with wait_server() as server:
        server.wait(till, till.load("stock")[1]).hang_up()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
                " AND datname = current_database() AND query LIKE '%retail_constants%'"
            )
            assert cursor.rowcount > 0

        answer = server.wait(second_till, None).answer()

    assert answer.status == 200


def test_a_fault_of_ours_is_500_in_the_shape_of_every_error(till, monkeypatch):
    with wait_server() as server:
        monkeypatch.setattr(server.hub, "enter", None)
        answer = server.wait(till, None).answer()

    assert (answer.status, answer.code, answer.content["type"]) == (500, "error", "server_error")


def test_a_process_told_to_stop_answers_everyone_and_is_gone(till):
    """The server as it is run: uvicorn, its signals, real sockets."""
    _rows, cursor = till.load("stock")
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    command = ["-m", "uvicorn", "config.asgi:application", "--port", str(port), "--timeout-graceful-shutdown", "5"]
    server = subprocess.Popen([sys.executable, *command], env={**os.environ, "DATABASE_URL": address})
    try:
        waiting = [_ask(port, f"/kkm/v1/wait?cursor={cursor}", till.token) for _ in range(2)]
        time.sleep(0.5)
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        answers = [client.recv(4096) for client in waiting]
        server.wait(5)
    finally:
        server.kill()
        server.wait()

    assert [answer[:12] for answer in answers] == [b"HTTP/1.1 204"] * 2
    assert time.monotonic() - began < 3
    for client in waiting:
        client.close()


def _ask(port, path, token):
    deadline = time.monotonic() + 20
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port), timeout=10)
            break
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "The long poll did not start."
            time.sleep(0.05)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    return client
