"""The register that hands over nothing itself: it tells that a receipt is closed, and is asked for what it keeps.

The contract is in the integrator's guide, under "When we fetch". The cursor is the number of the last transaction
given; the question that brings it back acknowledges all up to it. One question at a time, in the thread that opened
the memory.
"""

import hmac
import time
from argparse import Namespace
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from rich.console import Console

from virtual_register.errors import RegisterError
from virtual_register.outbox import in_one_call
from virtual_register.register import Register
from virtual_register.wire import encode

MOST = 1000
Said = Callable[[str], None]


def tell(register: Register, *, shift_closed: bool) -> None:
    """Tell the server that there is something to come for. Raises `RegisterError`s."""
    register.server.post("uploads?event=shift_close" if shift_closed else "uploads")


def serve(
    register: Register,
    *,
    host: str,
    port: int,
    key: str = "",
    seconds: float = 0,
    questions: int = 0,
    said: Said = lambda _words: None,
) -> None:
    """Answer questions until so many seconds have passed or questions came; 0: without an end. Raises `OSError`."""
    with _Sales((host, port), register, key, said) as server:
        until = time.monotonic() + seconds if seconds else None
        while (until is None or time.monotonic() < until) and (not questions or server.answered < questions):
            server.handle_request()


def command(register: Register, options: Namespace, console: Console) -> None:
    """Answer the server until Ctrl-C, or so many seconds or questions."""
    place = f"http://{options.host}:{options.port}"
    console.print(f"[dim]Register {register.name} keeps what it sold for whoever asks {place}/sales; Ctrl-C ends.[/]")
    try:
        serve(
            register,
            host=options.host,
            port=options.port,
            key=options.key,
            seconds=options.seconds,
            questions=options.questions,
            said=lambda words: console.print(words, markup=False),
        )
    except OSError as error:
        raise RegisterError(f"Nobody can listen at {place}: {error.strerror or error}.") from error
    except KeyboardInterrupt:
        console.print()


class _Sales(HTTPServer):
    timeout = 0.5  # of a look for a question

    def __init__(self, address: tuple[str, int], register: Register, key: str, said: Said) -> None:
        self.register, self.key, self.said = register, key, said
        self.answered = 0
        super().__init__(address, _Question)


class _Question(BaseHTTPRequestHandler):
    server: _Sales
    timeout = 5.0  # of a peer that says nothing
    server_version = "virtual-register/1"

    def do_GET(self) -> None:
        """Answer with what follows the cursor, having let go of what it acknowledges."""
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        shown = self.headers.get("Authorization", "")
        if parts.path != "/sales":
            self._answer(404, {"detail": "There is nothing but /sales here."})
        elif self.server.key and not hmac.compare_digest(shown.encode(), f"Bearer {self.server.key}".encode()):
            self._answer(401, {"detail": "The key is another one."})
        elif not self._acknowledge(asked.get("after")):
            self._answer(410, {"detail": "This memory has not come so far."})
        else:
            self._give(asked.get("after"), asked.get("limit", ""))

    def _acknowledge(self, after: str | None) -> bool:
        outbox = self.server.register.outbox
        if after is None:
            return True
        if not (after.isascii() and after.isdecimal() and len(after) < 19) or int(after) > outbox.last_number():
            return False
        outbox.acknowledge(up_to=int(after))
        return True

    def _give(self, after: str | None, asked: str) -> None:
        outbox = self.server.register.outbox
        limit = min(int(asked), MOST) if asked.isascii() and asked.isdecimal() and 0 < len(asked) < 9 else MOST
        kept = outbox.waiting(limit=max(limit, 1))
        given = in_one_call(kept)
        last = str(given[-1][0]) if given else after or str(outbox.last_number())
        more = outbox.waiting_count() > len(given)
        body = b'{"transactions":[%b],"after":"%b","more":%b}' % (
            b",".join(body for _number, body in given),
            last.encode(),
            b"true" if more else b"false",
        )
        self._send(200, body)
        self.server.said(f"After {after or 'nothing'}: {len(given)} given{', there is more' if more else ''}.")

    def _answer(self, status: int, content: dict[str, str]) -> None:
        self._send(status, encode(content))
        self.server.said(f"{status}: {content['detail']}")

    def _send(self, status: int, body: bytes) -> None:
        self.server.answered += 1
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing beside what `said` says."""
