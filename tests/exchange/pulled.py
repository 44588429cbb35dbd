"""A register that keeps what it sold until somebody comes for it, on a port of this machine."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class PulledTill:
    """Serves the pull contract from a list; `answer`, where it is set, answers instead.

    `asked` are the questions that came, each with its cursor; `keys` what they were signed with.
    """

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []
        self.asked: list[str | None] = []
        self.keys: list[str | None] = []
        self.limit = 500
        self.answer: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.held = threading.Event()
        self.held.set()
        till = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                till.asked.append(parse_qs(urlsplit(self.path).query).get("after", [None])[0])
                till.keys.append(self.headers["Authorization"])
                till.held.wait(10)
                if till.answer is not None:
                    till.answer(self)
                else:
                    give(self, json.dumps(till.packet(till.asked[-1])).encode())

            def log_message(self, *said: Any) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def packet(self, after: str | None) -> dict[str, Any]:
        begin = int(after or 0)
        page = self.kept[begin : begin + self.limit]
        return {"transactions": page, "after": str(begin + len(page)), "more": begin + len(page) < len(self.kept)}

    def close(self) -> None:
        self.held.set()
        self._server.shutdown()
        self._server.server_close()


def give(handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, **headers: str) -> None:
    """Answer a question."""
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)
