"""Pages of alerts and webhooks: what they show, who may do what there, and that a secret is shown once."""

import base64
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from exchange.choices import AlertKind, EventKind, MessageState
from exchange.models import Alert, AlertRule, OutgoingMessage, WebhookEndpoint
from retail.choices import Role
from tests.factories.exchange import (
    AlertFactory,
    AlertRuleFactory,
    OutgoingMessageFactory,
    WebhookEndpointFactory,
)
from tests.factories.people import UserFactory
from tests.factories.registers import RegisterFactory
from tests.registers.pages import queries_of, text_of
from tests.retail.admin import signed_in

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def page(model, view="changelist", *args):
    return reverse(f"admin:exchange_{model}_{view}", args=args)


def of_role(role):
    user = UserFactory()
    user.groups.add(Group.objects.get(name=role.value))
    return signed_in(user)


def ask(client, model, action, *objects, **confirmed):
    chosen = {"action": action, "_selected_action": [one.pk for one in objects], **confirmed}
    return client.post(page(model), chosen, follow=True)


def test_open_alerts_come_first_and_lead_to_what_is_wrong():
    register = RegisterFactory()
    over = AlertFactory(opened_at=NOW + timedelta(hours=1), closed_at=NOW + timedelta(hours=2))
    alert = AlertFactory(subject=f"registers.register:{register.pk}")

    listed = signed_in().get(page("alert"))

    assert list(listed.context_data["cl"].result_list) == [alert, over]
    assert reverse("admin:registers_register_change", args=[register.pk]) in listed.content.decode()
    assert "7 Касса (Магазин) has not been heard since" in text_of(listed)


def test_alerts_are_acknowledged_once_by_whoever_was_asked():
    alert, other = AlertFactory(), AlertFactory()
    client = of_role(Role.OPERATOR)

    asked = ask(client, "alert", "acknowledge", alert)
    done = ask(client, "alert", "acknowledge", alert, confirmed="1")

    alert.refresh_from_db()
    assert "Say that you know" in text_of(asked)
    assert "1 alert acknowledged" in text_of(done)
    assert alert.acknowledged_by is not None
    assert Alert.objects.get(pk=other.pk).acknowledged_by is None


@pytest.mark.parametrize("role", Role)
def test_only_administrators_say_who_is_told(role):
    rule, endpoint = AlertRuleFactory(), WebhookEndpointFactory()
    client = of_role(role)
    pages = [page("alertrule", "change", rule.pk), page("webhookendpoint", "change", endpoint.pk)]

    statuses = [client.get(one).status_code for one in (*pages, page("outgoingmessage"))]
    posted = client.post(page("alertrule", "change", rule.pk), {}).status_code

    assert client.get(page("alert")).status_code == 200
    assert statuses == ([200, 200, 200] if role == Role.ADMINISTRATOR else [200, 403, 403])
    assert posted == (200 if role == Role.ADMINISTRATOR else 403)


def rule_form(**fields):
    return {
        "name": "Кассы молчат", "kind": AlertKind.SILENT, "threshold": "15", "active": "on", "language": "ru",
        "emails": "a@example.org, b@example.org\na@example.org", "hours_from": "", "hours_to": "", **fields,
    }  # fmt: skip


def test_a_rule_is_entered_with_its_people():
    response = signed_in().post(page("alertrule", "add"), rule_form())

    assert response.status_code == 302
    assert AlertRule.objects.get().emails == ["a@example.org", "b@example.org"]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"emails": ""}, "Say who is told"),
        ({"emails": "nobody"}, "Enter a valid email address"),
        ({"hours_from": "09:00"}, "Say both from when and to when"),
        ({"hours_from": "09:00", "hours_to": "09:00"}, "The hours end when they begin"),
        ({"kind": AlertKind.DESK, "hours_from": "09:00", "hours_to": "18:00"}, "Hours are for registers"),
        ({"threshold": "0"}, "The threshold is more than zero"),
        ({"repeat_minutes": "0"}, "A minute is the least"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(fields, said):
    response = signed_in().post(page("alertrule", "add"), rule_form(**fields))

    assert said in text_of(response)
    assert not AlertRule.objects.exists()


def test_what_a_rule_watches_stays_as_its_alerts_were_told():
    alert = AlertFactory()

    signed_in().post(page("alertrule", "change", alert.rule_id), rule_form(kind=AlertKind.DESK, threshold="20"))

    alert.rule.refresh_from_db()
    assert (alert.rule.kind, alert.rule.threshold) == (AlertKind.SILENT, 20)


def endpoint_form(**fields):
    return {
        "name": "Учётная система", "url": "https://example.org/hook", "events": [EventKind.RECEIPT], "active": "on",
        "stock_below": "5", "language": "ru", **fields,
    }  # fmt: skip


def test_an_endpoint_is_entered_and_leads_to_its_secret_which_is_shown_once():
    client = signed_in()

    added = client.post(page("webhookendpoint", "add"), endpoint_form())
    endpoint = WebhookEndpoint.objects.get()
    made = client.post(added.url)

    secret = next(word for word in text_of(made).split() if word.startswith("whsec_"))
    assert (endpoint.events, endpoint.stock_below) == ([EventKind.RECEIPT], Decimal(5))
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert "no-store" in made["Cache-Control"]
    endpoint.refresh_from_db()
    shown = client.get(page("webhookendpoint", "change", endpoint.pk)).content.decode()
    history = client.get(page("webhookendpoint", "history", endpoint.pk)).content.decode()
    assert endpoint.salt
    assert not any(hidden in told for hidden in (secret, endpoint.salt) for told in (shown, history))


@pytest.mark.parametrize("url", ["http://example.org/", "https://10.0.0.1/", "https://user:x@example.org/", "hook"])
def test_an_address_that_is_not_to_be_called_is_refused_when_it_is_typed(url):
    response = signed_in().post(page("webhookendpoint", "add"), endpoint_form(url=url))

    assert response.status_code == 200
    assert not WebhookEndpoint.objects.exists()


def test_a_test_event_is_asked_for():
    endpoint = WebhookEndpointFactory()
    client = signed_in()

    client.get(page("webhookendpoint", "send_test", endpoint.pk))
    assert not endpoint.messages.exists()
    response = client.post(page("webhookendpoint", "send_test", endpoint.pk), follow=True)

    assert endpoint.messages.get().event == EventKind.TEST
    assert "This is a test" in text_of(response) or "Это проверка" in text_of(response)


def test_a_message_shows_its_attempts_and_is_sent_again():
    attempt = {"at": NOW.isoformat(), "status": 500, "seconds": 0.25, "error": "out of order"}
    message = OutgoingMessageFactory(state=MessageState.GIVEN_UP, next_at=None, attempts=1, tries=[attempt])
    client = of_role(Role.ADMINISTRATOR)

    shown = text_of(client.get(page("outgoingmessage", "change", message.pk)))
    done = ask(client, "outgoingmessage", "send_again", message, confirmed="1")

    message.refresh_from_db()
    assert "out of order" in shown
    assert "1 message will be sent" in text_of(done)
    assert message.state == MessageState.WAITING


@pytest.mark.parametrize(
    ("model", "factory"),
    [
        ("alert", AlertFactory),
        ("alertrule", AlertRuleFactory),
        ("webhookendpoint", WebhookEndpointFactory),
        ("outgoingmessage", OutgoingMessageFactory),
    ],
)
def test_a_list_asks_as_much_for_many_rows_as_for_one(model, factory):
    client = signed_in()
    factory()
    few = queries_of(client, page(model))
    for _ in range(3):
        factory()

    assert queries_of(client, page(model)) == few
    assert OutgoingMessage.objects.count() in (0, 4)
