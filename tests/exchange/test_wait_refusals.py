"""What `GET wait` refuses, in which words, and what else its process answers."""

import pytest

from retail.models import Constants
from tests.exchange.conftest import Till
from tests.exchange.waiting import wait_server
from tests.factories.registers import RegisterFactory
from tests.factories.retail import WarehouseFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(db):
    with wait_server() as server:
        yield server


@pytest.mark.parametrize("timeout", ["soon", "-1", "1.5", "1e3", "٣", "9" * 20, "%00", "nan"])
def test_a_timeout_that_is_no_number_is_refused(server, till, timeout):
    answer = server.ask(f"/kkm/v1/wait?timeout={timeout}", authorization=f"Bearer {till.token}").answer()

    assert (answer.status, answer.code, answer.content["errors"][0]["attr"]) == (400, "invalid", "timeout")


def test_a_timeout_is_kept_within_a_second_and_a_minute(server, till):
    _rows, cursor = till.load("stock")
    ends = []
    for timeout in (0, 86400):
        server.wait(till, cursor, timeout=timeout)
        ends.append(server.waiters(till)[-1].timer.when() - server.loop.time())

    assert [round(end) for end in ends] == [1, 60]


@pytest.mark.parametrize("cursor", ["nonsense", "s.0.0.0.0.0", "g.{rest}", "{cursor}9", "%00", "s" * 5000])
def test_a_cursor_that_is_not_of_this_feed_is_410(server, till, cursor):
    _rows, known = till.load("stock")
    cursor = cursor.format(cursor=known, rest=known[2:])

    answer = server.ask(f"/kkm/v1/wait?cursor={cursor}", authorization=f"Bearer {till.token}").answer()

    assert (answer.status, answer.code) == (410, "reload_required")


def test_a_cursor_of_another_warehouse_is_410(server, till, new_till):
    _rows, cursor = new_till(warehouse=WarehouseFactory()).load("stock")

    assert server.wait(till, cursor).answer().code == "reload_required"


def test_an_inactive_register_is_refused(server):
    till = Till(RegisterFactory(active=False))

    assert server.wait(till, None).answer().code == "register_inactive"


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "not_authenticated"),
        ({"authorization": "Basic abc"}, "not_authenticated"),
        ({"authorization": "Bearer abc"}, "unknown_token"),
        ({"authorization": "Bearer \xff\x00"}, "unknown_token"),
    ],
)
def test_who_shows_no_token_is_refused(server, headers, code):
    answer = server.ask("/kkm/v1/wait?cursor=nonsense&timeout=soon", **headers).answer()

    assert (answer.status, answer.code) == (401, code)


@pytest.mark.parametrize(
    ("languages", "detail"),
    [("en", "Sign the request"), ("en-US,en;q=0.9", "Sign the request"), ("xx, *;q=0.1", ""), ("\x00;;q=", "")],
)
def test_a_refusal_speaks_the_language_asked_for(server, languages, detail):
    answer = server.ask("/kkm/v1/wait", accept_language=languages).answer()

    assert answer.status == 401
    assert answer.content["errors"][0]["detail"].startswith(detail)


def test_sync_switched_off_is_409_for_who_comes_and_for_who_waits(server, till, second_till):
    _rows, cursor = till.load("stock")
    waiting = server.wait(till, cursor)

    Constants.objects.update(sync_stock=False)
    server.call(server.hub.lost)

    assert waiting.answer().code == "stock_sync_disabled"
    answer = server.wait(second_till, None).answer()
    assert (answer.status, answer.code) == (409, "stock_sync_disabled")


def test_a_full_house_is_503(server, till, second_till):
    server.hub._most = 1
    server.wait(till, till.load("stock")[1])

    answer = server.wait(second_till, None).answer()

    assert (answer.status, answer.code, answer.headers[b"retry-after"]) == (503, "busy", b"2")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/kkm/v1/wait", 405), ("GET", "/", 404), ("GET", "/metrics", 404), ("GET", "/healthz", 200)],
)
def test_nothing_else_is_served_here(server, method, path, status):
    assert server.ask(path, method=method).answer().status == status


def test_a_page_of_another_origin_may_wait_where_pages_are_tills(server, till, settings):
    absent = server.ask("/kkm/v1/wait", method="OPTIONS").answer()
    settings.TRAINING_TILL = True

    preflight = server.ask("/kkm/v1/wait", method="OPTIONS").answer()
    told = server.wait(till, None).answer()

    assert (absent.status, preflight.status, told.status) == (405, 204, 200)
    assert b"access-control-allow-origin" not in absent.headers
    assert b"authorization" in preflight.headers[b"access-control-allow-headers"]
    assert preflight.headers[b"access-control-allow-origin"] == told.headers[b"access-control-allow-origin"] == b"*"


def test_the_watchman_sees_how_many_wait(server, till, settings):
    settings.METRICS_TOKEN = "watch"
    server.wait(till, till.load("stock")[1])

    shown = server.ask("/metrics", authorization="Bearer watch").answer()

    assert b"prilavok_waiting_registers 1.0" in shown.body
