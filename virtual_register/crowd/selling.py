"""What a register of a crowd does: a seller opens a shift, sells at the crowd's pace, closes it; a listener waits."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from uuid import uuid4

from msgspec import UNSET, UnsetType

from virtual_register import wire
from virtual_register.crowd.asking import Cashier
from virtual_register.crowd.figures import Figures
from virtual_register.crowd.floor import Floor
from virtual_register.crowd.pace import Pace
from virtual_register.crowd.tellings import Telling
from virtual_register.crowd.till import Till
from virtual_register.errors import ReloadRequired, Unreachable
from virtual_register.receipts import Item, compose, fiscal_document, take

HOLD = 25
AGAIN = 0.5
PIECES = (Decimal(1), Decimal(1), Decimal(1), Decimal(2), Decimal(3))


class Seller:
    """`latencies` are seconds from sending a sale to its answer, retries included."""

    def __init__(
        self,
        till: Till,
        floor: Floor,
        shelf: Sequence[wire.Good],
        *,
        figures: Figures,
        random: Random,
        asks: bool = False,
    ) -> None:
        self.till = till
        self.cashier = Cashier(till, figures=figures, random=random) if asks else None
        self.latencies: list[float] = []
        self._floor = floor
        self._shelf = shelf
        self._figures = figures
        self._random = random
        self._left = {good.sku: till.view[good.sku] for good in shelf}
        self._number = 0
        self._receipts = self._printed = 0
        self._shift = 0
        self._cash = Decimal("0.00")

    async def open(self) -> None:
        """Open a shift. Numbers begin with the clock's milliseconds, which no seller catches up with."""
        self._number = self._shift = time.time_ns() // 1_000_000
        await self._upload(self._transaction("shift_open"))

    async def sell(self, pace: Pace, *, lines: int) -> None:
        """Sell until the pace runs out. A sale that is not acknowledged in time ends this seller."""
        while await pace.next():
            uid, items = str(uuid4()), self._pick(lines)
            if self.cashier is not None:
                items = await self.cashier.ring_up(uid, items)
                if not items:
                    continue
                if self.cashier.walks_away():
                    await self._walk_away(uid, items)
                    continue
            self._receipts += 1
            receipt = self._compose(uid, items)
            body = self._transaction("sale", receipt=receipt)
            sent_at = time.perf_counter()
            telling = self._watch(items, sent_at)
            try:
                answer = await self._upload(body)
            except Unreachable:
                self._figures.unacknowledged += 1
                if telling is not None:
                    telling.void = True
                raise
            self.latencies.append(time.perf_counter() - sent_at)
            self._cash += receipt.total
            self._figures.sales += 1
            status = answer.results[0].status
            self._figures.statuses[status] += 1
            if telling is not None and status not in {"accepted", "duplicate"}:
                telling.void = True

    async def close(self) -> None:
        """Close the shift with what was counted in it."""
        counters = wire.Counters(
            sales=self._cash,
            returns=Decimal("0.00"),
            receipts=self._receipts,
            return_receipts=0,
            cash=self._cash,
            card=Decimal("0.00"),
            cash_in_drawer=self._cash,
        )
        await self._upload(self._transaction("shift_close", counters=counters))

    async def _walk_away(self, uid: str, items: Sequence[Item]) -> None:
        """Give a receipt up: tell of it, or as often just forget it."""
        if self._random.random() < 0.5:
            receipt = self._compose(uid, items, paid=False)
            answer = await self._upload(self._transaction("cancelled", receipt=receipt))
            self._figures.statuses[answer.results[0].status] += 1

    def _compose(self, uid: str, items: Sequence[Item], *, paid: bool = True) -> wire.Receipt:
        self._printed += 1
        fiscal = fiscal_document(self.till.name, self._number)
        return compose(items, number=self._printed, fiscal=fiscal, cashier="1", paid_by="cash", paid=paid, uid=uid)

    def _pick(self, lines: int) -> list[Item]:
        own = self._random.sample(self._shelf, 1) if self._shelf else []
        common = self._floor.common
        goods = own + self._random.sample(common, min(lines - len(own), len(common)))
        return [take(good, next(iter(good.barcodes), ""), self._quantity(good)) for good in goods]

    def _quantity(self, good: wire.Good) -> Decimal:
        return Decimal(self._random.randrange(50, 2500)) / 1000 if good.weighed else self._random.choice(PIECES)

    def _watch(self, items: Sequence[Item], sent_at: float) -> Telling | None:
        """Begin to time the sale by the line that only this register sells."""
        sku = items[0].good.sku
        if sku not in self._left:
            return None
        self._left[sku] -= items[0].quantity
        return self._floor.tellings.sold(sku, left=self._left[sku], at=sent_at)

    async def _upload(self, body: bytes) -> wire.Results:
        answer = await self.till.call("POST", "transactions", wire.batch([body]))
        return wire.read_results(answer.body)

    def _transaction(
        self, kind: wire.Kind, *, receipt: wire.Receipt | UnsetType = UNSET, counters: wire.Counters | UnsetType = UNSET
    ) -> bytes:
        self._number += 1
        return wire.encode(
            wire.Transaction(
                number=self._number,
                occurred_at=wire.rfc3339(datetime.now(UTC)),
                uid=str(uuid4()),
                kind=kind,
                shift=self._shift,
                receipt=receipt,
                counters=counters,
            )
        )


async def listen(till: Till, floor: Floor, *, place: int, wait_url: str, figures: Figures) -> None:
    """Wait for changes and take them in, for ever."""
    while True:
        try:
            body = await till.wait(wait_url=wait_url, seconds=HOLD)
        except ReloadRequired:
            await till.load_stock()
            continue
        except Unreachable:  # Counted already; a register listens for as long as it is switched on.
            await asyncio.sleep(AGAIN)
            continue
        if body is None:
            continue
        heard = floor.read(body)
        floor.tellings.hear(place, heard.watched, at=time.perf_counter())
        till.view.update(heard.rows)
        till.cursor = heard.cursor
        figures.packets += 1
        figures.changes += len(heard.rows)
