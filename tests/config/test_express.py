"""The express till answers what the views would, and leaves to them whatever is not plain."""

import gzip
import json
import logging
from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone, translation

from config import express
from config.express import Express
from exchange.services import stock_feed
from registers.choices import StockControl
from registers.models import KkmTransaction, RegisterToken
from registers.services import problems, tokens
from retail.models import Constants
from stock.models import Reservation, WarehouseFeed
from stock.services import reservations
from tests.factories.billing import DiscountCardFactory
from tests.factories.registers import RegisterFactory
from tests.factories.retail import PriceFactory
from tests.factories.stock import BalanceFactory
from tests.messages import body, line, sale

pytestmark = pytest.mark.django_db


class Caller:
    """A register that speaks WSGI: the same request to the express till, or around it to the views."""

    def __init__(self):
        self.register = RegisterFactory()
        self.token = tokens.create(register=self.register, now=timezone.now())
        self.handed_on = []
        self.frame = WSGIHandler()
        self.express = Express(self._handed_on)

    def _handed_on(self, environ, start_response):
        self.handed_on.append(environ)
        return self.frame(environ, start_response)

    def call(self, application, method, address, content=b"", **environ):
        path, _mark, query = address.partition("?")
        said = {}
        asked = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(content)),
            "CONTENT_TYPE": "application/json",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "HTTP_HOST": "localhost",
            "HTTP_AUTHORIZATION": f"Bearer {self.token}",
            "wsgi.input": BytesIO(content),
            "wsgi.url_scheme": "http",
            **environ,
        }

        def start_response(status, headers, exc_info=None):
            said.update(status=int(status[:3]), headers=dict(headers))

        said["content"] = b"".join(application(asked, start_response))
        return said["status"], said["headers"], said["content"]

    def ask(self, method, address, content=b"", **environ):
        """Ask the express till; return status and JSON."""
        status, _headers, answer = self.call(self.express, method, address, content, **environ)
        return status, json.loads(answer)

    def ask_views(self, method, address, content=b"", **environ):
        status, _headers, answer = self.call(self.frame, method, address, content, **environ)
        return status, json.loads(answer)


@pytest.fixture
def caller(monkeypatch):
    # The test's own transaction is open on this connection, which a request would otherwise give back.
    monkeypatch.setattr(connection, "close_if_unusable_or_obsolete", lambda: None)
    made = Caller()
    made.ask_views("GET", "/kkm/v1/settings")  # The token is in use from now on.
    return made


@pytest.fixture
def balance(caller):
    WarehouseFeed.objects.filter(warehouse=caller.register.warehouse).update(revision=1)
    return BalanceFactory(warehouse=caller.register.warehouse, on_hand=7, revision=1, sale_revision=1)


def test_a_poll_is_answered_in_one_statement_as_the_view_answers(caller, balance):
    everything = caller.ask_views("GET", "/kkm/v1/stock")

    with CaptureQueriesContext(connection) as queries:
        answered = caller.ask("GET", "/kkm/v1/stock")

    assert answered == everything
    assert answered[1]["changes"][0]["available"] == "7.000"
    assert len(queries) == 1
    assert caller.handed_on == []


def test_a_poll_with_a_cursor_goes_on_from_it(caller, balance):
    _status, packet = caller.ask("GET", "/kkm/v1/stock")

    again = caller.ask("GET", f"/kkm/v1/stock?cursor={packet['cursor']}")

    assert again == (200, {"changes": [], "cursor": packet["cursor"], "more": False})
    assert caller.handed_on == []


@pytest.fixture
def cashier(caller, balance):
    """A caller with external stock control and something to sell."""
    caller.register.stock_control = StockControl.EXTERNAL
    caller.register.save()
    PriceFactory(sku=balance.sku, price_type=caller.register.warehouse.retail_price_type)
    return caller


def asks_for(balance, quantity, **more):
    return json.dumps({"sku": balance.sku.code, "quantity": quantity, **more}).encode()


def but_for_the_time(answered):
    return answered[0], {**answered[1], "expires_at": None}


def test_a_line_is_held_in_one_statement_as_the_view_holds_it(cashier, balance):
    address = "/kkm/v1/reservations/r-1/lines/7"
    by_view = cashier.ask_views("PUT", address, asks_for(balance, "2.000"))

    with CaptureQueriesContext(connection) as queries:
        answered = cashier.ask("PUT", address, asks_for(balance, "2.000"))

    assert but_for_the_time(answered) == but_for_the_time(by_view)
    assert (answered[0], answered[1]["available"]) == (200, "5.000")
    assert answered[1]["expires_at"] > by_view[1]["expires_at"]
    assert len(queries) == 1
    assert cashier.handed_on == []
    balance.refresh_from_db()
    assert balance.reserved == 2


def test_a_whole_receipt_is_held_in_one_statement_as_the_view_holds_it(cashier, balance):
    lines = [json.loads(asks_for(balance, quantity, line=place)) for place, quantity in ((1, "2"), (2, "1.5"))]
    asked = json.dumps({"lines": lines}).encode()
    by_view = cashier.ask_views("PUT", "/kkm/v1/reservations/r-1", asked)

    with CaptureQueriesContext(connection) as queries:
        answered = cashier.ask("PUT", "/kkm/v1/reservations/r-1", asked)

    assert but_for_the_time(answered) == but_for_the_time(by_view)
    assert len(answered[1]["lines"]) == 2
    assert len(queries) == 1
    assert cashier.handed_on == []


def test_who_waits_is_woken_by_what_the_express_till_holds(cashier, balance, monkeypatch, caplog):
    woken = []
    monkeypatch.setattr(reservations, "_wake", woken.append)
    caplog.set_level(logging.INFO)

    cashier.ask("PUT", "/kkm/v1/reservations/r-1/lines/7", asks_for(balance, "2.000"))

    [told] = [record.msg for record in caplog.records if record.name == "config.middleware"]
    assert woken == [cashier.register.warehouse_id]
    assert (told["method"], told["path"]) == ("PUT", "/kkm/v1/reservations/r-1/lines/7")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/kkm/v1/stock"),
        ("POST", "/kkm/v1/transactions"),
        ("PUT", "/kkm/v1/reservations/r-1"),
        ("PUT", "/kkm/v1/reservations/r-1/lines/7"),
    ],
)
def test_calls_are_counted_under_the_route_of_their_view(method, path):
    assert express.express.call_of(method, path).route == resolve(path).route


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("r-1/lines/7", b'{"sku": "%s", "quantity": "8"}'),
        ("r-1/lines/7", b'{"sku": "404", "quantity": "1"}'),
        ("r-1/lines/7", b'{"sku": "%s", "quantity": "1_0"}'),
        ("r-1", b'{"lines": [{"line": 1, "sku": "%s", "quantity": "8"}]}'),
        ("r-1", b"{nonsense"),
        ("r-1/lines/07", b'{"sku": "%s", "quantity": "1"}'),
        ("r-1/lines/0", b'{"sku": "%s", "quantity": "1"}'),
        ("r 1/lines/7", b'{"sku": "%s", "quantity": "1"}'),
        ("r-1/lines/7/", b'{"sku": "%s", "quantity": "1"}'),
        ("r" * 65, b'{"lines": []}'),
    ],
)
def test_what_is_refused_or_odd_in_a_reservation_is_the_views_to_answer(cashier, balance, path, content):
    content = content.replace(b"%s", balance.sku.code.encode())
    expected = cashier.ask_views("PUT", f"/kkm/v1/reservations/{path}", content)

    answered = cashier.ask("PUT", f"/kkm/v1/reservations/{path}", content)

    assert but_for_the_time(answered) == but_for_the_time(expected)
    assert len(cashier.handed_on) == 1


def test_nothing_is_held_for_a_token_that_is_not_simply_good(cashier, balance):
    cashier.register.active = False
    cashier.register.save()
    inactive = cashier.ask("PUT", "/kkm/v1/reservations/r-1/lines/7", asks_for(balance, "1"))
    cashier.token = "prk_nobodys"

    unknown = cashier.ask("PUT", "/kkm/v1/reservations/r-1/lines/7", asks_for(balance, "1"))

    assert (inactive[0], inactive[1]["errors"][0]["code"]) == (401, "register_inactive")
    assert (unknown[0], unknown[1]["errors"][0]["code"]) == (401, "unknown_token")
    assert not Reservation.objects.exists()


def test_an_upload_is_taken_in_in_one_statement_and_known_when_it_comes_again(caller, balance):
    batch = body(sale(1, line(balance.sku.code, "2.000")))

    with CaptureQueriesContext(connection) as queries:
        first = caller.ask("POST", "/kkm/v1/transactions", batch)
        statements = len(queries)
    again = caller.ask("POST", "/kkm/v1/transactions", batch)

    assert first == (200, {"results": [{"number": 1, "status": "accepted", "problem": None}], "last_number": 1})
    assert again[1]["results"][0]["status"] == "duplicate"
    assert again == caller.ask_views("POST", "/kkm/v1/transactions", batch)
    assert statements == 1
    assert caller.handed_on == []
    balance.refresh_from_db()
    assert balance.sold == 2


def test_an_upload_speaks_the_language_of_the_register(caller, monkeypatch):
    monkeypatch.setattr(problems, "describe", lambda problem: translation.get_language())
    batch = body(sale(1, line("nobody knows")))

    told = [caller.ask("POST", "/kkm/v1/transactions", batch, HTTP_ACCEPT_LANGUAGE=name)[1] for name in ("ru", "en")]

    assert [answer["results"][0]["problem"]["detail"] for answer in told] == ["ru", "en"]
    assert caller.handed_on == []


def test_a_batch_of_which_nothing_is_readable_is_told_the_last_number_known(caller, balance):
    caller.ask("POST", "/kkm/v1/transactions", body(sale(41, line(balance.sku.code))))

    _status, answer = caller.ask("POST", "/kkm/v1/transactions", b'{"transactions": [7]}')

    assert answer["last_number"] == 41
    assert answer["results"][0]["status"] == "error_desk"
    assert caller.handed_on == []


@pytest.mark.parametrize(
    "environ",
    [
        {"HTTP_ACCEPT": "text/html"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"HTTP_CONTENT_ENCODING": "gzip"},
        {"HTTP_HOST": "evil.example"},
        {"HTTP_AUTHORIZATION": "Basic YTpi"},
        {"HTTP_AUTHORIZATION": "Bearer prk_nobodys"},
        {"QUERY_STRING": "cursor=a.b%2e"},
        {"QUERY_STRING": "cursor=stale.cursor"},
        {"QUERY_STRING": "other=1"},
        {"REQUEST_METHOD": "HEAD"},
        {"PATH_INFO": "/kkm/v1/stock/"},
    ],
)
def test_what_is_not_plain_is_the_views_to_answer(caller, balance, environ):
    expected = caller.call(caller.frame, "GET", "/kkm/v1/stock", **environ)

    given = caller.call(caller.express, "GET", "/kkm/v1/stock", **environ)

    assert (given[0], given[2]) == (expected[0], expected[2])
    assert len(caller.handed_on) == 1


def test_a_revoked_token_and_an_inactive_register_are_refused_by_the_views(caller, balance, admin_user):
    caller.register.active = False
    caller.register.save()
    inactive = caller.ask("POST", "/kkm/v1/transactions", body(sale(1, line(balance.sku.code))))
    caller.register.active = True
    caller.register.save()
    tokens.revoke(register=caller.register, by=admin_user, now=timezone.now())

    revoked = caller.ask("POST", "/kkm/v1/transactions", body(sale(1, line(balance.sku.code))))

    assert (inactive[0], inactive[1]["errors"][0]["code"]) == (401, "register_inactive")
    assert (revoked[0], revoked[1]["errors"][0]["code"]) == (401, "revoked_token")
    assert not KkmTransaction.objects.exists()


def test_the_first_use_of_a_token_is_the_views_to_write_down(caller, balance):
    caller.token = tokens.rotate(register=caller.register, now=timezone.now())

    first = caller.ask("GET", "/kkm/v1/stock")
    second = caller.ask("GET", "/kkm/v1/stock")

    assert first == second
    assert len(caller.handed_on) == 1
    assert RegisterToken.objects.live().get().first_used_at is not None


def test_a_refusal_is_worded_by_the_views(caller, balance):
    Constants.objects.update(sync_stock=False)

    status, answer = caller.ask("GET", "/kkm/v1/stock")

    assert (status, answer["errors"][0]["code"]) == (409, "stock_sync_disabled")


def test_a_body_that_was_read_is_handed_on_whole(caller):
    status, answer = caller.ask("POST", "/kkm/v1/transactions", b"{nonsense")

    assert (status, answer["errors"][0]["code"]) == (400, "not_a_batch")


def test_a_long_body_is_not_read_before_it_is_known_who_sends_it(caller, balance, monkeypatch):
    monkeypatch.setattr(express.express, "LARGEST_BODY", 100)
    batch = body(sale(1, line(balance.sku.code)))

    answer = caller.ask("POST", "/kkm/v1/transactions", batch)

    assert answer[1]["results"][0]["status"] == "accepted"
    assert len(caller.handed_on) == 1


def test_a_failure_is_handed_on_and_logged(caller, balance, monkeypatch, caplog):
    def fail(**asked):
        raise RuntimeError

    monkeypatch.setattr(stock_feed, "read_for_token", fail)

    status, _answer = caller.ask("GET", "/kkm/v1/stock")

    assert status == 200
    assert "express_failed" in [record.msg["event"] for record in caplog.records if record.name == "config.express"]


@pytest.mark.django_db(transaction=True)
def test_a_connection_stays_with_its_thread_until_it_fails(caller, balance, settings, monkeypatch):
    settings.THREADS_KEEP_CONNECTIONS = True
    looked_at = []

    def look():
        looked_at.append(connection.connection)
        if connection.errors_occurred:
            connection.close()

    monkeypatch.setattr(connections["default"], "close_if_unusable_or_obsolete", look)

    assert caller.ask("GET", "/kkm/v1/stock")[0] == 200
    assert not looked_at
    connection.connection.close()  # As when PostgreSQL was started anew.
    status, _answer = caller.ask("GET", "/kkm/v1/stock")

    assert looked_at
    assert status == 200
    assert len(caller.handed_on) == 1


def test_plain_http_is_sent_to_https_where_it_must_be(caller, settings):
    settings.SECURE_SSL_REDIRECT = True
    express._may_ask.cache_clear()
    caller.frame = WSGIHandler()  # It reads the settings when it is made.

    status, _headers, _content = caller.call(caller.express, "GET", "/kkm/v1/stock")

    assert status == 301
    express._may_ask.cache_clear()


def test_a_long_answer_is_packed_for_whoever_takes_gzip(caller, balance, monkeypatch):
    monkeypatch.setattr(express, "WORTH_PACKING", 10)
    plain = caller.call(caller.express, "GET", "/kkm/v1/stock")

    packed = caller.call(caller.express, "GET", "/kkm/v1/stock", HTTP_ACCEPT_ENCODING="gzip, br")

    assert packed[1]["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed[2]) == plain[2]


def test_an_answer_is_logged_and_carries_the_id_of_its_line(caller, balance, caplog):
    caplog.set_level(logging.INFO)

    _status, headers, _content = caller.call(caller.express, "GET", "/kkm/v1/stock", HTTP_X_REQUEST_ID="till-7")

    [told] = [record.msg for record in caplog.records if record.name == "config.middleware"]
    assert headers["X-Request-ID"] == told["request_id"] == "till-7"
    assert (told["path"], told["status"], told["register"]) == ("/kkm/v1/stock", 200, caller.register.number)


def test_a_register_gone_wild_is_slowed_down_by_the_views(caller, balance, monkeypatch):
    for throttle in (express.express.ReadThrottle, express.express.ReserveThrottle):
        monkeypatch.setattr(throttle.buckets, "take", lambda key, at: 1.0)

    polled = caller.ask("GET", "/kkm/v1/stock")
    asked = caller.ask("PUT", "/kkm/v1/reservations/r-1/lines/7", asks_for(balance, "1"))

    assert (polled[0], asked[0]) == (429, 429)


@pytest.fixture
def card(db):
    Constants.objects.update(discount_cards=True, online_registers=True)
    return DiscountCardFactory(number="2000000000015")


def test_a_card_is_answered_in_one_statement_as_the_view_answers(caller, card):
    address = "/kkm/v1/cards/2000000000015"
    asked = {"uid": "a", "kind": "accrue", "bonuses": "9.90", "occurred_at": "2026-11-20T10:15:30+03:00"}

    with CaptureQueriesContext(connection) as queries:
        first = caller.ask("POST", f"{address}/operations", json.dumps(asked).encode())
        shown = caller.ask("GET", address)

    # A limit of time travels ahead of each.
    assert [query["sql"] for query in queries if "billing" not in query["sql"]] == []
    assert len(queries) == 2
    assert caller.handed_on == []
    assert first[1]["bonuses"]["available"] == "9.90"
    assert caller.ask_views("GET", address) == shown
    assert caller.ask_views("POST", f"{address}/operations", json.dumps(asked).encode())[1] == {
        **first[1],
        "duplicate": True,
    }


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/kkm/v1/cards/404", 404),
        ("GET", "/kkm/v1/cards/a/b", 404),
        ("GET", "/kkm/v1/cards/2000000000015/operations", 405),
        ("POST", "/kkm/v1/cards/2000000000015", 405),
        ("POST", "/kkm/v1/cards/2000000000015/operations", 400),
    ],
)
def test_what_is_odd_of_a_card_is_left_to_the_views(caller, card, method, address, status):
    assert caller.ask(method, address, b"{}")[0] == status
    assert len(caller.handed_on) == 1
