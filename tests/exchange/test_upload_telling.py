"""A register tells that it has closed a receipt, by its token or by a hook; neither hears what becomes of it."""

import json
import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from config.settings.logs import mask
from exchange.api.throttles import hook_guesses
from exchange.models import UploadSource
from exchange.services.uploads import telling
from registers.models import KkmTransaction
from tests.factories.exchange import UploadSourceFactory
from tests.messages import event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _full_buckets():
    hook_guesses.clear()


@pytest.fixture
def source(till, pulled):
    due_at = timezone.now() + timedelta(minutes=5)
    return UploadSourceFactory(register=till.register, address=pulled.address, due_at=due_at)


def test_a_tell_brings_what_the_register_keeps(till, source, pulled, django_capture_on_commit_callbacks):
    pulled.kept = [event(1, "shift_open")]

    with django_capture_on_commit_callbacks(execute=True):
        status, answer = till.call("post", "uploads")

    assert (status, answer) == (202, {"mode": "receipt"})
    assert KkmTransaction.objects.get().register == till.register
    source.refresh_from_db()
    assert (source.told, source.outstanding) == (1, 0)


def test_a_register_that_hands_over_itself_is_told_so(till):
    assert till.call("post", "uploads") == (202, {"mode": None})


def test_a_register_that_cannot_be_reached_is_not_told_so(till, source, django_capture_on_commit_callbacks):
    UploadSource.objects.update(address="http://127.0.0.1:9")

    with django_capture_on_commit_callbacks(execute=True):
        status, _answer = till.call("post", "uploads")

    assert status == 202
    source.refresh_from_db()
    assert (source.failures, source.outstanding) == (1, 1)


def test_a_script_tells_by_its_hook_in_one_statement(source, django_assert_num_queries):
    token = telling.make_hook(source=source)
    client = Client()

    with django_assert_num_queries(1):
        answers = [client.get(f"/kkm/v1/uploads/{token}?event=shift_close")]
    answers.append(client.post(f"/kkm/v1/uploads/{token}?event=\x00"))

    assert [answer.status_code for answer in answers] == [202, 202]
    source.refresh_from_db()
    assert (source.told, source.wanted) == (2, 2)
    assert token not in (source.hook_digest, source.key)


def test_another_hook_ends_the_one_before(source):
    old, new = telling.make_hook(source=source), telling.make_hook(source=source)

    assert Client().get(f"/kkm/v1/uploads/{old}").status_code == 404
    assert Client().get(f"/kkm/v1/uploads/{new}").status_code == 202


def test_a_wrong_hook_is_refused_in_the_one_shape_and_guessing_is_slowed_down(source):
    telling.make_hook(source=source)
    guesses = [Client().get(f"/kkm/v1/uploads/uph_{place}") for place in range(31)]

    refused, slowed = guesses[0], guesses[-1]
    assert refused.status_code == 404
    assert json.loads(refused.content)["errors"][0]["code"] == "unknown_hook"
    assert (slowed.status_code, json.loads(slowed.content)["errors"][0]["code"]) == (429, "throttled")


def test_no_log_names_the_token_of_a_hook(source, caplog):
    token = telling.make_hook(source=source)
    caplog.set_level(logging.INFO)

    Client().get(f"/kkm/v1/uploads/{token}")

    assert "/kkm/v1/uploads/…" in caplog.text
    assert token not in caplog.text
    assert mask(None, "", f"GET /kkm/v1/uploads/{token}?event=x") == "GET /kkm/v1/uploads/…?event=x"
