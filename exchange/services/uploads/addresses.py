"""Which addresses of registers we go to: those of `REGISTER_NETWORKS`, and no others.

A literal address is judged when it is saved; a name for each question, and the connection is made to the very address
that was judged (`exchange.services.outside`).
"""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from exchange.services import outside
from exchange.services.outside import Networks
from retail.exceptions import DomainError


class NoNetworks(DomainError):
    """The server was not told where registers stand."""

    code = "no_networks"

    def __init__(self) -> None:
        super().__init__(_("Set REGISTER_NETWORKS in the server's environment to the networks where registers stand."))


def networks() -> Networks:
    """Return where registers stand. Raises `NoNetworks`."""
    if not settings.REGISTER_NETWORKS:
        raise NoNetworks
    found: Networks = settings.REGISTER_NETWORKS
    return found


def check_written(address: str) -> None:
    """Judge an address as a person writes it; a name is looked up only when it is asked.

    Raises `NoNetworks`, `outside.BadAddress`.
    """
    parts = outside.check_url(address, networks())
    if parts.query or parts.fragment:
        raise outside.BadAddress(_("Leave what begins with a question mark or a number sign out of the address."))
