"""Registers held in the long poll: what each costs, and how soon the last one is told.

    PYTHONPATH=script .venv/bin/python -m bench.waiters [--waiters 1000 --warehouses 1 --rate 50]

Servers of its own, the long poll as script/server starts it, and one client process that holds every connection on
loopback. A change is what a sale does to the feed: five rows under the warehouse's lock, a commit, a wake-up.
"""

import argparse
import asyncio
import contextlib
import os
import re
import resource
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis
import uvloop

from launch.children import end, spawn, wait_until
from launch.data_servers import DataServers, data_servers
from launch.paths import ROOT, VENV, VENV_PYTHON

SKUS = 1000
CHANGES = 20
AGENT = "prilavok-bench/1.0"
SOLD = """
    WITH feed AS (
        UPDATE stock_warehousefeed SET revision = revision + 5 WHERE warehouse_id = %(warehouse)s RETURNING revision
    ), sold AS (
        SELECT sku_id, row_number() OVER () AS place FROM (
            SELECT sku_id FROM stock_balance WHERE warehouse_id = %(warehouse)s ORDER BY random() LIMIT 5
        ) AS chosen
    )
    UPDATE stock_balance b SET sold = b.sold + 1, revision = feed.revision - 5 + sold.place,
        sale_revision = feed.revision - 5 + sold.place
    FROM feed, sold WHERE b.warehouse_id = %(warehouse)s AND b.sku_id = sold.sku_id RETURNING feed.revision
"""


@dataclass
class Server:
    """The long poll's process, and where it is asked."""

    pid: int
    port: int

    def memory(self) -> float:
        """Return what it holds in memory, in KB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return float(re.findall(r"VmRSS:\s+(\d+)", status)[0])

    def cpu(self) -> float:
        """Return the seconds of processor it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def count(self, pattern: str) -> float:
        """Return the sum of its counters whose name and labels match."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            return sum(float(number) for number in re.findall(rf"^{pattern} (\S+)$", answer.read().decode(), re.M))


class Till(asyncio.Protocol):
    """A register that waits, and comes again with the cursor it was given."""

    def __init__(self, crowd: "Crowd", token: str, cursor: str) -> None:
        self.crowd, self.token, self.cursor = crowd, token, cursor
        self.position = int(cursor.rpartition(".")[2])
        self._received = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.ask()

    def connection_lost(self, exc: Exception | None) -> None:
        self.crowd.lost += 1

    def ask(self) -> None:
        self.transport.write(
            f"GET /kkm/v1/wait?timeout=60&cursor={self.cursor} HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: {AGENT}\r\n"
            f"Authorization: Bearer {self.token}\r\nAccept: application/json\r\nAccept-Language: ru\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, gap, body = self._received.partition(b"\r\n\r\n")
        if not gap:
            return
        if head.startswith(b"HTTP/1.1 200"):
            if len(body) < int(re.search(rb"content-length: (\d+)", head)[1]):  # type: ignore[index]
                return
            self.cursor = re.search(rb'"cursor":"([^"]+)"', body)[1].decode()  # type: ignore[index]
            self.position = int(self.cursor.rpartition(".")[2])
            self.crowd.hear(self)
        else:
            self.crowd.answers[head[:12]] = self.crowd.answers.get(head[:12], 0) + 1
            if b" 204 " not in head:
                return
        self._received = b""
        self.ask()


class Crowd:
    def __init__(self, *, server: Server, servers: DataServers, waiters: int, warehouses: int, rate: int) -> None:
        self.server, self.servers = server, servers
        self.count, self.warehouses, self.rate = waiters, warehouses, rate
        self.tills: list[Till] = []
        self.told = self.lost = 0
        self.awaited: set[Till] = set()
        self.awaited_position = 0
        self.last_at = 0.0
        self.all_told = asyncio.Event()
        self.answers: dict[bytes, int] = {}

    async def gather(self) -> None:
        """Let every register come, a few hundred at a time, and return when all are held."""
        with psycopg.connect(self.servers.database_url) as connection:
            rows = connection.execute("SELECT warehouse_id, epoch, revision FROM stock_warehousefeed").fetchall()
        places = {warehouse: f"a.{epoch}.{warehouse}.0.{revision}.{revision}" for warehouse, epoch, revision in rows}
        loop = asyncio.get_running_loop()
        for begin in range(1, self.count + 1, 250):
            for number in range(begin, min(begin + 250, self.count + 1)):
                cursor = places[1001 + (number - 1) % self.warehouses]
                till = Till(self, f"bench-{number}", cursor)
                self.tills.append(till)
                await loop.create_connection(lambda till=till: till, "127.0.0.1", self.server.port)  # type: ignore[misc]
            await self.until_held(begin + 249)

    async def until_held(self, count: int, seconds: float = 60) -> None:
        async with asyncio.timeout(seconds):
            while await asyncio.to_thread(self.server.count, "prilavok_waiting_registers") < min(count, self.count):
                await asyncio.sleep(0.05)

    async def change(self, warehouse: int) -> float:
        """Change a warehouse; return the seconds from the commit to the last of its registers told."""
        mine = self.tills[warehouse - 1001 :: self.warehouses]
        committed, self.awaited_position = await asyncio.to_thread(self._sell, warehouse)
        self.all_told.clear()
        self.awaited = {till for till in mine if till.position < self.awaited_position}
        if not self.awaited:  # The last of them was told before we could ask.
            return self.last_at - committed
        async with asyncio.timeout(60):
            await self.all_told.wait()
        return self.last_at - committed

    def hear(self, till: Till) -> None:
        self.told += 1
        self.last_at = time.monotonic()
        if till.position >= self.awaited_position:
            self.awaited.discard(till)
            if not self.awaited:
                self.all_told.set()

    def _sell(self, warehouse: int) -> tuple[float, int]:
        """Sell something; return when that was committed, and the feed's revision since."""
        with psycopg.connect(self.servers.database_url, autocommit=True) as connection:
            rows = connection.execute(SOLD, {"warehouse": warehouse}).fetchall()
            committed = time.monotonic()
        with redis.Redis.from_url(self.servers.redis_url) as client:
            client.publish("prilavok:stock", f'{{"warehouse":{warehouse}}}')
        return committed, rows[0][0]

    async def measure(self) -> None:
        empty = self.server.memory()
        began = time.monotonic()
        await self.gather()
        came = time.monotonic() - began
        held = self.server.memory()
        say(f"{self.count} registers of {self.warehouses} warehouses came in {came:.1f} s")
        say(f"each costs {(held - empty) / self.count:.1f} KB of memory ({empty / 1024:.0f} → {held / 1024:.0f} MB)")
        await asyncio.sleep(12)  # Until the server no longer looks every second because Redis was new to it.
        busy = self.server.cpu()
        await asyncio.sleep(5)
        say(f"while nothing happens: {(self.server.cpu() - busy) / 5:.1%} of a processor")
        await self.measure_changes()
        after = self.server.memory()
        say(f"after {self.told} answers each costs {(after - empty) / self.count:.1f} KB")
        await self.measure_stream()
        others = {status.decode(): number for status, number in self.answers.items()}
        say(f"connections lost: {self.lost}; other answers: {others or 'none'}")

    async def measure_changes(self) -> None:
        """Change one warehouse after another, each when everyone is back."""
        pages = self.server.count(r'prilavok_wait_statements_total\{name="page"\}')
        took = []
        for number in range(CHANGES):
            took.append(await self.change(1001 + number % self.warehouses))
            await self.until_held(self.count)
        statements = self.server.count(r'prilavok_wait_statements_total\{name="page"\}') - pages
        took.sort()
        middle, slowest = took[len(took) // 2] * 1000, took[-1] * 1000
        say(f"commit → last of {self.count // self.warehouses} told: median {middle:.0f} ms, slowest {slowest:.0f} ms")
        say(f"statements per change: {statements / CHANGES:.2f}")

    async def measure_stream(self, seconds: float = 5) -> None:
        """Sell without a pause, and see how long after its last sale a warehouse is known to everybody."""
        told, busy, began = self.told, self.server.cpu(), time.monotonic()
        pages = self.server.count(r'prilavok_wait_statements_total\{name="page"\}')
        sales = 0
        while time.monotonic() - began < seconds:
            await asyncio.to_thread(self._sell, 1001 + sales % self.warehouses)
            sales += 1
            await asyncio.sleep(max(0.0, began + sales / self.rate - time.monotonic()))
        last = await self.change(1001)
        spent = time.monotonic() - began
        pages = self.server.count(r'prilavok_wait_statements_total\{name="page"\}') - pages
        say(
            f"{sales / spent:.0f} sales a second for {seconds:.0f} s: {(self.told - told) / spent:.0f} answers and "
            f"{pages / spent:.0f} statements a second, {(self.server.cpu() - busy) / spent:.0%} of a processor; "
            f"the last sale known to all after {last * 1000:.0f} ms"
        )


BEGAN = time.monotonic()


def say(words: str) -> None:
    print(f"{time.monotonic() - BEGAN:5.0f} s  {words}", flush=True)


@contextlib.contextmanager
def long_poll(servers: DataServers, *, port: int, registers: int, warehouses: int) -> Iterator[Server]:
    """Serve the long poll on a filled database of its own."""
    environ = servers.environ() | {"PYTHONPATH": str(ROOT / "script"), "LOG_STYLE": "console"}
    subprocess.run([VENV_PYTHON, "manage.py", "migrate", "-v0"], env=environ, cwd=ROOT, check=True)
    with psycopg.connect(servers.database_url, autocommit=True) as connection:
        for statement in Path(__file__).with_name("dataset.sql").read_text().split(";\n"):
            if statement.strip():
                sizes = {"warehouses": warehouses, "skus": SKUS, "registers": registers}
                connection.execute(statement, sizes, prepare=False)
        connection.execute("UPDATE retail_constants SET packet_size = 0")  # As it is until someone changes it.
        connection.execute("VACUUM ANALYZE")
    command = [str(VENV / "bin" / "uvicorn"), "config.asgi:application", "--port", str(port), "--no-access-log"]
    child = spawn([*command, "--log-level", "warning", "--timeout-graceful-shutdown", "2"], env=environ, cwd=ROOT)
    server = Server(child.pid, port)
    try:
        if not wait_until(lambda: _answers(server), seconds=30):
            raise SystemExit("The long poll did not start.")
        yield server
    finally:
        began = time.monotonic()
        end(child)
        say(f"the process ended {time.monotonic() - began:.1f} s after SIGTERM")


def _answers(server: Server) -> bool:
    try:
        return server.count("prilavok_waiting_registers") == 0
    except OSError:
        return False


def run(*, waiters: int, warehouses: int, rate: int, port: int) -> None:
    with (
        data_servers(durable=True) as servers,
        long_poll(servers, port=port, registers=waiters, warehouses=warehouses) as server,
    ):
        crowd = Crowd(server=server, servers=servers, waiters=waiters, warehouses=warehouses, rate=rate)
        uvloop.run(crowd.measure())


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.waiters", description=__doc__)
    parser.add_argument("--waiters", type=int, default=1000)
    parser.add_argument("--warehouses", type=int, default=1)
    parser.add_argument("--rate", type=int, default=50, help="sales a second of the stream at the end")
    parser.add_argument("--port", type=int, default=8099)
    chosen = parser.parse_args()
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    run(waiters=chosen.waiters, warehouses=chosen.warehouses, rate=chosen.rate, port=chosen.port)


if __name__ == "__main__":
    main()
