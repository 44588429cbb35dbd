"""Who may speak as УКМ 5. The vendor's own service has no sign-in, so ours is shut unless settings open it.

`UKM5_ACCESS` is "secret": each store has a secret, which stands in the address (of it only the SHA-256 is kept); or
"network": whoever asks from one of `UKM5_NETWORKS` is let in and may speak for every store.
"""

import hashlib
import secrets
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from exchange.choices import Ukm5Access
from exchange.models import Ukm5Store
from exchange.services import outside
from retail.exceptions import DomainError

PREFIX = "uk5_"


class ShutOff(DomainError):
    """The dialect is switched off in the settings, or not by this kind of address."""

    code = "ukm5_shut_off"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("UKM 5 is not let in at this address: the server's settings say how it is."))


class NotLetIn(DomainError):
    """Nobody knows the secret, or the address is of no network that is let in."""

    code = "ukm5_not_let_in"
    status = 403

    def __init__(self) -> None:
        super().__init__(_("Not let in: the secret in the address is not known, or the network is not allowed."))


def identify(*, secret: str, address: str) -> Ukm5Store | None:
    """Return the store whose secret this is; None where the network is let in, for all stores.

    Raises `ShutOff`, `NotLetIn`.
    """
    if (Ukm5Access.SECRET if secret else Ukm5Access.NETWORK) != settings.UKM5_ACCESS:
        raise ShutOff
    if not secret:
        if not _is_allowed(address):
            raise NotLetIn
        return None
    store = Ukm5Store.objects.select_related("shop").filter(digest=digest(secret)).first()
    if store is None:
        raise NotLetIn
    return store


def make_secret(*, store: Ukm5Store, by: User, now: datetime) -> str:
    """Give a store a new secret; the one before works no more. Returns it, and nobody can tell it ever again."""
    secret = PREFIX + secrets.token_urlsafe(32)
    store.digest, store.secret_made_at, store.secret_made_by = digest(secret), now, by
    store.save(update_fields=["digest", "secret_made_at", "secret_made_by"])
    return secret


def revoke_secret(*, store: Ukm5Store) -> bool:
    """Let nobody in by the store's secret. Returns whether it had one."""
    had = store.digest is not None
    store.digest = None
    store.save(update_fields=["digest"])
    return had


def digest(secret: str) -> str:
    """Return what is kept of a secret: of 256 random bits a plain digest tells nothing."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _is_allowed(address: str) -> bool:
    try:
        asked: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return False
    return outside.is_within(asked, settings.UKM5_NETWORKS)
