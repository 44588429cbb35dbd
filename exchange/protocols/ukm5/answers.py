"""What УКМ 5 is answered. «descriprion» is how the vendor spells it."""

import msgspec

from exchange.protocols.ukm5 import assumptions

_encode = msgspec.json.Encoder().encode


def of_stock_control(message: str) -> bytes:
    """Say to a till whether the goods are held, in words for the cashier; the HTTP status says it to the till."""
    return _encode({assumptions.MESSAGE: message})


def recorded() -> bytes:
    """Say to a server that it may forget what it has pushed."""
    return _encode({"result": "success"})


def not_recorded(why: str) -> bytes:
    """Say to a server that it must push the same again."""
    return _encode({"result": "error", "descriprion": why})
