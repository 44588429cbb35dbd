"""How fast a crowd sells, and until when: one row of slots that its sellers take in turn."""

import asyncio


class Pace:
    """`rate` sales a second in all, 0 for flat out; ends after `sales` of them, or after `duration` seconds."""

    def __init__(self, *, rate: float, sales: int | None, duration: float) -> None:
        self.sales = sales
        self.duration = duration
        self._interval = 1 / rate if rate > 0 else 0.0
        self._taken = 0
        self._began = 0.0

    def begin(self) -> None:
        self._began = asyncio.get_running_loop().time()

    @property
    def elapsed(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    async def next(self) -> bool:
        """Wait for the next slot. Says whether there is one."""
        if self.sales is not None and self._taken >= self.sales:
            return False
        slot = self._taken * self._interval
        if self.sales is None and max(slot, self.elapsed) >= self.duration:
            return False
        self._taken += 1
        if (ahead := slot - self.elapsed) > 0:
            await asyncio.sleep(ahead)
        return True
