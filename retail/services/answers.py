"""Doing what a program asks once, however often it asks: the idempotency of the back-office API.

A program that lost an answer repeats its request under the same key. The key is a row under a unique constraint,
written in the transaction of the act itself, so that either both are there or neither. Whoever comes second while the
first is still at work waits at that constraint, and then reads the first one's answer.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from retail.exceptions import DomainError
from retail.models import KeptAnswer

KEPT = timedelta(days=30)


class KeyReused(DomainError):
    """The key belongs to another request: answering either of them with the other's answer would be a lie."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__(
            _("This Idempotency-Key has been used for another request: give every request a key of its own.")
        )


class Answer(NamedTuple):
    """What a request was answered (`body` is JSON); `repeated` where it was done before and nothing was done now."""

    status: int
    body: str
    repeated: bool = False


def fingerprint(*, method: str, path: str, body: Any) -> str:
    """Return what tells one request from another: the order of fields and spaces do not."""
    asked = json.dumps([method, path, body], sort_keys=True, ensure_ascii=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(asked.encode()).hexdigest()


@transaction.atomic(durable=True)
def once(
    *,
    user: User,
    key: str,
    asked: str,
    act: Callable[[], Answer],
    refused: Callable[[DomainError], Answer],
    now: datetime,
) -> Answer:
    """Do `act` unless the person's key was used before, and keep what came of it; a refusal of the domain is kept too.

    Any other exception leaves no trace of the key. Raises `KeyReused`.
    """
    row, mine = _claim(user, key, asked, now)
    if not mine:
        if row.fingerprint != asked:
            raise KeyReused
        return Answer(row.status, row.body, repeated=True)
    try:
        with transaction.atomic():
            answer = act()
    except DomainError as refusal:
        if refusal.status >= 500:
            raise
        answer = refused(refusal)
    row.status, row.body = answer.status, answer.body
    row.save(update_fields=["status", "body"])
    return answer


def forget_old(*, now: datetime) -> int:
    """Delete answers that nobody will ask for again. Returns how many."""
    deleted, _by_model = KeptAnswer.objects.filter(made_at__lt=now - KEPT).delete()
    return deleted


def _claim(user: User, key: str, asked: str, now: datetime) -> tuple[KeptAnswer, bool]:
    """Take the key, waiting for whoever is taking it, and say whether it is ours now."""
    row = KeptAnswer(user=user, key=key, fingerprint=asked, made_at=now)
    KeptAnswer.objects.bulk_create([row], ignore_conflicts=True)
    kept = KeptAnswer.objects.select_for_update().get(user=user, key=key)
    return kept, kept.status == 0
