"""Reading what a register answers when its sales are fetched: a packet of transactions and where to go on."""

from typing import NamedTuple

import msgspec

from exchange.protocols.kkmtransfer import messages, splitting
from exchange.protocols.kkmtransfer.splitting import NotABatch

MAX_CURSOR = 200


class _Place(msgspec.Struct):
    after: str | None = None
    more: bool = False


class Packet(NamedTuple):
    """Bytes of transactions as they came; `after` is the cursor that acknowledges them, None where it is not told."""

    transactions: list[bytes]
    after: str | None
    more: bool


_read_place = msgspec.json.Decoder(_Place).decode


def read(body: bytes) -> Packet:
    """Read an answer; a transaction that no parser likes blocks neither its neighbours nor the cursor.

    Raises `NotABatch` for what is not JSON, has no list, or a cursor that is none.
    """
    transactions = messages.split(body)
    try:
        place = _read_place(body)
    except (msgspec.DecodeError, RecursionError):
        place = _without_the_list(body)
    if place.after is not None and not (len(place.after) <= MAX_CURSOR and place.after.isprintable()):
        raise NotABatch("no cursor")
    return Packet(transactions, place.after, place.more)


def _without_the_list(body: bytes) -> _Place:
    body = splitting.without_mark(body)
    spans = splitting.spans(body)
    rest = body[: spans[0][0]] + body[spans[-1][1] :] if spans else body
    try:
        return _read_place(rest)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotABatch("no cursor") from error
