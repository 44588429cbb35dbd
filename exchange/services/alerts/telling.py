"""Telling what alerts say: to an endpoint a message for each, to a person one e-mail for all of a rule at a time."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext, ngettext, override

from exchange.choices import EventKind
from exchange.models import Alert, AlertRule, OutgoingMessage
from exchange.services.alerts import words
from exchange.services.webhooks import telling

LISTED = 50  # alerts in an e-mail
NAMED = {EventKind.ALERT_OPENED: "opened", EventKind.ALERT_REPEATED: "repeated", EventKind.ALERT_CLOSED: "closed"}


def messages(
    *, rules: Mapping[int, AlertRule], happened: Mapping[EventKind, Sequence[Alert]], now: datetime
) -> Iterator[OutgoingMessage]:
    """Yield the messages, not saved, by which alerts are told that began, are repeated, or are over."""
    for event, alerts in happened.items():
        for rule in rules.values():
            of_rule = [alert for alert in alerts if alert.rule_id == rule.pk]
            if of_rule:
                yield from _to_endpoint(rule, event, of_rule, now)
                yield from _by_mail(rule, event, of_rule, now)


def _to_endpoint(
    rule: AlertRule, event: EventKind, alerts: Sequence[Alert], now: datetime
) -> Iterator[OutgoingMessage]:
    endpoint = rule.endpoint
    if endpoint is None or not endpoint.active:
        return
    with override(endpoint.language):
        for alert in alerts:
            key = f"alert:{alert.pk}:{NAMED[event]}:{now.timestamp():.0f}"
            yield telling.of_event(endpoint=endpoint, event=event, data=_data(alert), key=key, now=now)


def _data(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "rule": alert.rule.name,
        "kind": alert.rule.kind,
        "subject": alert.subject,
        "text": words.told(alert),
        "opened_at": alert.opened_at,
        "closed_at": alert.closed_at,
    }


def _by_mail(rule: AlertRule, event: EventKind, alerts: Sequence[Alert], now: datetime) -> Iterator[OutgoingMessage]:
    with override(rule.language):
        subject, body = _subject(rule, event, alerts), _body(rule, event, alerts)
    key = f"rule:{rule.pk}:{NAMED[event]}:{now.timestamp():.0f}"
    for email in dict.fromkeys(rule.emails):
        yield telling.of_mail(email=email, event=event, subject=subject, body=body, key=key, now=now)


def _subject(rule: AlertRule, event: EventKind, alerts: Sequence[Alert]) -> str:
    """Say what it is about in a line: the thing itself where it is one, how many of them where they are more."""
    said = words.told(alerts[0]) if len(alerts) == 1 else _counted(rule, len(alerts))
    if event == EventKind.ALERT_CLOSED:
        return gettext("Over: %(what)s") % {"what": said}
    if event == EventKind.ALERT_REPEATED:
        return gettext("Still: %(what)s") % {"what": said}
    return said


def _counted(rule: AlertRule, count: int) -> str:
    said = ngettext("%(rule)s: %(count)s alert", "%(rule)s: %(count)s alerts", count)
    return said % {"rule": rule.name, "count": count}


def _body(rule: AlertRule, event: EventKind, alerts: Sequence[Alert]) -> str:
    lines = [words.told(alert) for alert in alerts[:LISTED]]
    if len(alerts) > LISTED:
        lines.append(gettext("And %(count)s more.") % {"count": len(alerts) - LISTED})
    if event == EventKind.ALERT_CLOSED:
        lines.insert(0, gettext("This is over:"))
    lines += ["", gettext("Rule of alerts: %(rule)s") % {"rule": rule.name}]
    if settings.PUBLIC_URL:
        lines.append(f"{settings.PUBLIC_URL}/admin/exchange/alert/")
    return "\n".join(lines)
