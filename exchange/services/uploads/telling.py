"""What a register tells us: that it has closed a receipt, or a shift. Nothing is refused and nothing is done yet."""

import hashlib
import secrets
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F

from exchange.choices import FetchReason, UploadEvent
from exchange.models import UploadSource
from retail.services.statements import beside

TELL = beside(__file__, "tell.sql")
PREFIX = "uph_"
_NOBODY: dict[str, Any] = {"claim": None, "claimed_until": None}


class Told(NamedTuple):
    """The row that a tell was counted on; `hint`: put a task on the queue."""

    source: int
    register: int
    mode: str
    hint: bool


def tell(*, register_id: int, event: UploadEvent, now: datetime) -> Told | None:
    """Count what a register tells, in one statement. None where nobody fetches from it: it hands over by itself."""
    return _tell(register=register_id, digest=None, event=event, now=now)


def tell_by_hook(*, token: str, event: UploadEvent, now: datetime) -> Told | None:
    """Count what a script tells by the hook of its register. None if nobody has this token."""
    return _tell(register=None, digest=digest(token), event=event, now=now)


def ask_now(*, source: UploadSource, anew: bool, now: datetime) -> None:
    """Make a register due for a person, whatever rest it was given; `anew`: from the beginning of what it keeps."""
    # Whoever is there keeps the cursor as it goes: it loses its claim, and stops.
    changes: dict[str, Any] = {"cursor": "", **_NOBODY} if anew else {}
    UploadSource.objects.filter(pk=source.pk).update(
        wanted=F("wanted") + 1, due_at=now, retry_at=None, reason=FetchReason.HAND, **changes
    )


def settle(*, source: UploadSource, moved: bool, now: datetime) -> None:
    """Begin with new settings: what went wrong with the old ones counts no more, and the register is due.

    Where it has `moved` to another address there may be another memory, which would take the cursor for its own and
    leave out what it names: it is asked from its beginning, and what is known adds nothing.
    """
    UploadSource.objects.filter(pk=source.pk).update(failures=0, last_error="", last_error_detail="", **_NOBODY)
    ask_now(source=source, anew=moved, now=now)


def make_hook(*, source: UploadSource) -> str:
    """Give a register a new hook; the one before works no more. Returns its token, which nobody can tell ever again."""
    token = PREFIX + secrets.token_urlsafe(32)
    UploadSource.objects.filter(pk=source.pk).update(hook_digest=digest(token))
    return token


def digest(token: str) -> str:
    """Return what is kept of a token: of 256 random bits a plain digest tells nothing."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _tell(*, register: int | None, digest: str | None, event: UploadEvent, now: datetime) -> Told | None:
    rows = TELL.rows(register=register, digest=digest, shift_close=event == UploadEvent.SHIFT_CLOSE, now=now)
    return Told(*rows[0]) if rows else None
