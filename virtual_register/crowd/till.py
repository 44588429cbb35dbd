"""One register of a crowd: its connections, its stock view, its calls repeated until they are answered."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar
from urllib.parse import quote

import msgspec

from virtual_register import checksum, wire
from virtual_register.crowd.connection import Answer, Connection
from virtual_register.errors import RegisterError, ReloadRequired, Unreachable
from virtual_register.locate import Known
from virtual_register.server import backoff, failure, is_passing, retry_after

Message = TypeVar("Message")
COMPARISONS = 10


class Till:
    """`errors` counts what went wrong under way, by code, for the whole crowd; `patience` is in seconds."""

    def __init__(self, known: Known, url: str, *, errors: Counter[str], patience: float, language: str) -> None:
        self.known = known
        self.settings = wire.Settings()
        self.view: dict[str, Decimal] = {}
        self.cursor: str | None = None
        self._errors = errors
        self._patience = patience
        self._headers = {
            "Authorization": f"Bearer {known.token}",
            "Accept": "application/json",
            "Accept-Language": language,
            "User-Agent": "virtual-register/1 (crowd)",
        }
        self._api = Connection(wire.api_url(url), self._headers)
        self._waiting: Connection | None = None

    @property
    def name(self) -> str:
        return str(self.known.number or self.known.name or self.known.token[:8])

    @property
    def warehouse(self) -> str:
        return wire.label(self.settings.warehouse)

    def close(self) -> None:
        self._api.close()
        if self._waiting is not None:
            self._waiting.close()

    async def join(self) -> None:
        """Ask who this is. Raises `RegisterError`."""
        self.settings = self._read(wire.read_settings, await self.call("GET", "settings"))

    async def call(self, method: str, path: str, body: bytes = b"") -> Answer:
        """Make a call of the service, again and again while nothing or "busy" comes back. Raises `RegisterError`."""
        return await self._insist(self._api, method, f"{self._api.path}/{path}", body)

    async def lose(self, method: str, path: str, body: bytes) -> None:
        """Make a call and lose the link before its answer comes: it may have been done or not."""
        with suppress(OSError):
            await self._api.call(method, f"{self._api.path}/{path}", body, within=0.001)
        self._api.close()

    async def load_stock(self) -> None:
        """Take everything that is left, anew."""
        self.view, self.cursor = {}, None
        await self.poll()

    async def poll(self) -> None:
        """Follow the feed to its end. Raises `RegisterError`."""
        while True:
            try:
                packet = self._read(wire.read_stock, await self.call("GET", f"stock{_after(self.cursor)}"))
            except ReloadRequired:
                if self.cursor is None:
                    raise
                self.view, self.cursor = {}, None
                continue
            self.view.update((change.sku, change.available) for change in packet.changes)
            self.cursor = packet.cursor
            if not packet.more:
                return

    async def wait(self, *, wait_url: str, seconds: int) -> bytes | None:
        """Hold until something changes; the answer's body, None on timeout. Raises `RegisterError`."""
        if self._waiting is None:
            self._waiting = Connection(wire.wait_address(wait_url), self._headers)
        path = f"{self._waiting.path}{_after(self.cursor)}&timeout={seconds}"
        answer = await self._insist(self._waiting, "GET", path, b"")
        return None if answer.status == 204 else answer.body

    async def compare(self) -> str | None:
        """Poll to the end and compare checksums. Returns what differs, in words. Raises `RegisterError`."""
        for _attempt in range(COMPARISONS):
            await self.poll()
            server = self._read(wire.read_checksum, await self.call("GET", "stock/checksum"))
            if server.cursor == self.cursor:
                count, sums = checksum.compute(self.view.items(), server.left_out)
                if (count, sums) == (server.count, server.checksum):
                    return None
                return f"{self.name}: {count} SKUs, {sums} here; {server.count} SKUs, {server.checksum} there"
        raise Unreachable("Stock moves too fast to compare checksums: something else is selling.")

    async def _insist(self, connection: Connection, method: str, path: str, body: bytes) -> Answer:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._patience
        attempt = 0
        problem: RegisterError
        while True:
            delay = backoff(attempt)
            try:
                answer = await connection.call(method, path, body)
            except OSError as error:
                code = type(error).__name__
                problem = Unreachable(f"The server does not answer: {str(error) or code}.")
            else:
                if 200 <= answer.status < 300:
                    return answer
                code, problem = f"http_{answer.status}", failure(answer.status, answer.body)
                if not is_passing(answer.status):
                    raise problem
                asked = retry_after(answer.headers, now=datetime.now(UTC))
                delay = delay if asked is None else asked
            self._errors[code] += 1
            attempt += 1
            if loop.time() + delay > until:
                raise problem
            await asyncio.sleep(delay)

    def _read(self, decode: Callable[[bytes], Message], answer: Answer) -> Message:
        try:
            return decode(answer.body)
        except msgspec.DecodeError as error:
            raise Unreachable(f"The server's answer makes no sense: {error}.") from error


def _after(cursor: str | None) -> str:
    return "?" if cursor is None else f"?cursor={quote(cursor, safe='')}"
