"""A load of registers: a few processes, each driving blocking keep-alive connections as fast as answers come.

Requests are made beforehand, so the client costs a send, a receive and a look at the status line: on two cores the
server must not be measured together with a slow client.
"""

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

PROCESSES = 2
CONNECTIONS = 8


@dataclass(frozen=True)
class Load:
    """What a run did: calls a second, and how long they took, in milliseconds."""

    rate: float
    p50: float
    p99: float
    slowest: float
    failed: int


def request(method: str, path: str, token: str, body: bytes = b"") -> bytes:
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run(
    port: int,
    make: Callable[[int, int], Sequence[bytes]],
    *,
    seconds: float,
    connections: int = CONNECTIONS,
    rate: float | None = None,
) -> Load:
    """Send the requests that `make(connection, connections)` gives each connection, for so long or until they end.

    As fast as answers come; or so many a second in all, on time: a call then began when it was due, though its
    connection was still busy with the one before.
    """
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    start = context.Barrier(PROCESSES)
    children = [
        context.Process(target=_process, args=(port, make, place, connections, rate, seconds, start, results))
        for place in range(PROCESSES)
    ]
    for child in children:
        child.start()
    gathered = [results.get() for _child in children]
    for child in children:
        child.join()
    took = sorted(one for times, _span, _failed in gathered for one in times)
    span = max(span for _times, span, _failed in gathered)
    assert took, "no call was answered"
    return Load(
        rate=len(took) / span,
        p50=took[len(took) // 2] * 1000,
        p99=took[len(took) * 99 // 100] * 1000,
        slowest=took[-1] * 1000,
        failed=sum(failed for _times, _span, failed in gathered),
    )


def _process(port, make, place, connections, rate, seconds, start, results):  # type: ignore[no-untyped-def]
    mine = range(place, connections, PROCESSES)
    batches = [make(connection, connections) for connection in mine]
    times: list[list[float]] = [[] for _connection in mine]
    failed = [0] * len(times)
    gap = connections / rate if rate else 0.0
    start.wait()
    began = time.monotonic()
    threads = [
        threading.Thread(
            target=_drive,
            args=(port, batch, began + gap * connection / connections, gap, began + seconds, times[at], failed, at),
        )
        for at, (connection, batch) in enumerate(zip(mine, batches, strict=True))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(([one for mine in times for one in mine], time.monotonic() - began, sum(failed)))


def _drive(
    port: int,
    batch: Sequence[bytes],
    first: float,
    gap: float,
    until: float,
    times: list[float],
    failed: list[int],
    place: int,
) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number, message in enumerate(batch):
            began = time.monotonic()
            if gap:
                due = first + number * gap
                time.sleep(max(0.0, due - began))
                began = due
            if began >= until:
                return
            connection.sendall(message)
            if not _answered_well(connection):
                failed[place] += 1
            times.append(time.monotonic() - began)


def _answered_well(connection: socket.socket) -> bool:
    data = connection.recv(65536)
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _more(connection)
    at = data.lower().find(b"content-length:", 0, end)
    length = int(data[at + 15 : data.find(b"\r\n", at)])
    missing = end + 4 + length - len(data)
    while missing > 0:
        missing -= len(_more(connection))
    return data.startswith(b"HTTP/1.1 2")


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 20)
    if not data:
        raise ConnectionError("The server closed the connection.")
    return data
