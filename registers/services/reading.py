"""Reading again what a register once said.

Who knows the bytes of a dialect stands above this app, and is named in settings: `TRANSACTION_READERS` maps a protocol
to a function of bytes and the time zone of the register's shop, which makes an `Entry` of them and never raises for
what they hold.
"""

from datetime import UTC, tzinfo

import msgspec
from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from registers.messages import Entry
from retail.exceptions import DomainError

_encode = msgspec.json.Encoder(decimal_format="string").encode
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


def in_our_words(raw: bytes | memoryview, *, protocol: str, zone: tzinfo = UTC) -> str:
    """Return a transaction as JSON of our own dialect, in which it is corrected; as it came if that is its dialect.

    Of another dialect's that cannot be read it is as much as could be. Raises `UnknownProtocol`.
    """
    if protocol == OURS:
        return bytes(raw).decode("utf-8", "replace")
    entry = read(raw, protocol=protocol, zone=zone)
    said: object = entry.transaction or {
        "number": entry.number or 0,
        "occurred_at": entry.occurred_at,
        "uid": entry.uid,
        "kind": entry.kind,
        "shift": entry.shift,
    }
    return msgspec.json.format(_encode(said), indent=2).decode()
