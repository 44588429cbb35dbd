"""Speaking with the server: one call, repeated while that may help, and the server's refusals said as exceptions."""

import random
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from virtual_register.errors import Refused, RegisterError, ReloadRequired, TokenRefused, Unreachable
from virtual_register.wire import api_url

Answer = TypeVar("Answer")

TOO_MANY = 429
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
WORDS = {
    "stock_sync_disabled": "Stock synchronization is switched off in the server's constants.",
    "discount_cards_disabled": "Discount cards are switched off in the server's constants.",
    "online_registers_disabled": "On-line work with registers is switched off in the server's constants.",
}


class _Error(msgspec.Struct):
    code: str = "error"
    detail: str = ""


class _Errors(msgspec.Struct):
    errors: list[_Error] = []


_read_errors = msgspec.json.Decoder(_Errors).decode


def first_error(body: bytes) -> tuple[str, str]:
    """Return code and detail of the first error of an answer; empty if it is not of the contract's shape."""
    try:
        errors = _read_errors(body).errors
    except msgspec.DecodeError:
        return "", ""
    return (errors[0].code, errors[0].detail) if errors else ("", "")


def failure(status: int, body: bytes) -> RegisterError:
    """Put an answer other than 2xx into words."""
    code, detail = first_error(body)
    if status in {401, 403}:
        return TokenRefused(detail or "The server refused this register's token: pair the register again.")
    if status == 410:
        return ReloadRequired(code or "reload_required", detail or "Everything has to be loaded again.", status=410)
    if is_passing(status):
        return Unreachable(f"The server is busy or failing (HTTP {status}): {detail or 'try again later.'}")
    if not code:
        words = f"The server answered HTTP {status}; is this the right address?"
        return Refused(f"http_{status}", words, status=status)
    return Refused(code, WORDS.get(code) or detail or code, status=status)


def is_passing(status: int) -> bool:
    """Say whether the same call may well succeed a little later."""
    return status >= 500 or status == TOO_MANY


def retry_after(headers: httpx.Headers | dict[str, str], *, now: datetime) -> float | None:
    """Return the seconds that `Retry-After` asks for (a number or a date), None if it does not."""
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


def backoff(attempt: int) -> float:
    """Return the seconds before the next try when the server did not say: doubling from a quarter, with jitter."""
    return min(0.25 * 2.0**attempt, 8.0) * random.uniform(0.75, 1.25)


@cache
def _trusted() -> ssl.SSLContext:
    """Read the machine's certificates once: it takes longer than a sale."""
    return httpx.create_ssl_context()


def decoded(decode: Callable[[bytes], Answer], response: httpx.Response) -> Answer:
    """Read an answer. Raises `Unreachable` for one that is not of the contract's shape."""
    try:
        return decode(response.content)
    except msgspec.DecodeError as error:
        raise Unreachable(f"The server's answer makes no sense: {error}.") from error


class Server:
    """One register's connection. `patience` is how long (seconds) a call goes on trying while the server is busy.

    A server that does not answer at all gets a second of it: a till has a cashier waiting, and can sell off-line.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        language: str = "en",
        patience: float = 10.0,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.url = api_url(url)
        self.token = token
        self.patience = patience
        self._sleep = sleep
        self._http = httpx.Client(
            transport=transport,
            headers={"Accept": "application/json", "Accept-Language": language, "User-Agent": "virtual-register/1"},
            timeout=httpx.Timeout(30.0, connect=3.0),
            verify=_trusted(),
            trust_env=urlsplit(url).hostname not in LOCAL,  # A proxy cannot reach this very machine.
        )

    def close(self) -> None:
        self._http.close()

    def get(self, path: str, *, within: float = 30.0, **params: Any) -> httpx.Response:
        """GET a path of the service, or an address of its own, within so many seconds. Raises `RegisterError`s."""
        url = path if "://" in path else f"{self.url}/{path}"
        asked = {name: value for name, value in params.items() if value is not None}
        return self._call("GET", url, params=asked, timeout=httpx.Timeout(within, connect=3.0))

    def post(self, path: str, body: bytes = b"{}") -> httpx.Response:
        """POST JSON to a path of the service. Raises `RegisterError`s."""
        return self._call("POST", f"{self.url}/{path}", content=body, headers={"Content-Type": "application/json"})

    def put(self, path: str, body: bytes) -> httpx.Response:
        """PUT JSON to a path of the service. Raises `RegisterError`s."""
        return self._call("PUT", f"{self.url}/{path}", content=body, headers={"Content-Type": "application/json"})

    def delete(self, path: str) -> httpx.Response:
        """DELETE a path of the service. Raises `RegisterError`s."""
        return self._call("DELETE", f"{self.url}/{path}")

    def _call(self, method: str, url: str, *, headers: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        headers = dict(headers or {})
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        waited, attempt = 0.0, 0
        problem: RegisterError
        while True:
            try:
                response = self._http.request(method, url, headers=headers, **more)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise RegisterError(f"{url} is not an address: {error}.") from error
            except httpx.TransportError as error:
                reason = str(error).rstrip(".") or type(error).__name__
                parts = urlsplit(url)
                problem = Unreachable(f"The server at {parts.scheme}://{parts.netloc} does not answer: {reason}.")
                delay, patience = backoff(attempt), min(1.0, self.patience)
            else:
                if response.is_success:
                    return response
                problem = failure(response.status_code, response.content)
                if not is_passing(response.status_code):
                    raise problem
                asked = retry_after(dict(response.headers), now=datetime.now(UTC))
                delay, patience = backoff(attempt) if asked is None else asked, self.patience
            if waited + delay > patience:
                raise problem
            self._sleep(delay)
            waited += delay
            attempt += 1
