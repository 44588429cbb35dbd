"""Sending what people are told by e-mail: the same log, the same patience, one connection for a round."""

import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from exchange.choices import MessageState
from exchange.models import OutgoingMessage
from exchange.services.webhooks import settling
from exchange.services.webhooks.settling import Outcome

AT_ONCE = 3
LEASE = timedelta(seconds=180)  # a claim; longer than a round may last, each command of each mail timed out
SMTP = "django.core.mail.backends.smtp.EmailBackend"


def send_due(*, now: datetime) -> int:
    """Send a round of e-mails that are due, and return how many. Runs outside a transaction."""
    claim = uuid.uuid4().hex
    messages = _claim(claim, now)
    if messages:
        settling.settle(messages=messages, outcomes=_send_all(messages), claim=claim, now=now)
    return len(messages)


def _claim(claim: str, now: datetime) -> list[OutgoingMessage]:
    with transaction.atomic():
        due = OutgoingMessage.objects.filter(endpoint=None, state__in=[MessageState.WAITING, MessageState.SENDING])
        taken = due.filter(next_at__lte=now).order_by("next_at").select_for_update(skip_locked=True)[:AT_ONCE]
        messages = list(taken)
        claimed = OutgoingMessage.objects.filter(pk__in=[message.pk for message in messages])
        claimed.update(state=MessageState.SENDING, claim=claim, next_at=now + LEASE, attempts=F("attempts") + 1)
        for message in messages:
            message.attempts += 1
    return messages


def _send_all(messages: Sequence[OutgoingMessage]) -> list[Outcome]:
    """Send e-mails by one connection; if there is none, none of them has been sent."""
    if settings.EMAIL_BACKEND == SMTP and not settings.EMAIL_HOST:
        return [Outcome(error=_("Mail is not set up on the server (EMAIL_URL)."))] * len(messages)
    connection = get_connection(fail_silently=False)
    try:
        connection.open()
    except Exception as error:  # Whatever the backend finds: the log of the message says what.
        return [Outcome(error=_words(error))] * len(messages)
    try:
        return [_send(message, connection) for message in messages]
    finally:
        connection.close()


def _send(message: OutgoingMessage, connection: BaseEmailBackend) -> Outcome:
    started = time.monotonic()
    mail = EmailMessage(
        message.subject,
        message.body,
        to=[message.email],
        connection=connection,
        headers={"Message-ID": f"<{message.uid}@prilavok>"},  # A repeat is known as one.
    )
    try:
        mail.send()
    except Exception as error:
        return Outcome(error=_words(error), seconds=time.monotonic() - started)
    return Outcome(delivered=True, seconds=time.monotonic() - started)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
