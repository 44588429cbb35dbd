"""Reading again what a register once said.

Who knows the bytes of a dialect stands above this app, and is named in settings: `TRANSACTION_READERS` maps a protocol
to a function of bytes and the time zone of the register's shop, which makes an `Entry` of them and never raises for
what they hold.
"""

from datetime import UTC, tzinfo

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from registers.messages import Entry
from retail.exceptions import DomainError

OURS = "kkmtransfer"  # Corrections are written in our own dialect.


class UnknownProtocol(DomainError):
    """This release does not speak the dialect in which a transaction came."""

    code = "unknown_protocol"

    def __init__(self, protocol: str) -> None:
        super().__init__(_("This release does not read the protocol “%(protocol)s”.") % {"protocol": protocol})


def read(raw: bytes | memoryview, *, protocol: str = OURS, zone: tzinfo = UTC) -> Entry:
    """Read one transaction as its protocol does today; `zone` is of its shop. Raises `UnknownProtocol`."""
    try:
        reader = settings.TRANSACTION_READERS[protocol]
    except KeyError:
        raise UnknownProtocol(protocol) from None
    entry: Entry = import_string(reader)(bytes(raw), zone)
    return entry
