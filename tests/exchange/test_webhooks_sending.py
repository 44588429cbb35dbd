"""Sending messages: signed, again until they are taken, and not to whoever is down."""

import re
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from django.core import mail

from exchange.choices import EventKind, MessageState
from exchange.models import OutgoingMessage
from exchange.services.webhooks import mailing, sending, settling, signing, telling
from tests.exchange.receiver import Receiver, verify
from tests.factories.exchange import OutgoingMessageFactory, WebhookEndpointFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def receiver(settings):
    settings.OUTSIDE_HTTP, settings.OUTSIDE_NETWORKS = True, [ip_network("127.0.0.0/8")]
    listening = Receiver()
    yield listening
    listening.close()


@pytest.fixture
def endpoint(receiver):
    return WebhookEndpointFactory(url=receiver.url)


def test_a_message_is_signed_so_that_its_receiver_can_tell(endpoint, receiver):
    secret = signing.make_secret(endpoint=endpoint, now=NOW)
    telling.test(endpoint=endpoint, now=NOW)

    sent = sending.send_due(now=NOW)

    [(headers, body)] = receiver.heard
    message = OutgoingMessage.objects.get()
    assert (sent, message.state, message.status, message.attempts) == (1, MessageState.DELIVERED, 200, 1)
    assert verify(secret, headers, body)
    assert not verify(secret, headers, body + b" ")
    assert body.decode() == message.body


def test_the_example_of_the_guide_checks_a_signature(endpoint, settings):
    guide = (Path(settings.BASE_DIR) / "docs" / "integrators.md").read_text()
    names: dict = {}
    [example] = [
        code for code in re.findall(r"^```python\n(.*?)^```", guide, re.DOTALL | re.MULTILINE) if "is_ours" in code
    ]
    exec(example, names)
    secret = signing.make_secret(endpoint=endpoint, now=NOW)
    headers = signing.headers(endpoint=endpoint, uid="msg_1", body=b"x", now=NOW)

    answers = [
        names["is_ours"](secret, headers, body, now=NOW.timestamp() + later)
        for body, later in ((b"x", 0), (b"y", 0), (b"x", 301))
    ]

    assert answers == [True, False, False]
    assert all(f"`{event}`" in guide for event in EventKind.values)


def test_a_new_secret_signs_beside_the_old_one_for_a_day(endpoint, receiver):
    old = signing.make_secret(endpoint=endpoint, now=NOW)
    new = signing.make_secret(endpoint=endpoint, now=NOW)
    headers = signing.headers(endpoint=endpoint, uid="msg_1", body=b"x", now=NOW + timedelta(hours=23))
    later = signing.headers(endpoint=endpoint, uid="msg_1", body=b"x", now=NOW + timedelta(hours=25))

    assert [verify(secret, headers, b"x") for secret in (old, new)] == [True, True]
    assert [verify(secret, later, b"x") for secret in (old, new)] == [False, True]


def test_a_copy_of_the_database_does_not_tell_the_secret(endpoint, settings):
    secret = signing.make_secret(endpoint=endpoint, now=NOW)
    settings.SECRET_KEY = "another key " * 5

    headers = signing.headers(endpoint=endpoint, uid="msg_1", body=b"x", now=NOW)

    assert not verify(secret, headers, b"x")


def test_a_message_that_was_refused_is_sent_again_and_each_attempt_is_kept(endpoint, receiver):
    receiver.answers = [500, 200]
    message = OutgoingMessageFactory(endpoint=endpoint)

    sending.send_due(now=NOW)
    message.refresh_from_db()
    assert (message.state, message.status, message.error) == (MessageState.WAITING, 500, "said")
    assert timedelta(seconds=12) <= message.next_at - NOW <= timedelta(seconds=18)
    early = sending.send_due(now=NOW + timedelta(seconds=5))
    late = sending.send_due(now=message.next_at)

    message.refresh_from_db()
    assert (early, late, message.state) == (0, 1, MessageState.DELIVERED)
    assert [attempt["status"] for attempt in message.tries] == [500, 200]
    assert len({headers["webhook-id"] for headers, _body in receiver.heard}) == 1


def test_the_receiver_may_ask_to_wait_longer(endpoint, receiver):
    receiver.answers, receiver.headers = [503], {"Retry-After": "1200"}
    message = OutgoingMessageFactory(endpoint=endpoint)

    sending.send_due(now=NOW)

    message.refresh_from_db()
    assert message.next_at == NOW + timedelta(seconds=1200)


def test_a_message_is_given_up_after_three_days_and_sent_once_more_when_asked(endpoint, receiver):
    receiver.answers = [500]
    message = OutgoingMessageFactory(endpoint=endpoint, made_at=NOW - timedelta(hours=73))

    sending.send_due(now=NOW)
    message.refresh_from_db()
    assert (message.state, message.next_at) == (MessageState.GIVEN_UP, None)
    again = settling.send_again(messages=[message.pk], now=NOW)
    sending.send_due(now=NOW)

    message.refresh_from_db()
    assert (again, message.state) == (1, MessageState.DELIVERED)


def test_an_endpoint_that_fails_is_left_alone_and_then_asked_by_one_message(endpoint, receiver):
    receiver.answer = 500
    messages = OutgoingMessageFactory.create_batch(3, endpoint=endpoint)
    moment = NOW
    for _ in range(settling.PATIENCE):
        sending.send_due(now=moment)
        moment += timedelta(hours=7)

    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (settling.PATIENCE, NOW)
    last = moment - timedelta(hours=7)
    assert sending.send_due(now=last + timedelta(seconds=1)) == 0
    OutgoingMessage.objects.update(next_at=last)
    probed = sending.send_due(now=endpoint.paused_until)
    endpoint.refresh_from_db()
    receiver.answer = 200
    taken = sending.send_due(now=endpoint.paused_until) + sending.send_due(
        now=endpoint.paused_until + timedelta(days=1)
    )

    endpoint.refresh_from_db()
    assert (probed, taken) == (1, len(messages))
    assert (endpoint.failures, endpoint.failing_since, endpoint.paused_until) == (0, None, None)


def test_an_endpoint_that_says_it_is_gone_is_told_no_more(endpoint, receiver):
    receiver.answer = 410
    message = OutgoingMessageFactory(endpoint=endpoint)

    sending.send_due(now=NOW)

    endpoint.refresh_from_db()
    message.refresh_from_db()
    assert (endpoint.active, message.state) == (False, MessageState.GIVEN_UP)


def test_what_a_deaf_endpoint_was_to_be_told_long_ago_is_given_up():
    deaf = WebhookEndpointFactory(failing_since=NOW - timedelta(hours=73))
    old, recent = (OutgoingMessageFactory(endpoint=deaf, made_at=NOW - timedelta(hours=hours)) for hours in (73, 71))
    untried = OutgoingMessageFactory(made_at=NOW - timedelta(hours=100))

    settling.give_up_old(now=NOW)

    states = [OutgoingMessage.objects.get(pk=one.pk).state for one in (old, recent, untried)]
    assert states == [MessageState.GIVEN_UP, MessageState.WAITING, MessageState.WAITING]


def test_an_address_in_a_closed_network_is_not_called(endpoint, receiver, settings):
    settings.OUTSIDE_NETWORKS = []
    message = OutgoingMessageFactory(endpoint=endpoint)

    sending.send_due(now=NOW)

    message.refresh_from_db()
    assert (receiver.heard, message.state) == ([], MessageState.WAITING)
    assert "closed network" in message.error


def test_an_outcome_whose_claim_has_ended_is_not_written(endpoint):
    message = OutgoingMessageFactory(endpoint=endpoint)
    [claimed] = sending.claim_due(claim="first", now=NOW)
    taken_over = sending.claim_due(claim="second", now=NOW + sending.LEASE)
    message.refresh_from_db()

    settling.settle(messages=[message], outcomes=[settling.Outcome(delivered=True)], claim="first", now=NOW)

    message.refresh_from_db()
    assert (claimed, taken_over, message.state, message.attempts) == (message.pk, [message.pk], "sending", 2)


def test_work_reads_and_sends_until_nothing_is_left(endpoint, receiver):
    OutgoingMessageFactory.create_batch(3, endpoint=endpoint)

    sending.work(clock=lambda: NOW)

    assert set(OutgoingMessage.objects.values_list("state", flat=True)) == {MessageState.DELIVERED}


def a_mail(**fields):
    return OutgoingMessageFactory(
        endpoint=None, email="duty@example.org", subject="Касса молчит", body="Что-то", **fields
    )


def test_a_mail_is_sent_by_the_same_log():
    message = a_mail()

    mailing.send_due(now=NOW)

    message.refresh_from_db()
    [sent] = mail.outbox
    assert (message.state, message.attempts) == (MessageState.DELIVERED, 1)
    assert (sent.to, sent.subject, sent.body) == (["duty@example.org"], "Касса молчит", "Что-то")


@pytest.mark.parametrize(
    ("backend", "said"),
    [(mailing.SMTP, "EMAIL_URL"), ("tests.exchange.test_webhooks_sending.Down", "ConnectionError: away")],
)
def test_a_mail_that_cannot_be_sent_waits(settings, backend, said):
    settings.EMAIL_BACKEND = backend
    message = a_mail()

    mailing.send_due(now=NOW)

    message.refresh_from_db()
    assert (message.state, len(message.tries)) == (MessageState.WAITING, 1)
    assert said in message.error


class Down:
    """A mail server that is away."""

    def __init__(self, **kwargs):
        pass

    def open(self):
        raise ConnectionError("away")
