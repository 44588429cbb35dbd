"""How a register proves who it is, and how that ends.

A token is 256 random bits behind `prk_`, a prefix by which people and secret scanners know it. Only its SHA-256 is
kept: of a value nobody can guess, a plain digest tells nothing, and it can be found through an index.

A register has at most one token in use and at most one *pending*, made by a rotation or a pairing and not used yet.
The first use of the pending one revokes the older one, so a register that lost the answer to its rotation still gets
in. Every change of a register's tokens is made under the lock of the register's row, the first lock taken.
"""

import hashlib
import secrets
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from registers.models import Register, RegisterToken
from registers.services import revocations
from retail.exceptions import DomainError
from retail.models import Organization, Shop, Warehouse
from retail.services.statements import beside

PREFIX = "prk_"
IDENTIFY = beside(__file__, "identify.sql")

_PARTS = (Register, Organization, Shop, Warehouse)
_FIELDS = [[field.attname for field in part._meta.concrete_fields] for part in _PARTS]


class UnknownToken(DomainError):
    code = "unknown_token"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("This token is not known: pair the register again."))


class RevokedToken(DomainError):
    code = "revoked_token"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("This token has been revoked: pair the register again."))


class RegisterInactive(DomainError):
    code = "register_inactive"
    status = 401

    def __init__(self) -> None:
        super().__init__(_("The register is not active: a merchandiser switches it on in the back office."))


def lock(*, register_id: int) -> Register:
    """Lock a register's row for a change of its codes or tokens, and return it as it is now."""
    registers = Register.objects.select_for_update(of=("self",), no_key=True)
    return registers.select_related("organization", "shop", "warehouse").get(pk=register_id)


@transaction.atomic
def create(*, register: Register, now: datetime) -> str:
    """Give the register a new token in place of all it had; they are revoked at once. Returns the token."""
    lock(register_id=register.pk)
    RegisterToken.objects.live().filter(register=register).update(revoked_at=now)
    transaction.on_commit(partial(revocations.announce, [register.pk]))
    return _add_pending(register, now)


@transaction.atomic
def rotate(*, register: Register, now: datetime) -> str:
    """Give the register a token that replaces the one in use when first used; an earlier pending one is revoked.

    Raises `RevokedToken` when no token is in use: access taken away meanwhile is not given back by a rotation.
    """
    lock(register_id=register.pk)
    live = RegisterToken.objects.live().filter(register=register)
    if not live.exclude(first_used_at=None).exists():
        raise RevokedToken
    live.filter(first_used_at=None).update(revoked_at=now)
    return _add_pending(register, now)


@transaction.atomic
def revoke(*, register: Register, by: User, now: datetime) -> int:
    """Take the register's access away at once: every live token. Returns how many there were."""
    lock(register_id=register.pk)
    revoked = RegisterToken.objects.live().filter(register=register).update(revoked_at=now, revoked_by=by)
    transaction.on_commit(partial(revocations.announce, [register.pk]))
    return revoked


def identify(*, token: str, now: datetime) -> Register:
    """Return the register that shows this token, with its organization, shop and warehouse: one prepared statement.

    The first use of a token is written down in a transaction of its own, so call it outside of any.
    Raises `UnknownToken`, `RevokedToken`, `RegisterInactive`.
    """
    rows = IDENTIFY.rows(digest=digest(token))
    if not rows:
        raise UnknownToken
    pk, first_used_at, revoked_at, *columns = rows[0]
    if revoked_at is not None:
        raise RevokedToken
    register = _register(columns)
    if not register.active:
        raise RegisterInactive
    if first_used_at is None:
        _begin_use(pk, register, now)
    return register


def digest(token: str) -> str:
    """Return what is kept of a token."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def _add_pending(register: Register, now: datetime) -> str:
    token = PREFIX + secrets.token_urlsafe(32)
    RegisterToken.objects.create(register=register, digest=digest(token), created_at=now)
    return token


def _register(columns: list[Any]) -> Register:
    """Build the four objects of an `identify.sql` row without asking the database again."""
    parts: list[Any] = []
    begin = 0
    for part, fields in zip(_PARTS, _FIELDS, strict=True):
        end = begin + len(fields)
        parts.append(part.from_db("default", fields, columns[begin:end]))
        begin = end
    register: Register = parts[0]
    register.organization, register.shop, register.warehouse = parts[1:]
    return register


@transaction.atomic(durable=True)
def _begin_use(pk: int, register: Register, now: datetime) -> None:
    """Mark a token's first use and revoke the register's older ones. Raises `RevokedToken` if it was just revoked.

    Of two first uses at once the second finds the mark and changes nothing.
    """
    lock(register_id=register.pk)
    token = RegisterToken.objects.get(pk=pk)
    if token.revoked_at is not None:
        raise RevokedToken
    if token.first_used_at is not None:
        return
    older = RegisterToken.objects.live().filter(register=register, pk__lt=pk)
    if older.update(revoked_at=now):
        transaction.on_commit(partial(revocations.announce, [register.pk]))
    RegisterToken.objects.live().filter(pk=pk, first_used_at=None).update(first_used_at=now)
