"""Reading an operation on a discount card that a register asks for. Strict, as whoever asks is told at once."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from exchange.protocols.kkmtransfer.reservations import NOT_JSON, Unreadable, decimal_of, unreadable

__all__ = ["AskedOperation", "Unreadable", "read_operation"]


class AskedOperation(msgspec.Struct, frozen=True, gc=False):
    """An operation as it is asked for; the card stands in the address."""

    uid: str
    kind: str
    bonuses: Decimal
    turnover: Decimal
    receipts: int
    occurred_at: datetime
    receipt_uid: str
    promotion: str
    of: str


class _Operation(msgspec.Struct, frozen=True, gc=False):
    uid: str
    kind: str
    occurred_at: Annotated[datetime, msgspec.Meta(tz=True)]
    bonuses: msgspec.Raw = msgspec.Raw(b"0")
    turnover: msgspec.Raw = msgspec.Raw(b"0")
    receipts: int | None = 0
    receipt_uid: str | None = None
    promotion: str | None = None
    of: str | None = None


_operation = msgspec.json.Decoder(_Operation).decode


def read_operation(body: bytes) -> AskedOperation:
    """Read `{"uid", "kind", "occurred_at", …}`. Raises `Unreadable`."""
    try:
        asked = _operation(body)
    except NOT_JSON as error:
        raise unreadable(error) from error
    return AskedOperation(
        uid=asked.uid,
        kind=asked.kind,
        bonuses=_amount(asked.bonuses, "bonuses"),
        turnover=_amount(asked.turnover, "turnover"),
        receipts=asked.receipts or 0,
        occurred_at=asked.occurred_at,
        receipt_uid=asked.receipt_uid or "",
        promotion=asked.promotion or "",
        of=asked.of or "",
    )


def _amount(raw: msgspec.Raw, attr: str) -> Decimal:
    return Decimal(0) if bytes(raw) == b"null" else decimal_of(raw, attr)
