"""As much of an HTTP/1.1 client as a crowd needs: one kept-alive connection per register, few microseconds a call.

Every call of the contract may be repeated safely, so a connection that the server closed while it was idle is opened
again and the call sent again.
"""

import asyncio
import ssl
from typing import NamedTuple, Self
from urllib.parse import urlsplit

from virtual_register.errors import RegisterError

MAX_HEAD = 64 * 1024


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Lost(ConnectionError):
    """The connection ended, or what came is not HTTP."""


class Connection:
    """A connection to one host. Calls on it are made one after another."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        parts = urlsplit(url)
        try:
            secure, host, port = parts.scheme == "https", parts.hostname, parts.port
        except ValueError as error:
            raise RegisterError(f"{url} is not an address: {error}.") from error
        if host is None or parts.scheme not in {"http", "https"}:
            raise RegisterError(f"{url} is not an address: http://host:port is needed.")
        self.path = parts.path
        self._host, self._port = host, port or (443 if secure else 80)
        self._tls = ssl.create_default_context() if secure else None
        lines = {"Host": parts.netloc.rpartition("@")[2], **headers}
        self._head = "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def call(self, method: str, path: str, body: bytes = b"", *, within: float = 60.0) -> Answer:
        """Make a call within so many seconds. Raises `OSError` (`Lost`, `TimeoutError`) when there is no answer."""
        request = b"%b %b HTTP/1.1\r\n%bContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
            method.encode(), path.encode(), self._head, len(body), body,
        )  # fmt: skip
        try:
            async with asyncio.timeout(within):
                if self._streams is not None:
                    try:
                        return await self._exchange(self._streams, request)
                    except (OSError, asyncio.IncompleteReadError):
                        self.close()
                self._streams = await asyncio.open_connection(self._host, self._port, ssl=self._tls, limit=MAX_HEAD)
                return await self._exchange(self._streams, request)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            self.close()
            raise Lost(str(error)) from error
        except BaseException:
            self.close()  # Half an answer may be on its way: nobody shall read it as the next one.
            raise

    async def _exchange(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes) -> Answer:
        reader, writer = streams
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")[:-2]
        if not first.startswith("HTTP/1."):
            raise Lost("what came is not HTTP")
        status = int(first.split(" ", 2)[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if "chunked" in headers.get("transfer-encoding", "").lower():
            body = await _chunks(reader)
        elif status == 204:
            body = b""
        elif "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        else:
            body = await reader.read()
            headers["connection"] = "close"
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Answer(status, headers, body)


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while size := int((await reader.readline()).partition(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while (await reader.readline()).strip():
        pass  # Trailers.
    return bytes(body)
