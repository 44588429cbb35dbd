"""Running a crowd from its joining to the last comparison."""

import asyncio
import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from math import ceil
from random import Random
from typing import Any, TypeVar

from rich.progress import Progress

from virtual_register.crowd.figures import Figures, Times
from virtual_register.crowd.floor import Floor
from virtual_register.crowd.pace import Pace
from virtual_register.crowd.selling import Seller, listen
from virtual_register.crowd.till import Till
from virtual_register.errors import RegisterError, Unreachable
from virtual_register.locate import Known

One = TypeVar("One")
AT_ONCE = 32
LISTENING_OUT = 10.0
TICK = 0.2


class Crowd:
    def __init__(self, known: Sequence[Known], *, url: str, options: Namespace, progress: Progress) -> None:
        self.figures = Figures(registers=len(known))
        self._options = options
        self._progress = progress
        self._tills = [
            Till(one, url, errors=self.figures.errors, patience=options.patience, language=options.language)
            for one in known
        ]
        self._floors: list[Floor] = []
        self._sellers: list[Seller] = []

    async def run(self) -> Figures:
        """Join, sell and listen, hear the last packets out, compare. Raises `RegisterError` if it cannot even begin."""
        try:
            await self._each("Joining", self._tills, Till.join)
            self._floors = self._by_warehouse()
            await self._each("Loading goods and stock", self._floors, Floor.stock_up)
            self._sellers = self._hire()
            await self._each("Opening shifts", self._sellers, Seller.open)
            await self._trade()
            await self._each("Closing shifts", self._sellers, self._close)
            await self._each("Comparing checksums", self._tills, self._compare)
        finally:
            for till in self._tills:
                till.close()
        return self.figures

    def _by_warehouse(self) -> list[Floor]:
        houses: dict[str, list[Till]] = defaultdict(list)
        for till in self._tills:
            houses[till.warehouse].append(till)
        share = (self._options.sellers or ceil(len(self._tills) / 4)) / len(self._tills)
        floors = [Floor(tills, sellers=min(len(tills), max(1, round(len(tills) * share)))) for tills in houses.values()]
        self.figures.warehouses = len(floors)
        self.figures.sellers = sum(len(floor.sellers) for floor in floors)
        self.figures.listeners = sum(len(floor.listeners) for floor in floors)
        return floors

    def _hire(self) -> list[Seller]:
        return [
            Seller(
                till,
                floor,
                shelf,
                figures=self.figures,
                random=Random(f"{self._options.seed}:{till.name}"),
                asks=self._options.stock_control or till.settings.stock_control == "external",
            )
            for floor in self._floors
            for till, shelf in zip(floor.sellers, floor.shelves, strict=True)
        ]

    async def _trade(self) -> None:
        """Sell and listen at once. Raises what ended a register other than an unreachable server."""
        pace = Pace(rate=self._options.rate, sales=self._options.sales, duration=self._options.duration)
        beside = [asyncio.create_task(work) for work in (*self._listening(), self._show(pace))]
        pace.begin()
        began, worked = time.perf_counter(), time.process_time()
        try:
            selling = [seller.sell(pace, lines=self._options.lines) for seller in self._sellers]
            ended = await asyncio.gather(*selling, return_exceptions=True)
            self.figures.seconds = time.perf_counter() - began
            self.figures.own_share = (time.process_time() - worked) / self.figures.seconds
            await self._hear_out()
        finally:
            for task in beside:
                task.cancel()
            stopped = await asyncio.gather(*beside, return_exceptions=True)
        self._sum_up()
        for error in (*ended, *stopped):
            if isinstance(error, BaseException) and not isinstance(error, Unreachable | asyncio.CancelledError):
                raise error

    def _listening(self) -> list[Coroutine[Any, Any, None]]:
        return [
            listen(
                till,
                floor,
                place=floor.tellings.listen(),
                wait_url=self._options.wait_url or till.settings.wait_url or "",
                figures=self.figures,
            )
            for floor in self._floors
            for till in floor.listeners
        ]

    async def _hear_out(self) -> None:
        """Give the listeners time to hear of the last sales."""
        until = time.perf_counter() + LISTENING_OUT
        while any(floor.tellings.untold() for floor in self._floors) and time.perf_counter() < until:
            await asyncio.sleep(TICK)

    def _sum_up(self) -> None:
        tellings = [floor.tellings for floor in self._floors if floor.listeners]
        self.figures.latency = Times.of([one for seller in self._sellers for one in seller.latencies])
        cashiers = [seller.cashier for seller in self._sellers if seller.cashier is not None]
        self.figures.held = Times.of([one for cashier in cashiers for one in cashier.latencies])
        self.figures.told = Times.of([one for telling in tellings for one in telling.seconds()])
        self.figures.untold = sum(telling.untold() for telling in tellings)

    async def _show(self, pace: Pace) -> None:
        total = pace.sales or pace.duration
        task = self._progress.add_task("Selling", total=total)
        while True:
            await asyncio.sleep(TICK)
            done = self.figures.sales if pace.sales else min(pace.elapsed, pace.duration)
            rate = self.figures.sales / pace.elapsed
            heard = f", {self.figures.packets} packets heard" if self.figures.listeners else ""
            words = f"Selling: {self.figures.sales} sales, {rate:.0f} a second{heard}"
            self._progress.update(task, completed=done, description=words)

    async def _close(self, seller: Seller) -> None:
        try:
            await seller.close()
        except Unreachable:
            self.figures.unacknowledged += 1

    async def _compare(self, till: Till) -> None:
        try:
            different = await till.compare()
        except RegisterError as error:
            different = f"{till.name}: {error}"
        else:
            self.figures.compared += 1
        if different is not None:
            self.figures.diverged.append(different)

    async def _each(self, words: str, every: Sequence[One], work: Callable[[One], Awaitable[None]]) -> None:
        """Do something with each, a few at once, under a progress bar. Raises what the first failure raised."""
        task = self._progress.add_task(words, total=len(every))
        at_once = asyncio.Semaphore(AT_ONCE)

        async def one(each: One) -> None:
            async with at_once:
                await work(each)
            self._progress.advance(task)

        try:
            async with asyncio.TaskGroup() as group:
                for each in every:
                    group.create_task(one(each))
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from None
