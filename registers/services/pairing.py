"""Joining a register: a person makes a code, the register spends it for a token.

A code is eight signs of an alphabet without look-alikes: 31⁸ ≈ 8.5·10¹¹, good for ten minutes and one register. It
is told apart why a dead code is refused, because whoever shows one held the whole of it: the answer says nothing
about live codes, and it tells a person at the till whether to hurry, to ask for another, or to wonder who was first.
"""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from registers.models import PairingCode, Register, RegisterStatus
from registers.services import tokens
from retail.exceptions import DomainError
from retail.services import edits

ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
HALF = 4
LIFETIME = timedelta(minutes=10)
KEPT = timedelta(days=30)

# What a till's keyboard makes of the same keys' letters while it stands in Russian.
_LOOKALIKES = str.maketrans("АВЕКМНРСТУХ", "ABEKMHPCTYX")
_SEPARATORS = str.maketrans("", "", "-\u2010\u2011\u2012\u2013\u2014\u2212_ \u00a0\t\r\n")
_DEVICE_LIMITS = {"serial": 100, "software": 100, "version": 50}  # As wide as RegisterStatus keeps them.


class CodeRefused(DomainError):
    status = 400

    def __init__(self, detail: object) -> None:
        super().__init__(detail, attr="code")


class CodeUnknown(CodeRefused):
    code = "pairing_code_unknown"

    def __init__(self) -> None:
        super().__init__(_("There is no such pairing code: check every letter and digit."))


class CodeExpired(CodeRefused):
    code = "pairing_code_expired"

    def __init__(self) -> None:
        super().__init__(_("This pairing code is too old, or a newer one has replaced it: make another."))


class CodeUsed(CodeRefused):
    code = "pairing_code_used"

    def __init__(self) -> None:
        super().__init__(_("This pairing code has been used already: make another."))


class BadDevice(DomainError):
    code = "invalid_device"
    status = 400


@transaction.atomic
def issue(*, register: Register, by: User, now: datetime) -> str:
    """Make a code "ABCD-EFGH" that pairs one device with the register, in place of codes made for it before.

    Raises `tokens.RegisterInactive`.
    """
    register = tokens.lock(register_id=register.pk)
    if not register.active:
        raise tokens.RegisterInactive
    waiting = PairingCode.objects.filter(register=register, used_at=None, expires_at__gt=now)
    waiting.update(expires_at=now)
    signs = "".join(secrets.choice(ALPHABET) for _sign in range(2 * HALF))
    code = f"{signs[:HALF]}-{signs[HALF:]}"
    PairingCode.objects.create(
        register=register, digest=digest(code), issued_by=by, created_at=now, expires_at=now + LIFETIME
    )
    return code


@transaction.atomic(durable=True)
def pair(*, code: str, device: Mapping[str, object], now: datetime) -> tuple[Register, str]:
    """Spend a code: revoke what the register signed in with before and return it with its new token.

    Locks the register's row; the code itself is claimed by a conditional update, so of two devices one wins.
    Raises `CodeUnknown`, `CodeExpired`, `CodeUsed`, `BadDevice`, `tokens.RegisterInactive`.
    """
    described = _described(device)
    found = PairingCode.objects.filter(digest=digest(canonical(code))).first()
    if found is None:
        raise CodeUnknown
    register = tokens.lock(register_id=found.register_id)
    if not PairingCode.objects.filter(pk=found.pk, used_at=None, expires_at__gt=now).update(used_at=now):
        found.refresh_from_db()
        raise CodeUsed if found.used_at else CodeExpired
    if not register.active:
        raise tokens.RegisterInactive
    token = tokens.create(register=register, now=now)
    edits.note(of=register, said=gettext_noop("A device was paired"), now=now, by_register=" ".join(described.values()))
    # Another device has taken nothing yet, whatever the one before it had.
    RegisterStatus.objects.update_or_create(
        register=register,
        defaults={
            **described,
            "last_seen": now,
            "load": 0,
            "goods_sent": 0,
            "goods_acknowledged": 0,
            "stock_sent": 0,
            "stock_acknowledged": 0,
        },
    )
    return register, token


def forget_old(*, now: datetime) -> int:
    """Delete codes that ended more than a month ago. Returns how many."""
    deleted, _by_model = PairingCode.objects.filter(expires_at__lt=now - KEPT).delete()
    return deleted


def canonical(code: str) -> str:
    """Return a code as it was issued, however it was typed: small letters, spaces, no dash, a Russian keyboard.

    Raises `CodeUnknown` for what no code looks like.
    """
    signs = code[:64].upper().translate(_LOOKALIKES).translate(_SEPARATORS)
    if len(signs) != 2 * HALF or not set(signs) <= set(ALPHABET):
        raise CodeUnknown
    return f"{signs[:HALF]}-{signs[HALF:]}"


def digest(code: str) -> str:
    """Return what is kept of a code in its canonical form."""
    return sha256(code.encode()).hexdigest()


def _described(device: Mapping[str, object]) -> dict[str, str]:
    """Return what the device says of itself, fit to be kept; what it does not say is empty. Raises `BadDevice`."""
    described = {}
    for name, limit in _DEVICE_LIMITS.items():
        value = device.get(name) or ""
        attr = f"device.{name}"
        if not isinstance(value, str):
            raise BadDevice(_("Text is expected here."), attr=attr)
        if len(value) > limit:
            raise BadDevice(_("At most %(limit)d characters are kept here.") % {"limit": limit}, attr=attr)
        if not value.isprintable():
            raise BadDevice(_("Only characters that can be printed are kept here."), attr=attr)
        described[name] = value.strip()
    return described
