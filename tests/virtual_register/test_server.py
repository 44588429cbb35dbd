from datetime import UTC, datetime

import pytest

from virtual_register.errors import Refused, RegisterError, TokenRefused, Unreachable
from virtual_register.server import retry_after

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def test_a_busy_server_is_asked_again_when_it_says(register, fake, slept):
    fake.busy, fake.retry_after = 2, "3"

    register.settings()

    assert slept == [3.0, 3.0]


def test_a_server_that_does_not_say_when_is_asked_ever_more_rarely(register, fake, slept):
    fake.busy, fake.retry_after = 4, "soon"

    register.settings()

    assert slept == sorted(slept)
    assert 0.15 < slept[0] < slept[-1] < 3


def test_patience_ends(make, fake, slept):
    fake.busy, fake.retry_after = 100, "4"

    with pytest.raises(Unreachable, match=r"The server is busy or failing \(HTTP 503\): Later\."):
        make(patience=10).settings()
    assert slept == [4.0, 4.0]


def test_a_failure_of_the_server_is_tried_again(register, fake, monkeypatch, slept):
    answers = [(500, {}, b"<html>"), fake._ok(fake._settings())]
    monkeypatch.setattr(fake, "answer", lambda *_request: answers.pop(0))

    register.settings()

    assert len(slept) == 1


def test_a_server_that_is_down_is_given_up_within_a_second(make, fake, slept):
    fake.down = True

    with pytest.raises(Unreachable, match=r"http://till\.test does not answer: Connection refused\.") as failure:
        make().settings()
    assert sum(slept) <= 1
    assert failure.value.exit_code == 3


def test_a_refused_token_is_not_tried_again(make, fake):
    with pytest.raises(TokenRefused, match="pair the register again") as failure:
        make(token="prk_wrong").settings()
    assert len(fake.calls) == 1
    assert failure.value.exit_code == 4


def test_a_refusal_keeps_the_servers_word_and_words(register):
    with pytest.raises(Refused, match="Nothing is known under “460”") as refusal:
        register.price("460")
    assert (refusal.value.code, refusal.value.status, refusal.value.exit_code) == ("unknown_sku", 404, 5)


def test_a_price_check_reads_codes_with_any_sign(register, fake):
    fake.goods[0]["barcodes"].append("A/B 1?")

    assert register.price("A/B 1?").sku == "10001"


def test_an_answer_of_another_shape_is_an_error_in_words(register, fake, monkeypatch):
    monkeypatch.setattr(fake, "_goods", lambda cursor: (200, {}, b"<html>"))

    with pytest.raises(Unreachable, match="makes no sense"):
        register.load()


def test_an_address_that_is_none_is_said(make):
    register = make()
    register.server.url = "http://till.test:port"

    with pytest.raises(RegisterError, match="is not an address"):
        register.settings()


def test_a_rotated_token_is_kept(register, make, fake):
    register.rotate()

    assert register.store.recall("token") == "prk_rotated"
    assert register.settings().warehouse["name"] == "Warehouse"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), ("0", 0.0), ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0), ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0)],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    assert retry_after({"retry-after": value}, now=NOON) == seconds


def test_a_retry_after_that_is_neither_says_nothing():
    assert retry_after({"retry-after": "soon"}, now=NOON) is None
    assert retry_after({}, now=NOON) is None
