"""The long poll at work, for tests that stay plain: its event loop runs in a thread, and a wait is a future."""

import asyncio
import json
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvloop

from exchange.api.wait import WaitApplication
from exchange.services.waiting.hub import Hub


@dataclass
class Answer:
    status: int = 0
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytes = b""

    @property
    def content(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the refusal."""
        return str(self.content["errors"][0]["code"])

    @property
    def skus(self) -> dict[str, str]:
        return {change["sku"]: change["available"] for change in self.content["changes"]}


class Request:
    """One call of the application, as a server makes it. `answer` is done when the application has ended."""

    def __init__(self, server: "WaitServer", path: str, method: str, headers: dict[str, str]) -> None:
        self.received = Answer()
        self.responded = asyncio.Event()
        self._server = server
        self._body_given = False
        path, _, query = path.partition("?")
        self.scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 40_000),
        }
        self.future: Future[Answer] = asyncio.run_coroutine_threadsafe(self._run(), server.loop)

    def answer(self, seconds: float = 5) -> Answer:
        return self.future.result(seconds)

    def hang_up(self) -> None:
        """Go away without an answer, and return when the application knows."""
        self._server.loop.call_soon_threadsafe(self.responded.set)
        self.future.result(5)

    @property
    def is_waiting(self) -> bool:
        return not self.future.done()

    async def _run(self) -> Answer:
        await self._server.application(self.scope, self._receive, self._send)
        return self.received

    async def _receive(self) -> dict[str, Any]:
        if not self._body_given:
            self._body_given = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.responded.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.received.status = message["status"]
            self.received.headers = dict(message["headers"])
        else:
            self.received.body += message["body"]
            self.responded.set()


class WaitServer:
    """The application between startup and shutdown, in a thread of its own."""

    def __init__(self) -> None:
        self.application = WaitApplication()
        self.loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever)
        self._messages: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._said: asyncio.Queue[str] = asyncio.Queue()

    def start(self) -> None:
        self._thread.start()
        self._life = asyncio.run_coroutine_threadsafe(
            self.application({"type": "lifespan"}, self._messages.get, self._hear), self.loop
        )
        self._tell("lifespan.startup")

    def stop(self) -> None:
        self._tell("lifespan.shutdown")
        self._life.result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()

    @property
    def hub(self) -> Hub:
        assert self.application.hub
        return self.application.hub

    def ask(self, path: str, *, method: str = "GET", **headers: str) -> Request:
        return Request(self, path, method, {name.replace("_", "-"): value for name, value in headers.items()})

    def wait(self, till: Any, cursor: str | None = "", *, timeout: int = 20, **headers: str) -> Request:
        """Wait as this register, and return when it is held or answered."""
        asked = f"/kkm/v1/wait?timeout={timeout}" + (f"&cursor={cursor}" if cursor else "")
        request = self.ask(asked, authorization=f"Bearer {till.token}", **headers)
        self.until(lambda: request.future.done() or any(w.checked is not None for w in self.waiters(till)))
        return request

    def waiters(self, till: Any) -> list[Any]:
        return list(self.hub._by_register.get(till.register.pk, ()))

    def call(self, function: Any, *args: Any) -> Any:
        """Call a function in the event loop and return what it returns."""

        async def run() -> Any:
            return function(*args)

        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(5)

    def until(self, condition: Any, seconds: float = 5) -> None:
        """Wait for a condition that is looked at in the event loop, where nothing changes meanwhile."""

        async def look() -> None:
            async with asyncio.timeout(seconds):
                while not condition():
                    await asyncio.sleep(0.002)

        asyncio.run_coroutine_threadsafe(look(), self.loop).result(seconds + 5)

    async def _hear(self, message: Any) -> None:
        await self._said.put(message["type"])

    def _tell(self, message: str) -> None:
        async def tell() -> None:
            await self._messages.put({"type": message})
            assert await self._said.get() == f"{message}.complete"

        asyncio.run_coroutine_threadsafe(tell(), self.loop).result(10)


@contextmanager
def wait_server():
    server = WaitServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()
