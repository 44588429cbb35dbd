"""Sending what is to be told, again and again until it is taken or given up.

A message is claimed by a conditional update, sent outside any transaction, and what became of it is written down only
while the claim holds (`settling`): a sender that dies loses its claim, and another one sends the message. So a message
comes at least once, in no promised order, and a receiver knows a repeat by its id.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import structlog

from exchange.models import OutgoingMessage
from exchange.services import outside
from exchange.services.webhooks import collecting, mailing, settling, signing
from exchange.services.webhooks.settling import Outcome
from retail.exceptions import DomainError
from retail.services.statements import beside

CLAIM = beside(__file__, "claim.sql", prepared=False)
ROOM = 20  # messages of an endpoint under way at once
LEASE = timedelta(seconds=90)  # a claim; longer than a call may last
WORK_SECONDS = 25.0  # of a task; what is left is the next one's
IDLE_ROUNDS, IDLE_SECONDS = 5, 0.2  # while a journal is being written to

_log = structlog.get_logger(__name__)


def work(*, clock: Callable[[], datetime]) -> None:
    """Read the journals and send what is due until nothing is left, or for `WORK_SECONDS`."""
    ends, idle = time.monotonic() + WORK_SECONDS, 0
    settling.give_up_old(now=clock())
    while time.monotonic() < ends and idle < IDLE_ROUNDS:
        more = collecting.collect(now=clock())
        sent = send_due(now=clock()) + mailing.send_due(now=clock())
        if not (more or sent):
            return
        if not sent:
            idle += 1
            time.sleep(IDLE_SECONDS)


def send_due(*, now: datetime) -> int:
    """Send a round of messages that are due to endpoints, all at the same time, and return how many were sent.

    Runs outside a transaction. Two at once send different messages.
    """
    claim = uuid.uuid4().hex
    claimed = claim_due(claim=claim, now=now)
    if not claimed:
        return 0
    messages = list(OutgoingMessage.objects.filter(pk__in=claimed).select_related("endpoint"))
    outcomes = asyncio.run(_send_all(messages, now))
    settling.settle(messages=messages, outcomes=outcomes, claim=claim, now=now)
    return len(messages)


def claim_due(*, claim: str, now: datetime) -> list[int]:
    """Take messages that are due, for `LEASE`; in one statement."""
    rows = CLAIM.rows(claim=claim, now=now, until=now + LEASE, room=ROOM, patience=settling.PATIENCE)
    return [pk for (pk,) in rows]


async def _send_all(messages: Sequence[OutgoingMessage], now: datetime) -> list[Outcome]:
    return await asyncio.gather(*[_send(message, now) for message in messages])


async def _send(message: OutgoingMessage, now: datetime) -> Outcome:
    assert message.endpoint is not None
    content = message.body.encode()
    signed = signing.headers(endpoint=message.endpoint, uid=message.uid, body=content, now=now)
    headers = {"Content-Type": "application/json", **signed}
    started = time.monotonic()
    try:
        answer = await outside.call_async(outside.Call(message.endpoint.url, content=content, headers=headers))
    except DomainError as error:
        return Outcome(error=str(error), seconds=time.monotonic() - started)
    except Exception as error:  # A fault of one call must not take the round down.
        _log.exception("webhook_not_sent", message=message.pk)
        return Outcome(error=type(error).__name__, seconds=time.monotonic() - started)
    if 200 <= answer.status < 300:
        return Outcome(delivered=True, status=answer.status, seconds=answer.seconds)
    said = answer.content.decode(errors="replace").replace("\x00", "").strip()
    wait = settling.wait_of(answer.headers.get("retry-after", "")) if answer.status in (429, 503) else None
    return Outcome(status=answer.status, error=said, seconds=answer.seconds, wait=wait)
