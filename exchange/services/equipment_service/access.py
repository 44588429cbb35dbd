"""Who may speak as a device: HTTP Basic, for people and programs with the role «Выполнение синхронизации данных».

A password is derived slowly, on purpose, and a device shows it with every call; so what was right is remembered in
this process by a keyed digest of it and of what the database keeps. Wrong ones are counted by the same locks as
everybody's (django-axes), and by address.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections import OrderedDict

from axes.utils import reset
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.http import HttpRequest

from retail.choices import Role

REMEMBERED = 1000
_KEY = secrets.token_bytes(32)
_right: OrderedDict[tuple[int, bytes], None] = OrderedDict()


def identify(request: HttpRequest) -> User | None:
    """Return who signs in with a request, if they have the role; None for anybody else."""
    name, password = _shown(request)
    if not name or not password:
        return None
    known = User.objects.filter(username=name, is_active=True).first()
    if known is None or (known.pk, _digest(known, password)) not in _right:
        signed = authenticate(request, username=name, password=password)
        if not isinstance(signed, User):
            return None
        known = signed
        reset(
            ip=request.META.get("REMOTE_ADDR"), username=name
        )  # Nobody signs in here, so nothing else forgets misses.
        _remember((known.pk, _digest(known, password)))
    return known if known.groups.filter(name=Role.OPERATOR.value).exists() else None


def forget() -> None:
    """Remember nobody's password any more."""
    _right.clear()


def _shown(request: HttpRequest) -> tuple[str, str]:
    """Return the name and the password of the request's header, in UTF-8, or else as older clients write them."""
    scheme, _space, told = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        shown = base64.b64decode(told.strip(), validate=True)
    except (binascii.Error, ValueError):
        return "", ""
    try:
        text = shown.decode()
    except UnicodeDecodeError:
        text = shown.decode("cp1251", "replace")
    name, colon, password = text.partition(":")
    return (name, password) if colon and "\x00" not in text else ("", "")


def _digest(user: User, password: str) -> bytes:
    return hmac.digest(_KEY, f"{user.password}\n{password}".encode(errors="surrogatepass"), hashlib.sha256)


def _remember(known: tuple[int, bytes]) -> None:
    _right[known] = None
    while len(_right) > REMEMBERED:
        _right.popitem(last=False)
