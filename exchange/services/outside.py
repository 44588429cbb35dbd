"""Calling programs that others run, at addresses that a person has typed.

An address is looked up once, judged, and connected to as judged (the name goes into TLS and `Host` alone), so that a
name cannot answer with one address to the check and with another to the call. Networks that are not public are closed,
unless `OUTSIDE_NETWORKS` opens them; so is plain HTTP, unless `OUTSIDE_HTTP` does. Whoever stands in networks of its
own, such as registers in `REGISTER_NETWORKS`, is called there and nowhere else, over plain HTTP too. No redirect is
followed, no proxy of the environment used. A call is limited as a whole, in seconds and bytes: whoever answers a byte a
second holds none.

A call never runs inside a transaction.
"""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from retail.exceptions import DomainError

SECONDS = 15.0  # for a call as a whole
BYTES = 64 * 1024  # of an answer; what is beyond is not read
AGENT = "Prilavok"
_PIECE = 1 << 16
_PORTS = {"http": 80, "https": 443}
_TRANSLATED = ip_network("64:ff9b::/96")  # IPv4 behind NAT64

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network
Networks: TypeAlias = Sequence[Network]


class BadAddress(DomainError):
    """An address that is not to be called, whoever asks."""

    code = "bad_address"


class NotReached(DomainError):
    """Nobody answered at an address, or not in time."""

    code = "not_reached"
    status = 502


@dataclass(frozen=True)
class Call:
    """What is asked of whom. `seconds` and `limit` (bytes of the answer) bound it as a whole, and `connect_seconds` the
    time until an address lets us in, where that is less.

    `content` may lie in a file, which is read as it is sent. `networks` are the only ones that it may lead into.
    """

    url: str
    method: str = "POST"
    content: bytes | Path = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = SECONDS
    limit: int = BYTES
    connect_seconds: float | None = None
    networks: Networks | None = None


@dataclass(frozen=True)
class Answer:
    """What came back: `content` is its beginning, `seconds` how long it took."""

    status: int
    content: bytes
    headers: Mapping[str, str]
    seconds: float


def check_url(url: str, networks: Networks | None = None) -> SplitResult:
    """Take an address apart, judging all that can be judged without looking its name up. Raises `BadAddress`."""
    is_plain_allowed = settings.OUTSIDE_HTTP or networks is not None
    try:
        parts = urlsplit(url)
        port, _said = parts.port, httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        raise BadAddress(_("This is not an address."), attr="url") from error
    if any(character <= " " or character == "\x7f" for character in url) or not parts.hostname or port == 0:
        raise BadAddress(_("This is not an address."), attr="url")
    if parts.scheme not in ({"http", "https"} if is_plain_allowed else {"https"}):
        raise BadAddress(
            _("Begin the address with https://.")
            if not is_plain_allowed
            else _("Begin the address with https:// or http://."),
            attr="url",
        )
    if parts.username is not None or parts.password is not None:
        raise BadAddress(_("Leave the name and the password out of the address."), attr="url")
    try:
        literal = ip_address(parts.hostname)
    except ValueError:
        return parts
    check_open([literal], networks)
    return parts


def check_open(addresses: Iterable[Address], networks: Networks | None = None) -> None:
    """Raises `BadAddress` if any of the addresses is of a network that is neither public nor allowed.

    Where `networks` are named, only those in them are let through.
    """
    for address in addresses:
        if not (_is_open(address) if networks is None else is_within(address, networks)):
            raise BadAddress(_("The address leads into a closed network."), attr="url")


def is_within(address: Address, networks: Networks) -> bool:
    """Tell whether an address is of one of these networks, also one of IPv4 that is written as one of IPv6."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return any((mapped or address) in network for network in networks)


def call(asked: Call) -> Answer:
    """Make a call and wait for it. Raises `BadAddress`, `NotReached`."""
    return asyncio.run(call_async(asked))


async def call_async(asked: Call) -> Answer:
    """Make a call on the running loop, beside others. Raises `BadAddress`, `NotReached`."""
    started = time.monotonic()
    try:
        async with asyncio.timeout(asked.seconds):
            parts = check_url(asked.url, asked.networks)
            return await _first_that_answers(asked, parts, await _addresses_of(parts, asked.networks), started)
    except TimeoutError as error:
        raise NotReached(_("No answer within %(seconds)s s.") % {"seconds": f"{asked.seconds:g}"}) from error


async def _addresses_of(parts: SplitResult, networks: Networks | None) -> Sequence[str]:
    """Look a name up. Raises `NotReached` if nobody knows it, `BadAddress` if any of its addresses is closed."""
    port = parts.port or _PORTS[parts.scheme]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=1)  # SOCK_STREAM
    except (OSError, UnicodeError) as error:
        raise NotReached(_("Nobody knows the name %(host)s.") % {"host": parts.hostname}) from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    check_open((ip_address(address) for address in addresses), networks)
    return addresses


async def _first_that_answers(asked: Call, parts: SplitResult, addresses: Sequence[str], started: float) -> Answer:
    reason: httpx.HTTPError | None = None
    for address in addresses:
        try:
            return await _ask(asked, parts, address, started)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            reason = error  # Nothing has been said yet: the next address of the name may be asked.
        except httpx.HTTPError as error:
            raise NotReached(_reason(error)) from error
    raise NotReached(_reason(reason)) from reason


async def _ask(asked: Call, parts: SplitResult, address: str, started: float) -> Answer:
    url = httpx.URL(asked.url)
    host = url.raw_host.decode("ascii")
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity", **asked.headers, "Host": _host(host, parts)}
    content: bytes | AsyncIterator[bytes] | None = asked.content or None if isinstance(asked.content, bytes) else None
    if isinstance(asked.content, Path):
        content, headers["Content-Length"] = _read(asked.content), str(asked.content.stat().st_size)
    patience = httpx.Timeout(asked.seconds, connect=asked.connect_seconds or asked.seconds)
    client = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=patience, verify=_trust())
    async with (
        client,
        client.stream(
            asked.method,
            url.copy_with(host=address),
            content=content,
            headers=headers,
            extensions={"sni_hostname": host},
        ) as response,
    ):
        said = bytearray()
        async for piece in response.aiter_raw():
            said += piece
            if len(said) >= asked.limit:
                break
        seconds = time.monotonic() - started
        return Answer(response.status_code, bytes(said[: asked.limit]), dict(response.headers), seconds)


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


@cache
def _trust() -> ssl.SSLContext:
    """Return whose certificates are believed: read once for a process, as that takes longer than a call."""
    return httpx.create_ssl_context(trust_env=False)


def _host(host: str, parts: SplitResult) -> str:
    named = f"[{host}]" if ":" in host else host
    return f"{named}:{parts.port}" if parts.port and parts.port != _PORTS[parts.scheme] else named


def _reason(error: Exception | None) -> str:
    """Return what the library says, or the name of its error where it says nothing."""
    return (str(error) or type(error).__name__)[:300]


def _is_open(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_open(address.ipv4_mapped)
        if address in _TRANSLATED or address.sixtofour is not None or address.teredo is not None:
            return _is_allowed(address)  # Whatever IPv4 address it leads to.
    return (address.is_global and not address.is_multicast) or _is_allowed(address)


def _is_allowed(address: Address) -> bool:
    return is_within(address, settings.OUTSIDE_NETWORKS)
