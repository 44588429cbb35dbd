"""The beat's scheduler: that of django-celery-beat, of which only one sends tasks, however many beats are started.

A second one waits until the first is gone, and takes over within seconds; so a beat may stand ready on another host,
and neither a restart nor a mistake doubles the schedule. Who is the one is known by the database, which keeps the
schedule too (`exchange.services.sole`): a beat that cannot reach it has nothing to send.
"""

import time
from typing import Any

import psycopg
import structlog
from django_celery_beat.schedulers import DatabaseScheduler

from exchange.services.sole import Sole

KIND = 7_041_010  # of advisory locks: the beat
ASK_EVERY = 5.0  # seconds after which the one asks whether it still is, and another whether it may be

_log = structlog.get_logger(__name__)


class OnlyScheduler(DatabaseScheduler):  # type: ignore[misc]  # The library has no types.
    """Ticks while it is the only one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._sole = Sole(KIND)
        self._is_one: bool | None = None
        self._asked = 0.0
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, unless another beat does; return after how many seconds to come again."""
        if not self._may_send():
            return ASK_EVERY
        return min(float(super().tick(*args, **kwargs)), ASK_EVERY)

    def close(self) -> None:
        super().close()
        self._sole.leave()

    def _may_send(self) -> bool:
        if self._is_one and time.monotonic() - self._asked < ASK_EVERY:
            return True
        before, self._is_one = self._is_one, self._take()
        self._asked = time.monotonic()
        if self._is_one and not before:
            _log.info("beat_is_the_one")
            # What the other has sent meanwhile is written in the tables.
            self._initial_read, self._heap = True, None
            self._dirty.clear()
        if not self._is_one and before is not False:
            _log.warning("beat_waits", reason="Another beat sends the tasks; this one will when that one is gone.")
        return self._is_one

    def _take(self) -> bool:
        try:
            return self._sole.take()
        except psycopg.Error as error:
            _log.warning("beat_cannot_ask", error=str(error))
            return False
