"""The worker of gunicorn that serves registers: its threads wait for requests themselves.

gunicorn's own threaded worker hands every request over twice, from its main thread to a thread of the pool and back,
and takes the connection out of its selector and puts it in again. For requests that are answered within a millisecond
that is a third of all the work (docs/adr/0016). Here all threads wait at one epoll, whoever is woken reads the request,
answers it and arms the connection again; the main thread accepts connections, and closes those that are idle too long.

A connection is either in `keepalived_conns`, and armed, or with the one thread that took it out of there.
"""

import errno
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

SILENCE = 10.0  # seconds in which something must be heard, or taken
READING = 30.0  # seconds for a request to be read, and more by its length:
SLOWEST = 1000  # bytes a second
PARTING = 0.5  # seconds for a client to hear that the connection ends
_ARMED = select.EPOLLIN | select.EPOLLONESHOT


class TillSocket(socket.socket):
    """Sends the head of an answer together with what follows (gunicorn writes them apart, as two packets), and bears a
    client that is silent or slow only so long: it holds a thread that others wait for.

    What a client sends is given time by its length, and what it takes has none but that of silence: a till on a poor
    line may be long at its upload or at a full load.
    """

    deadline = 0.0  # By time.monotonic(): until when the request under way is to be read.
    _held = b""

    def setblocking(self, flag: bool) -> None:
        if not flag:  # Else each call sets its own time.
            super().setblocking(False)

    def recv(self, *args: int) -> bytes:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise _too_slow()
        self.settimeout(min(left, SILENCE))
        try:
            data = super().recv(*args)
        except TimeoutError as error:
            raise _too_slow() from error
        self.deadline += len(data) / SLOWEST
        return data

    def sendall(self, data: Any, flags: int = 0) -> None:
        if self._held:
            data, self._held = self._held + data, b""
        elif data[:5] == b"HTTP/" and data[-4:] == b"\r\n\r\n":
            self._held = data
            return
        self._send(data)

    def sendfile(self, *args: Any, **how: Any) -> int:
        self.flush()
        self.settimeout(SILENCE)  # Of each piece.
        return super().sendfile(*args, **how)

    def flush(self) -> None:
        """Send a head that nothing followed."""
        if self._held:
            data, self._held = self._held, b""
            self._send(data)

    def _send(self, data: bytes) -> None:
        left = memoryview(data)
        self.settimeout(SILENCE)
        try:
            while left:
                left = left[self.send(left) :]
        except TimeoutError as error:
            raise _too_slow() from error


def _too_slow() -> ConnectionResetError:
    """Return what gunicorn knows as nothing to write home about."""
    return ConnectionResetError(errno.ECONNRESET, "the client is too slow")


class TillWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types.
    """A threaded worker without hand-overs. Settings, signals, limits and graceful stop are gunicorn's."""

    def init_process(self) -> None:
        self.keepalived_conns: dict[int, TConn] = {}  # By file descriptor; the longest idle first.
        self._open: set[TConn] = set()
        self._stopped = False
        self._readable = select.epoll()
        self._stop = os.eventfd(0)
        self._readable.register(self._stop, select.EPOLLIN)
        super().init_process()

    def run(self) -> None:
        """Accept connections and look after idle ones until told to stop; then let requests under way end."""
        self.poller.register(self.method_queue.fileno(), select.EPOLLIN, self.method_queue.run_callbacks)
        for _ in range(self.cfg.threads):
            self.tpool.submit(self._serve)
        while self.alive and self.is_parent_alive():
            self._turn(accepting=len(self._open) < self.worker_connections)
        for conn in list(self.keepalived_conns.values()):
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        until = time.monotonic() + self.cfg.graceful_timeout
        while self._open and time.monotonic() < until:
            self._turn(accepting=False, timeout=0.1)
        self._end()

    def accept(self, listener: Any) -> None:
        """Let a client in. Its first request is waited for as every other."""
        try:
            client_sock, client_addr = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # Another worker was first, or the client has left.
        client_sock = TillSocket(fileno=client_sock.detach())
        conn = TConn(self.cfg, client_sock, client_addr, listener.getsockname())
        conn.data_ready = True  # When a thread comes to it.
        self._open.add(conn)
        self._wait_for(conn, self._readable.register)

    def handle(self, conn: TConn) -> Any:
        """Read a request, answer it, and say whether the connection may be kept."""
        conn.sock.deadline = time.monotonic() + READING
        keep = super().handle(conn)
        try:
            conn.sock.flush()
        except OSError:
            return False  # The client has left.
        return keep

    def _turn(self, *, accepting: bool, timeout: float = 1.0) -> None:
        self.notify()
        self.set_accept_enabled(accepting)
        self.wait_for_and_dispatch_events(timeout)
        now = time.monotonic()
        for fd, conn in list(self.keepalived_conns.items()):
            if conn.timeout > now:
                break
            if self.keepalived_conns.pop(fd, None):  # Else a thread was first.
                self._close(conn)

    def _serve(self) -> None:
        while not self._stopped:
            for fd, _event in self._readable.poll(maxevents=1):
                if conn := self.keepalived_conns.pop(fd, None):
                    try:
                        self._attend(conn)
                    except Exception:
                        self.log.exception("A connection failed.")
                        self._close(conn)

    def _attend(self, conn: TConn) -> None:
        keep = self.handle(conn)
        while keep and conn.parser.unreader.buf.getvalue():  # The next request came with the last one.
            keep = self.handle(conn)
        if keep:
            self._wait_for(conn, self._readable.modify)
        else:
            self._close(conn, graceful=True)

    def _wait_for(self, conn: TConn, arm: Callable[[int, int], None]) -> None:
        fd = conn.sock.fileno()
        conn.set_timeout()
        if not self.alive:
            conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
        self.keepalived_conns[fd] = conn  # Before it is armed: from then on another thread may be at it.
        arm(fd, _ARMED)

    def _close(self, conn: TConn, *, graceful: bool = False) -> None:
        self._open.discard(conn)
        conn.sock.deadline = time.monotonic() + PARTING
        conn.close(graceful=graceful)

    def _end(self) -> None:
        self._stopped = True
        os.eventfd_write(self._stop, 1)
        for fd in list(self.keepalived_conns):
            if conn := self.keepalived_conns.pop(fd, None):
                self._close(conn)
        self.tpool.shutdown(wait=False)
        self.poller.close()
        self.method_queue.close()
        for listener in self.sockets:
            listener.close()
