"""«May this be sold?» over HTTP: what a register says, what it hears, and in which words."""

import json
from datetime import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.utils import timezone

from exchange.api import throttles
from registers.choices import StockControl
from registers.models import RegisterStatus
from registers.services import tokens
from retail.choices import ItemKind
from stock.models import Reservation
from stock.services import reservations
from stock.services.reservations import patience
from tests.exchange.conftest import Till
from tests.factories.registers import RegisterFactory
from tests.factories.retail import BarcodeFactory, ItemFactory, PriceFactory, SkuFactory
from tests.messages import line, sale
from tests.stock.holding import asking, expire, held, place, stocked

pytestmark = pytest.mark.django_db


class Asking(Till):
    """A till with external stock control."""

    def put(self, path, **content):
        return self.call("put", f"reservations/{path}", json.dumps(content))

    def delete(self, path):
        return self.call("delete", f"reservations/{path}")

    def holds(self, path):
        return self.get(f"reservations/{path}")


@pytest.fixture
def till(db):
    return Asking(asking())


@pytest.fixture
def milk(till):
    return stocked(till.register, 5, name="Молоко", code="10001")


def code_of(answer):
    status, content = answer
    return status, content["errors"][0]["code"]


def test_a_line_is_granted_and_held(till, milk):
    status, answer = till.put("r1/lines/1", sku="10001", quantity="2.000")

    until = datetime.fromisoformat(answer.pop("expires_at"))
    assert status == 200
    assert answer == {"granted": True, "line": 1, "sku": "10001", "quantity": "2.000", "available": "3.000"}
    assert until == Reservation.objects.get().expires_at
    assert held(till.register, milk) == 2


def test_the_same_call_with_another_quantity_resizes(till, milk):
    till.put("r1/lines/1", sku="10001", quantity="2")

    larger = till.put("r1/lines/1", sku="10001", quantity="5")
    smaller = till.put("r1/lines/1", sku="10001", quantity=1.25)

    assert (larger[0], larger[1]["available"]) == (200, "0.000")
    assert (smaller[0], smaller[1]["available"]) == (200, "3.750")
    assert held(till.register, milk) == Decimal("1.250")


def test_the_same_call_again_is_answered_alike_and_holds_once(till, milk):
    first = till.put("r1/lines/1", sku="10001", quantity="2")
    again = till.put("r1/lines/1", sku="10001", quantity="2")

    assert {**again[1], "expires_at": ""} == {**first[1], "expires_at": ""}
    assert held(till.register, milk) == 2


def test_goods_are_named_by_their_barcode_too(till, milk):
    barcode = BarcodeFactory(sku=milk).value

    status, answer = till.put("r1/lines/1", barcode=barcode, quantity="1")

    assert (status, answer["sku"]) == (200, "10001")


def test_a_refusal_says_what_is_free_and_who_holds_the_rest_in_the_cashiers_language(till, milk):
    place(asking(warehouse=till.register.warehouse, number=3003), "other", (milk, 4))

    status, answer = till.put("r1/lines/7", sku="10001", quantity="2")
    russian = till.call(
        "put", "reservations/r1/lines/7", '{"sku": "10001", "quantity": "2"}', **{"Accept-Language": "ru"}
    )[1]

    assert status == 409
    assert answer == {
        "type": "client_error",
        "errors": [
            {
                "code": "not_enough",
                "detail": "“Молоко”: 2 asked, 1 free. Others hold: register 3003 – 4.",
                "attr": "lines.7",
            }
        ],
        "granted": False,
        "available": "1.000",
        "refused": [
            {
                "line": 7,
                "sku": "10001",
                "code": "not_enough",
                "available": "1.000",
                "held": [{"register": 3003, "quantity": "4.000"}],
            }
        ],
    }
    assert {**russian, "errors": []} == {**answer, "errors": []}
    assert russian["errors"][0]["detail"] == "«Молоко»: запрошено 2, свободно 1. В резерве у других: ККМ 3003 – 4."
    assert not Reservation.objects.filter(register=till.register).exists()


def test_what_is_refused_for_another_reason_has_nothing_available_to_tell(till, milk):
    gone = stocked(till.register, 5, name="Кефир", code="10002", withdrawn=True)
    unpriced = SkuFactory(code="10003", item=ItemFactory(name="Сыр"))

    answers = [till.put("r1/lines/1", sku=sku, quantity="1") for sku in ("404", gone.code, unpriced.code)]

    assert [code_of(answer) for answer in answers] == [
        (409, "unknown_sku"), (409, "withdrawn"), (409, "not_for_sale")
    ]  # fmt: skip
    assert [answer["errors"][0]["detail"] for _status, answer in answers] == [
        "Nothing is known under “404”.",
        "“Кефир” is withdrawn from sale.",
        "“Сыр” has no price here: it is not for sale.",
    ]
    assert [answer["available"] for _status, answer in answers] == [None, None, None]


def test_a_service_is_granted_and_never_runs_out(till):
    delivery = SkuFactory(item=ItemFactory(kind=ItemKind.SERVICE))
    PriceFactory(sku=delivery, price_type=till.register.warehouse.retail_price_type)

    status, answer = till.put("r1/lines/1", sku=delivery.code, quantity="1")

    assert (status, answer["granted"], answer["available"]) == (200, True, None)


def test_a_whole_receipt_is_held_or_nothing_of_it(till, milk):
    bread = stocked(till.register, 3, name="Хлеб", code="10002")
    till.put("r1/lines/9", sku="10001", quantity="1")

    status, answer = till.put(
        "r1", lines=[{"line": 1, "sku": "10001", "quantity": "2"}, {"line": 2, "sku": "10002", "quantity": "3"}]
    )
    refused = till.put(
        "r1", lines=[{"line": 1, "sku": "10001", "quantity": "5"}, {"line": 2, "sku": "10002", "quantity": "4"}]
    )

    assert status == 200
    assert set(answer) == {"granted", "lines", "expires_at"}
    assert answer["lines"] == [
        {"line": 1, "sku": "10001", "quantity": "2.000", "available": "3.000"},
        {"line": 2, "sku": "10002", "quantity": "3.000", "available": "0.000"},
    ]
    assert refused[0] == 409
    assert refused[1]["errors"] == [
        {"code": "not_enough", "detail": "“Хлеб”: 4 asked, 0 free. This receipt holds 3.", "attr": "lines.2"}
    ]
    assert refused[1]["available"] == "0.000"
    assert (held(till.register, milk), held(till.register, bread)) == (2, 3)


def test_every_line_at_fault_is_named(till, milk):
    lines = [{"line": 1, "sku": "404", "quantity": "1"}, {"line": 2, "barcode": "405", "quantity": "1"}]

    status, answer = till.put("r1", lines=lines)

    assert status == 409
    assert [(one["code"], one["attr"]) for one in answer["errors"]] == [
        ("unknown_sku", "lines.1"), ("unknown_sku", "lines.2")
    ]  # fmt: skip


def test_a_line_and_then_the_receipt_are_given_up(till, milk):
    bread = stocked(till.register, 5, code="10002")
    till.put("r1", lines=[{"line": 1, "sku": "10001", "quantity": "2"}, {"line": 2, "sku": "10002", "quantity": "3"}])

    of_line = till.delete("r1/lines/1")
    left = (held(till.register, milk), held(till.register, bread))
    of_all = till.delete("r1")

    assert of_line[0] == of_all[0] == 200
    assert of_line[1]["lines"] == [{"line": 2, "sku": "10002", "quantity": "3.000"}]
    assert left == (0, 3)
    assert of_all[1] == {"receipt": "r1", "state": "released", "lines": [], "expires_at": None}
    assert held(till.register, bread) == 0


def test_giving_up_what_is_not_held_is_no_error(till, milk):
    never = till.delete("r1")
    till.put("r1/lines/1", sku="10001", quantity="2")
    till.delete("r1")

    assert never == till.delete("r1") == till.delete("r1/lines/1")
    assert never == (200, {"receipt": "r1", "state": "released", "lines": [], "expires_at": None})


def test_a_register_sees_what_it_holds(till, milk):
    granted = till.put("r1/lines/1", sku="10001", quantity="2")[1]

    shown = till.holds("r1")
    expire(till.register, "r1")
    after = till.holds("r1")

    assert shown == (
        200,
        {
            "receipt": "r1",
            "state": "open",
            "lines": [{"line": 1, "sku": "10001", "quantity": "2.000"}],
            "expires_at": granted["expires_at"],
        },
    )
    assert after == (200, {"receipt": "r1", "state": "expired", "lines": [], "expires_at": None})


def test_anothers_receipt_is_not_there(till, milk):
    other = Asking(asking(warehouse=till.register.warehouse))
    other.put("r1/lines/1", sku="10001", quantity="2")

    released = till.delete("r1")
    line_released = till.delete("r1/lines/1")

    assert code_of(till.holds("r1")) == (404, "unknown_reservation")
    assert released == line_released
    assert held(till.register, milk) == 2
    assert other.holds("r1")[1]["state"] == "open"


def test_a_receipt_that_came_holds_nothing_and_asks_nothing_more(till, milk):
    till.put("r1/lines/1", sku="10001", quantity="2")
    till.tell(sale(1, line("10001", "2.000"), receipt={"uid": "r1"}))

    assert code_of(till.put("r1/lines/2", sku="10001", quantity="1")) == (409, "receipt_closed")
    assert till.holds("r1")[1]["state"] == "committed"
    assert till.delete("r1")[1]["state"] == "committed"
    assert held(till.register, milk) == 0


@pytest.mark.parametrize("mode", [mode for mode in StockControl if mode != StockControl.EXTERNAL])
def test_a_register_that_is_not_controlled_from_outside_is_told_so(mode):
    till = Asking(RegisterFactory(stock_control=mode))
    stocked(till.register, 5, code="10001")

    assert code_of(till.put("r1/lines/1", sku="10001", quantity="1")) == (409, "stock_control_not_external")
    assert code_of(till.put("r1", lines=[])) == (409, "stock_control_not_external")


def test_what_was_held_before_the_mode_was_changed_may_still_be_given_up(till, milk):
    till.put("r1/lines/1", sku="10001", quantity="2")
    till.register.stock_control = StockControl.NONE
    till.register.save()

    assert till.delete("r1")[1]["state"] == "released"
    assert held(till.register, milk) == 0


GARBAGE = [
    (b"", None),
    (b"nonsense", None),
    (b"[]", None),
    (b"{}", None),
    (b'{"sku": "10001"}', None),
    (b'{"sku": 10001, "quantity": "1"}', "sku"),
    (b'{"sku": "10001", "quantity": "1_0"}', "quantity"),
    (b'{"sku": "10001", "quantity": " 1"}', "quantity"),
    ('{"sku": "10001", "quantity": "١"}'.encode(), "quantity"),
    (b'{"sku": "10001", "quantity": "NaN"}', "quantity"),
    (b'{"sku": "10001", "quantity": "1E-999"}', "quantity"),
    (b'{"sku": "10001", "quantity": "9E999"}', "quantity"),
    (b'{"sku": "10001", "quantity": ""}', "quantity"),
    (b'{"sku": "10001", "quantity": true}', "quantity"),
    (b'{"sku": "10001", "quantity": null}', "quantity"),
    (b'{"sku": "10001", "quantity": ["1"]}', "quantity"),
    (b'{"sku": "10001", "quantity": "-1"}', "quantity"),
    (b'{"sku": "10001", "quantity": "0.0001"}', "quantity"),
    (b'{"sku": "10001", "quantity": "1000000000"}', "quantity"),
    (b'{"quantity": "1"}', "sku"),
    (b'{"sku": "10\\u0000001", "quantity": "1"}', "sku"),
    (b'{"sku": "\\ud800", "quantity": "1"}', None),
    (b'{"sku": "\xff", "quantity": "1"}', None),
    (b'{"barcode": "' + b"1" * 65 + b'", "quantity": "1"}', "barcode"),
    (b'{"sku": "10001", "quantity": "1", "more": ' + b"[" * 5000 + b"]" * 5000 + b"}", None),
]


@pytest.mark.parametrize(("body", "attr"), GARBAGE)
def test_garbage_is_refused_in_words(till, milk, body, attr):
    status, answer = till.call("put", "reservations/r1/lines/1", body)

    [error] = answer["errors"]
    assert (status, error["code"], error["attr"]) == (400, "not_a_reservation", attr)
    assert error["detail"]
    assert not Reservation.objects.exists()


@pytest.mark.parametrize(
    ("body", "attr"),
    [
        (b'{"lines": {}}', "lines"),
        (b'{"lines": [{"line": "1", "sku": "10001", "quantity": "1"}]}', "lines[0].line"),
        (b'{"lines": [{"line": 1, "sku": "10001", "quantity": "1,5"}]}', "lines[0].quantity"),
        (b'{"lines": [{"line": 0, "sku": "10001", "quantity": "1"}]}', "line"),
        (
            b'{"lines": [{"line": 1, "sku": "10001", "quantity": "1"}, {"line": 1, "sku": "10001", "quantity": "1"}]}',
            "lines",
        ),
    ],
)
def test_garbage_in_a_receipt_is_refused_too(till, milk, body, attr):
    status, answer = till.call("put", "reservations/r1", body)

    assert (status, answer["errors"][0]["code"], answer["errors"][0]["attr"]) == (400, "not_a_reservation", attr)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"{'r' * 64}/lines/1", (200, None)),
        ("%D1%87%D0%B5%D0%BA/lines/1", (200, None)),
        (f"{'r' * 65}/lines/1", (400, "not_a_reservation")),
        ("r%00/lines/1", (400, "not_a_reservation")),
        ("r%FF/lines/1", (200, None)),
        ("r1/lines/0", (400, "not_a_reservation")),
        (f"r1/lines/{2**31}", (400, "not_a_reservation")),
        (f"r1/lines/{'9' * 40}", (400, "not_a_reservation")),
        ("r1/lines/-1", (404, "not_found")),
        ("r1/lines/", (404, "not_found")),
        ("r1/", (404, "not_found")),
        ("", (404, "not_found")),
    ],
)
def test_odd_addresses_are_understood_or_refused(till, milk, path, expected):
    status, answer = till.put(path, sku="10001", quantity="1")

    assert (status, answer["errors"][0]["code"] if "errors" in answer else None) == expected


@pytest.mark.parametrize("method", ["get", "delete"])
def test_a_uid_that_makes_no_sense_is_none_to_look_for(till, method):
    status, answer = till.call(method, f"reservations/{'r' * 65}")

    assert (status, answer["errors"][0]["code"], answer["errors"][0]["attr"]) == (400, "not_a_reservation", "receipt")


def test_other_methods_are_not_allowed(till):
    assert code_of(till.call("post", "reservations/r1", b"{}")) == (405, "method_not_allowed")
    assert code_of(till.get("reservations/r1/lines/1")) == (405, "method_not_allowed")


def test_packed_and_chunked_bodies_are_not_read(till, milk):
    packed = till.call("put", "reservations/r1/lines/1", b"{}", **{"Content-Encoding": "gzip"})
    packed_receipt = till.call("put", "reservations/r1", b"{}", **{"Content-Encoding": "gzip"})

    assert code_of(packed) == code_of(packed_receipt) == (415, "body_encoded")


def test_a_token_that_is_not_good_is_refused(till, milk, admin_user):
    tokens.revoke(register=till.register, by=admin_user, now=timezone.now())

    assert code_of(till.put("r1/lines/1", sku="10001", quantity="1")) == (401, "revoked_token")
    assert code_of(till.holds("r1")) == (401, "revoked_token")
    till.token = "prk_nobody"
    assert code_of(till.delete("r1")) == (401, "unknown_token")


def test_a_program_gone_wild_is_slowed_down(till, milk, monkeypatch):
    monkeypatch.setattr(throttles.ReserveThrottle.buckets, "take", lambda key, at: 1.0)

    assert code_of(till.put("r1/lines/1", sku="10001", quantity="1")) == (429, "throttled")


def test_a_database_that_cannot_be_had_is_asked_once_more_and_then_the_cashier_is_told(till, milk, monkeypatch):
    tried = []

    def fail(seconds, **params):
        tried.append(params)
        raise OperationalError

    monkeypatch.setattr(patience, "connection", SimpleNamespace(in_atomic_block=False))
    monkeypatch.setattr(reservations.RESERVE, "rows_within", fail)

    response = till.client.put(
        "/kkm/v1/reservations/r1/lines/1",
        '{"sku": "10001", "quantity": "1"}',
        content_type="application/json",
        headers={"Authorization": f"Bearer {till.token}"},
    )

    assert response.status_code == 503
    assert response.headers["Retry-After"] == "2"
    assert response.json() == {
        "type": "server_error",
        "errors": [
            {
                "code": "stock_control_unavailable",
                "detail": "Stock control does not answer at the moment: try once more.",
                "attr": None,
            }
        ],
    }
    assert len(tried) == 2


def test_what_comes_good_at_the_second_try_is_granted(till, milk, monkeypatch):
    in_earnest, tried = reservations.RESERVE.rows_within, []

    def fail_once(seconds, **params):
        tried.append(params)
        if len(tried) == 1:
            raise OperationalError
        return in_earnest(seconds, **params)

    monkeypatch.setattr(patience, "connection", SimpleNamespace(in_atomic_block=False))
    monkeypatch.setattr(reservations.RESERVE, "rows_within", fail_once)

    assert till.put("r1/lines/1", sku="10001", quantity="1")[0] == 200


def test_asking_shows_that_the_register_is_heard(till, milk, monkeypatch):
    noted = []
    monkeypatch.setattr("exchange.services.presence.note", lambda **told: noted.append(told["register_id"]))

    till.put("r1/lines/1", sku="10001", quantity="1")

    assert noted == [till.register.pk]
    assert not RegisterStatus.objects.exists()


def test_a_price_check_tells_what_is_left_during_a_receipt_and_holds_nothing(till, milk):
    barcode = BarcodeFactory(sku=milk).value
    before = till.get("stock/10001")
    till.put("r1/lines/1", sku="10001", quantity="2")

    during = till.get("stock/10001")
    by_barcode = till.get(f"stock/{barcode}")
    till.delete("r1")

    assert (before[1]["available"], during[1]["available"]) == ("5.000", "3.000")
    assert during == by_barcode
    assert till.get("stock/10001") == before
    assert held(till.register, milk) == 0


def test_other_registers_hear_what_is_held_as_they_hear_a_sale(till, milk):
    other = Till(RegisterFactory(warehouse=till.register.warehouse))
    _rows, cursor = other.load("stock")

    till.put("r1/lines/1", sku="10001", quantity="2")

    rows, cursor = other.load("stock", cursor)
    assert [(row["sku"], row["available"]) for row in rows] == [("10001", "3.000")]
    till.tell(sale(1, line("10001", "2.000"), receipt={"uid": "r1"}))
    rows, _cursor = other.load("stock", cursor)
    assert [(row["sku"], row["available"]) for row in rows] == [("10001", "3.000")]
