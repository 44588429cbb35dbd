"""Handing over what happened: every transaction gets its own answer, and none is lost to a neighbour."""

import json
from types import SimpleNamespace

import pytest

from exchange.api.throttles import ReadThrottle, UploadThrottle
from registers.models import KkmTransaction
from retail.api import throttles
from stock.models import Balance
from tests.factories.retail import PriceFactory, SkuFactory
from tests.factories.stock import BalanceFactory
from tests.messages import body, event, line, sale

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_buckets():
    ReadThrottle.buckets.clear()
    UploadThrottle.buckets.clear()


@pytest.fixture
def milk():
    return SkuFactory(code="10001")


def send(till, raw, **headers):
    return till.call("post", "transactions", raw, **headers)


def test_sales_are_answered_in_their_order(till, milk):
    status, answer = till.tell(sale(5, line("10001")), sale(3, line("10001")))

    assert status == 200
    assert answer == {
        "results": [
            {"number": 5, "status": "accepted", "problem": None},
            {"number": 3, "status": "accepted", "problem": None},
        ],
        "last_number": 5,
    }


def test_the_same_call_again_is_answered_with_duplicates(till, milk):
    raw = body(sale(1, line("10001")))
    send(till, raw)

    status, answer = send(till, raw)

    assert (status, answer["results"][0]["status"]) == (200, "duplicate")
    assert Balance.objects.get().sold == 1


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}, (411, "length_required")),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, (415, "body_encoded")),
        ({"HTTP_CONTENT_ENCODING": "identity"}, None),
        ({"HTTP_TRANSFER_ENCODING": "chunked"}, None),  # A proxy has put it together.
    ],
)
@pytest.mark.parametrize("address", ["transactions", "pair"])
def test_a_body_that_cannot_be_read_is_told_apart_from_a_bad_one(till, address, headers, refusal):
    sign = {"HTTP_AUTHORIZATION": f"Bearer {till.token}"}

    response = till.client.generic(
        "POST", f"/kkm/v1/{address}", b'{"transactions": []}', "application/json", **sign, **headers
    )

    said = (response.status_code, response.json().get("errors", [{}])[0].get("code"))
    assert said == refusal if refusal else response.status_code in (200, 400)


def test_a_problem_is_told_in_the_language_of_the_caller(till):
    told = sale(1, line("404"))

    _status, russian = till.tell(told)
    _status, english = send(till, body(told), **{"Accept-Language": "en"})

    assert russian["results"][0]["problem"]["code"] == "unknown_sku"
    assert english["results"][0]["status"] == "duplicate"
    assert "404" in russian["results"][0]["problem"]["detail"]
    assert "404" in english["results"][0]["problem"]["detail"]


def test_a_broken_one_does_not_block_its_neighbours(till, milk):
    good, other = json.dumps(sale(1, line("10001"))), json.dumps(sale(3, line("10001")))
    raw = f'{{"transactions": [{good}, {{"number": 2, "number": 2}}, 17, "text", null, [], {other}]}}'.encode()

    status, answer = send(till, raw)

    assert status == 200
    assert [result["status"] for result in answer["results"]] == ["accepted", *["error_desk"] * 5, "accepted"]
    assert [result["number"] for result in answer["results"]] == [1, None, None, None, None, None, 3]
    assert Balance.objects.get().sold == 2
    assert KkmTransaction.objects.filter(state="error_desk").count() == 5


@pytest.mark.parametrize("raw", [b"", b"sale!", b"[]", b"{}", b'{"transactions": {}}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_a_batch_is_refused_in_words(till, raw):
    status, refusal = send(till, raw)

    assert status == 400
    assert refusal["errors"][0]["code"] == "not_a_batch"


def test_fifty_megabytes_are_refused_before_they_are_read(till):
    status, refusal = send(till, b" " * 50 * 1024 * 1024)

    assert status == 413
    assert refusal["errors"][0]["code"] == "too_much_at_once"


def test_a_thousand_and_one_are_too_many_at_once(till):
    status, refusal = till.tell(*(event(number, "cash_in", amount="1.00") for number in range(1001)))

    assert status == 413
    assert refusal["errors"][0]["code"] == "too_much_at_once"
    assert not KkmTransaction.objects.exists()


def test_a_thousand_at_once_are_taken(till, milk):
    status, answer = till.tell(*(sale(number, line("10001")) for number in range(1, 1001)))

    assert status == 200
    assert {result["status"] for result in answer["results"]} == {"accepted"}
    assert Balance.objects.get().sold == 1000


def test_an_empty_call_tells_a_register_where_to_go_on(till, milk):
    assert till.tell()[1] == {"results": [], "last_number": None}

    till.tell(sale(41, line("10001")), sale(7, line("10001")))

    assert till.tell()[1] == {"results": [], "last_number": 41}


def test_a_conflict_is_answered_and_kept_aside(till, milk):
    told = sale(1, line("10001"))
    till.tell(told)

    status, answer = till.tell(told | {"shift": 99})

    assert status == 200
    assert answer["results"][0]["status"] == "conflict"
    assert answer["results"][0]["problem"]["code"] == "conflict"


def test_cash_and_shifts_are_taken(till):
    status, answer = till.tell(
        event(1, "shift_open"),
        event(2, "cash_in", amount="500.00"),
        event(3, "cash_out", amount="100.00"),
        event(4, "shift_close", counters={"sales": "0.00"}),
    )

    assert status == 200
    assert {result["status"] for result in answer["results"]} == {"accepted"}


def test_a_program_gone_wild_is_slowed_down_but_an_upload_at_a_tills_pace_is_not(till, monkeypatch):
    monkeypatch.setattr(throttles, "time", SimpleNamespace(monotonic=lambda: 0.0))  # All in one moment, on any machine.

    codes = {till.get("settings")[0] for _call in range(150)}
    assert codes == {200, 429}

    assert {till.tell(event(number, "cash_in", amount="1.00"))[0] for number in range(200)} == {200}


def test_a_sale_is_two_statements_with_its_token(till, milk, django_assert_num_queries):
    till.get("settings")  # The first use of a token writes it down.

    with django_assert_num_queries(2):
        till.tell(sale(1, line("10001")))


def test_a_price_check_tells_price_and_what_is_left(till, milk):
    PriceFactory(sku=milk, price_type=till.register.warehouse.retail_price_type, amount=99)
    BalanceFactory(sku=milk, warehouse=till.register.warehouse, on_hand=10, sold=2, reserved=1)

    status, told = till.get("stock/10001")

    assert status == 200
    assert (told["sku"], told["price"], told["available"]) == ("10001", "99.00", "7.000")


def test_a_code_with_a_slash_is_found(till):
    SkuFactory(code="A/7")

    assert till.get("stock/A/7")[1]["quantity"] == "1.000"


@pytest.mark.parametrize("code", ["404", "%00", "x" * 300, "..", "' OR 1=1 --"])
def test_a_price_check_of_the_unknown_is_a_404_in_words(till, code):
    status, refusal = till.get(f"stock/{code}")

    assert status == 404
    assert refusal["errors"][0]["code"] == "unknown_sku"
