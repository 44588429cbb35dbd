"""The hot paths as registers use them: what each connection sends."""

import bisect
import itertools
import json
import random
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bench.client import request

REGISTERS = 1000
WAREHOUSES = 100
BEGAN = datetime.now(UTC).replace(microsecond=0)


class Chance:
    """Draws 1…n with the weights 1/k^1.1 of pgbench's random_zipfian, as goods sell."""

    def __init__(self, n: int, drawing: random.Random) -> None:
        self._steps = list(itertools.accumulate(1 / k**1.1 for k in range(1, n + 1)))
        self._random = drawing

    def draw(self) -> int:
        return 1 + bisect.bisect(self._steps, self._random.random() * self._steps[-1])

    def uid(self) -> str:
        """Return a unique id that the same seed draws again, so that a run can be repeated byte for byte."""
        return str(uuid.UUID(int=self._random.getrandbits(128)))


def sale(number: int, chance: Chance) -> dict[str, object]:
    lines = [
        {
            "line": line,
            "sku": f"B{chance.draw()}",
            "barcode": "",
            "quantity": "1.000",
            "price": "99.00",
            "discount": "0.00",
            "amount": "99.00",
            "vat": "22",
            "marks": [],
        }
        for line in range(1, 6)
    ]
    return {
        "number": number,
        "occurred_at": (BEGAN + timedelta(seconds=number % 3600)).isoformat(),
        "uid": chance.uid(),
        "kind": "sale",
        "shift": 1,
        "receipt": {
            "uid": chance.uid(),
            "number": number,
            "cashier": "7",
            "total": "495.00",
            "lines": lines,
            "payments": [{"kind": "cash", "amount": "495.00"}],
            "fiscal": {"drive": "9999078900001234", "document": number, "sign": "1234567890"},
        },
    }


class Sales:
    """Uploads of new sales: every connection speaks for registers of its own, in turn, as a hall of tills does."""

    def __init__(self, *, skus: int, calls: int, batch: int, first_number: int, times: int = 1) -> None:
        self.skus, self.calls, self.batch, self.first_number, self.times = skus, calls, batch, first_number, times

    def __call__(self, connection: int, connections: int) -> Sequence[bytes]:
        chance = Chance(self.skus, random.Random(f"{connection} {self.first_number}"))
        mine = range(1 + connection, REGISTERS + 1, connections)
        requests = []
        for call, register in zip(range(self.calls), itertools.cycle(mine), strict=False):
            number = self.first_number + call * self.batch
            sales = [sale(number + place, chance) for place in range(self.batch)]
            body = json.dumps({"transactions": sales}, separators=(",", ":")).encode()
            requests.append(request("POST", "/kkm/v1/transactions", f"bench-{register}", body))
        return requests * self.times


class Polls:
    """Questions after the feed with between 1 and 50 changes waiting, of every warehouse."""

    def __init__(self, *, cursors: dict[int, list[str]], calls: int) -> None:
        self.cursors, self.calls = cursors, calls

    def __call__(self, connection: int, connections: int) -> Sequence[bytes]:
        chance = random.Random(connection)
        mine = range(1 + connection, REGISTERS + 1, connections)
        return [
            request("GET", f"/kkm/v1/stock?cursor={chance.choice(self.cursors[register])}", f"bench-{register}")
            for _call, register in zip(range(self.calls), itertools.cycle(mine), strict=False)
        ]
