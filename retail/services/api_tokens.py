"""How a person's own program proves in whose name it speaks, and how that ends.

A token is 256 random bits behind `pra_`, a prefix by which people and secret scanners know it. Only its SHA-256 is
kept: of a value nobody can guess, a plain digest tells nothing, and it can be found through an index.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from retail.exceptions import DomainError
from retail.models import ApiToken

PREFIX = "pra_"
_NOTED_EVERY = timedelta(minutes=1)


class UnknownToken(DomainError):
    code = "unknown_token"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("This token is not known: make another in the back office."))


class RevokedToken(DomainError):
    code = "revoked_token"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("This token has been revoked: make another in the back office."))


class ExpiredToken(DomainError):
    code = "expired_token"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("This token has expired: make another in the back office."))


class PersonInactive(DomainError):
    code = "person_inactive"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("The person whose token this is may not sign in any more."))


class AlreadyRevoked(DomainError):
    code = "already_revoked"


class EndsBeforeItBegins(DomainError):
    """A token that would never work."""

    code = "ends_before_it_begins"


def create(
    *, user: User, name: str, by: User | None, now: datetime, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """Make a token for a person's program. Returns its row and the token, which is not told again.

    Raises `EndsBeforeItBegins`.
    """
    check_expires(expires_at=expires_at, now=now)
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        user=user, name=name, digest=digest(token), created_at=now, created_by=by, expires_at=expires_at
    )
    return row, token


def revoke(*, token: ApiToken, by: User | None, now: datetime) -> ApiToken:
    """End a token at once. Raises `AlreadyRevoked`."""
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now, revoked_by=by):
        raise AlreadyRevoked(_("This token has been revoked already."))
    token.revoked_at, token.revoked_by = now, by
    return token


def identify(*, token: str, now: datetime) -> ApiToken:
    """Return the row of the token that is shown, with its person; note its use, once a minute.

    Raises `UnknownToken`, `RevokedToken`, `ExpiredToken`, `PersonInactive`.
    """
    row = ApiToken.objects.select_related("user").filter(digest=digest(token)).first()
    if row is None:
        raise UnknownToken
    if row.revoked_at is not None:
        raise RevokedToken
    if row.expires_at is not None and row.expires_at <= now:
        raise ExpiredToken
    if not row.user.is_active:
        raise PersonInactive
    stale = now - _NOTED_EVERY
    if row.last_used_at is None or row.last_used_at < stale:
        unnoted = ApiToken.objects.filter(Q(last_used_at=None) | Q(last_used_at__lt=stale), pk=row.pk)
        unnoted.update(last_used_at=now)
        row.last_used_at = now
    return row


def check_expires(*, expires_at: datetime | None, now: datetime) -> None:
    """Raises `EndsBeforeItBegins`."""
    if expires_at is not None and expires_at <= now:
        raise EndsBeforeItBegins(_("A token expires later than now, or never."), attr="expires_at")


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
