"""What became of messages that were sent, and when those that were not taken are sent again.

A failed message waits four times as long each time: 15 seconds, a minute, … 6 hours, give or take a fifth. It is given
up `WEBHOOK_HOURS` after it was made. An endpoint that fails `PATIENCE` rounds in a row is left alone for a while, half
a minute at first and an hour at last, and then asked by a single message; whatever it takes lets the rest through.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from exchange.choices import MessageState
from exchange.models import OutgoingMessage, WebhookEndpoint

PATIENCE = 5
FIRST, FACTOR, LONGEST = timedelta(seconds=15), 4, timedelta(hours=6)
REST, LONGEST_REST = timedelta(seconds=30), timedelta(hours=1)
KEPT_TRIES = 30
ERROR_LENGTH = 500
GONE = 410

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What became of one attempt: `status` is the answer's, `wait` what the receiver asks us to wait."""

    delivered: bool = False
    status: int | None = None
    error: str = ""
    seconds: float = 0.0
    wait: timedelta | None = None


def settle(*, messages: Sequence[OutgoingMessage], outcomes: Sequence[Outcome], claim: str, now: datetime) -> None:
    """Write down what became of claimed messages. One whose claim has ended meanwhile is somebody else's."""
    with transaction.atomic():
        for message, outcome in zip(messages, outcomes, strict=True):
            ours = OutgoingMessage.objects.filter(pk=message.pk, claim=claim, state=MessageState.SENDING)
            ours.update(**_what_next(message, outcome, now))
        by_endpoint: defaultdict[int, list[Outcome]] = defaultdict(list)
        for message, outcome in zip(messages, outcomes, strict=True):
            if message.endpoint_id is not None:
                by_endpoint[message.endpoint_id].append(outcome)
        endpoints = {message.endpoint_id: message.endpoint for message in messages if message.endpoint}
        for pk, found in sorted(by_endpoint.items()):
            _note_endpoint(endpoints[pk], found, now)


def wait_of(retry_after: str) -> timedelta | None:
    """Read a Retry-After in seconds; None if it is anything else."""
    if not (retry_after.isascii() and retry_after.isdigit() and len(retry_after) < 7):
        return None
    return min(timedelta(seconds=int(retry_after)), LONGEST)


def send_again(*, messages: Sequence[int], now: datetime) -> int:
    """Have messages sent once more, delivered or given up; return how many. What is under way is left alone."""
    ended = OutgoingMessage.objects.filter(pk__in=messages, state__in=[MessageState.DELIVERED, MessageState.GIVEN_UP])
    waiting = OutgoingMessage.objects.filter(pk__in=messages, state=MessageState.WAITING)
    return waiting.update(next_at=now) + ended.update(state=MessageState.WAITING, next_at=now)


def give_up_old(*, now: datetime) -> int:
    """Give up what an endpoint that has failed all that time, or is not active, was to be told too long ago."""
    since = now - timedelta(hours=settings.WEBHOOK_HOURS)
    deaf = Q(endpoint__active=False) | Q(endpoint__failing_since__lte=since)
    old = OutgoingMessage.objects.filter(deaf, state=MessageState.WAITING, made_at__lte=since)
    return old.update(state=MessageState.GIVEN_UP, next_at=None)


def _what_next(message: OutgoingMessage, outcome: Outcome, now: datetime) -> dict[str, Any]:
    """Return what is to be written of a message."""
    error = outcome.error[:ERROR_LENGTH]
    attempt = {"at": now.isoformat(), "status": outcome.status, "seconds": round(outcome.seconds, 3), "error": error}
    written = {
        "status": outcome.status,
        "error": error,
        "seconds": outcome.seconds,
        "tries": [*message.tries, attempt][-KEPT_TRIES:],
    }
    if outcome.delivered:
        return {**written, "state": MessageState.DELIVERED, "delivered_at": now, "next_at": None}
    if outcome.status == GONE or now - message.made_at >= timedelta(hours=settings.WEBHOOK_HOURS):
        return {**written, "state": MessageState.GIVEN_UP, "next_at": None}
    pause = max(_pause(message.attempts, FIRST, FACTOR, LONGEST), outcome.wait or timedelta())
    return {**written, "state": MessageState.WAITING, "next_at": now + pause}


def _note_endpoint(endpoint: WebhookEndpoint, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Note how a round with an endpoint went. One that says that it is gone is told no more."""
    ours = WebhookEndpoint.objects.filter(pk=endpoint.pk)
    if any(outcome.delivered for outcome in outcomes):
        ours.update(failures=0, failing_since=None, paused_until=None, delivered_at=now)
        return
    rounds = endpoint.failures + 1
    rest = now + _pause(rounds - PATIENCE + 1, REST, 2, LONGEST_REST) if rounds >= PATIENCE else None
    ours.update(failures=F("failures") + 1, failing_since=Coalesce(F("failing_since"), now), paused_until=rest)
    if any(outcome.status == GONE for outcome in outcomes):
        ours.update(active=False)
        _log.warning("webhook_endpoint_gone", endpoint=endpoint.pk)


def _pause(attempt: int, first: timedelta, factor: int, longest: timedelta) -> timedelta:
    """Return how long to wait after an attempt, give or take a fifth: those that failed together come back apart."""
    pause: timedelta = min(first * factor ** min(attempt - 1, 12), longest)
    return pause * random.uniform(0.8, 1.2)
