"""Asking stock control while the cashier waits: what lies on the counter is held for its receipt until that comes."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

import msgspec

from virtual_register.errors import RegisterError
from virtual_register.receipts import Item
from virtual_register.server import Server, decoded
from virtual_register.wire import encode


class Granted(msgspec.Struct, frozen=True):
    """A line may be sold. `available` is what is left for everybody else; None of a service."""

    available: Decimal | None = None


_read_granted = msgspec.json.Decoder(Granted).decode


class Holding:
    """The receipt on the counter, as stock control knows it: `uid` is what its transaction will carry."""

    def __init__(self, server: Server) -> None:
        self.uid = str(uuid4())
        self._server = server

    def hold(self, line: int, item: Item) -> Granted:
        """Hold so much for a line, in place of what it held. Raises `Refused`, `Unreachable`, `TokenRefused`."""
        answer = self._server.put(f"{self._path}/lines/{line}", encode(asked(item)))
        return decoded(_read_granted, answer)

    def hold_all(self, items: Sequence[Item]) -> None:
        """Hold the receipt as it now is, and nothing else for it. Raises as `hold` does."""
        lines = [{"line": line, **asked(item)} for line, item in enumerate(items, start=1)]
        self._server.put(self._path, encode({"lines": lines}))

    def give_up(self, line: int | None = None) -> None:
        """Let others have a line, or all of it. What cannot be told now expires by itself."""
        try:
            self._server.delete(self._path if line is None else f"{self._path}/lines/{line}")
        except RegisterError:
            return

    @property
    def _path(self) -> str:
        return f"reservations/{self.uid}"


def asked(item: Item) -> dict[str, Any]:
    """Return what is asked for an item, as the wire has it."""
    return {"sku": item.good.sku, "quantity": item.quantity}
