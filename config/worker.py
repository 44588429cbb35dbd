"""gunicorn's threads, that stay with a connection for a moment.

gthread hands a connection from its thread to the main one after every request, which watches it until the next comes
and hands it to a thread again: under load that costs a quarter of the sales taken in (ADR 0003).
Whoever sends one thing after another is served quicker by the thread it has, as long as nobody waits for one.
"""

import select
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

LINGER_MS = 3


class LingeringWorker(ThreadWorker):  # type: ignore[misc]
    def handle(self, conn: TConn) -> Any:
        """Serve a request, and the next ones of its connection while they follow at once and no other is queued."""
        kept: Any = super().handle(conn)
        while kept is True and self.alive and self._nobody_waits() and self._says_more(conn):
            kept = super().handle(conn)
        return kept

    def _nobody_waits(self) -> bool:
        return bool(self.tpool._work_queue.empty())

    def _says_more(self, conn: TConn) -> bool:
        if conn.parser.unreader.buf.getvalue():
            return True
        watch = select.poll()
        watch.register(conn.sock, select.POLLIN)
        return bool(watch.poll(LINGER_MS))
