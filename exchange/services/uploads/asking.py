"""One question to a register: `GET {address}/sales?after=…&limit=…`, within limits of place, size and time.

The limits are ours, whatever the register does: it is asked in its networks alone, nothing is followed elsewhere, a
packed or endless answer is not read on, and the whole ends after `SECONDS`, be it one byte a second.
"""

from urllib.parse import urlencode, urlsplit

import httpx
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from exchange.services import outside
from exchange.services.outside import Answer, Call
from exchange.services.uploads import addresses
from retail.exceptions import DomainError

SECONDS = 20.0  # for the whole
CONNECT_SECONDS = 3.0  # a register that is off says nothing


class NoAnswer(DomainError):
    """The register did not give what it was asked for; `particulars` say how, in the words of a machine."""

    def __init__(self, code: str, particulars: object = "") -> None:
        self.code, self.particulars = code, str(particulars)
        super().__init__(_("The register did not answer as agreed."))


class UnknownCursor(NoAnswer):
    """The register does not know how far we are: it has another memory."""

    def __init__(self) -> None:
        super().__init__("unknown_cursor")


def sales(*, address: str, key: str, after: str, limit: int) -> bytes:
    """Return the answer's body. Raises `NoAnswer`, `UnknownCursor`, `addresses.NoNetworks`."""
    asked = {"after": after, "limit": limit} if after else {"limit": limit}
    headers = {"Accept": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    question = Call(
        f"{address}/sales?{urlencode(asked)}",
        method="GET",
        headers=headers,
        seconds=SECONDS,
        connect_seconds=CONNECT_SECONDS,
        limit=settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1,
        networks=addresses.networks(),
    )
    try:
        answer = outside.call(question)
    except outside.BadAddress as error:
        raise NoAnswer("outside_networks", urlsplit(address).hostname) from error
    except outside.NotReached as error:
        raise _not_reached(error) from error
    _check(answer, after)
    return answer.content


def _check(answer: Answer, after: str) -> None:
    """Raise `NoAnswer` or `UnknownCursor` for what is no answer to our question."""
    if answer.status == 410 and after:
        raise UnknownCursor
    if 300 <= answer.status < 400:
        raise NoAnswer("redirected", answer.status)
    if answer.status in (401, 403):
        raise NoAnswer("key_refused", answer.status)
    if answer.status != 200:
        raise NoAnswer("wrong_status", answer.status)
    packed = answer.headers.get("content-encoding", "").strip().lower()
    if packed not in ("", "identity"):
        raise NoAnswer("packed", packed)
    if len(answer.content) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise NoAnswer("too_large", settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _not_reached(error: outside.NotReached) -> NoAnswer:
    cause = error.__cause__
    if isinstance(cause, TimeoutError | httpx.TimeoutException):
        return NoAnswer("timeout", type(cause).__name__)
    if isinstance(cause, OSError | UnicodeError):
        return NoAnswer("unknown_name", cause)
    return NoAnswer("no_connection" if isinstance(cause, httpx.ConnectError) else "broken_off", cause or "")
