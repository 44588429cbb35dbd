"""Messages that are made one by one: a test, an alert. Those of journals are made by statements (`collecting`)."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.utils.translation import gettext, override

from exchange.choices import EventKind
from exchange.models import OutgoingMessage, WebhookEndpoint

AT_ONCE = 2000  # rows in a statement


def of_event(
    *, endpoint: WebhookEndpoint, event: EventKind, data: Mapping[str, Any], key: str, now: datetime
) -> OutgoingMessage:
    """Return a message to an endpoint, not saved."""
    said = {"type": event.value, "timestamp": now, "data": data}
    body = msgspec.json.encode(said).decode()
    return OutgoingMessage(endpoint=endpoint, uid=_uid(), key=key, event=event, body=body, made_at=now, next_at=now)


def of_mail(*, email: str, event: EventKind, subject: str, body: str, key: str, now: datetime) -> OutgoingMessage:
    """Return an e-mail, not saved."""
    line = " ".join(subject.split())[:250]
    return OutgoingMessage(
        email=email, uid=_uid(), key=key, event=event, subject=line, body=body, made_at=now, next_at=now
    )


def test(*, endpoint: WebhookEndpoint, now: datetime) -> OutgoingMessage:
    """Have a test sent to an endpoint."""
    with override(endpoint.language):
        data = {"text": gettext("This is a test."), "endpoint": endpoint.name}
    key = f"test:{secrets.token_hex(8)}"
    message = of_event(endpoint=endpoint, event=EventKind.TEST, data=data, key=key, now=now)
    message.save()
    return message


def forget_old(*, now: datetime) -> int:
    """Delete messages that ended longer ago than they are kept, and return how many."""
    ended = OutgoingMessage.objects.filter(next_at=None, made_at__lt=now - timedelta(days=settings.MESSAGES_DAYS))
    forgotten = 0
    while chosen := list(ended.order_by("made_at").values_list("pk", flat=True)[:AT_ONCE]):
        forgotten += OutgoingMessage.objects.filter(pk__in=chosen).delete()[0]
    return forgotten


def _uid() -> str:
    return f"msg_{secrets.token_hex(16)}"
