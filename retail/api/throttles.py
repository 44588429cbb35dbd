"""How often a program may ask.

A token bucket for each of those who ask, in the memory of each process: no request waits for another server to be
counted. The limits stand far above what a program that means well does.
"""

import time
from collections import OrderedDict
from threading import Lock
from typing import ClassVar

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

REMEMBERED = 20_000


class Buckets:
    """`burst` calls at once, refilled at `rate` a second, for each key."""

    def __init__(self, *, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self._levels: OrderedDict[object, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, key: object, *, at: float) -> float:
        """Take one call out of the bucket; return the seconds to wait, 0 when there was one."""
        with self._lock:
            level, since = self._levels.pop(key, (self.burst, at))
            level = min(self.burst, level + (at - since) * self.rate)
            wait = max(0.0, (1 - level) / self.rate)
            self._levels[key] = (level - 1 if wait == 0 else level, at)
            if len(self._levels) > REMEMBERED:
                self._levels.popitem(last=False)
        return wait

    def wait(self, key: object, *, at: float) -> float:
        """Return the seconds that `take` would make one wait, and take nothing."""
        with self._lock:
            level, since = self._levels.get(key, (self.burst, at))
        return max(0.0, (1 - min(self.burst, level + (at - since) * self.rate)) / self.rate)

    def clear(self) -> None:
        with self._lock:
            self._levels.clear()


class Throttle(BaseThrottle):
    """Counts by person, whatever the token; whoever has not signed in, by address."""

    buckets: ClassVar[Buckets]
    _wait = 0.0

    def key(self, request: Request) -> object:
        return request.user.pk if request.user.is_authenticated else request.META.get("REMOTE_ADDR")

    def allow_request(self, request: Request, view: APIView) -> bool:
        self._wait = self.buckets.take(self.key(request), at=time.monotonic())
        return self._wait == 0

    def wait(self) -> float:
        return self._wait


class ReadThrottle(Throttle):
    buckets = Buckets(rate=20, burst=200)


class WriteThrottle(Throttle):
    buckets = Buckets(rate=10, burst=100)
