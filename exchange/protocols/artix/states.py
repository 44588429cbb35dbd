"""What a cash server says over HTTP of a load: that it took it, how it goes, and how it ended."""

import msgspec

DURING, READY = "STATUS_DURING", "STATUS_READY"
READY_WITH_ERROR, ERROR = "STATUS_READY_WITH_ERROR", "STATUS_ERROR"
KNOWN = frozenset({DURING, READY, READY_WITH_ERROR, ERROR})
FAILURES = frozenset({READY_WITH_ERROR, ERROR})


class NotAStatus(ValueError):
    """The body says nothing of a load."""


def read(body: bytes) -> str:
    """Return the status that a body tells. Raises `NotAStatus`."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise NotAStatus from error
    if not isinstance(told, dict):
        raise NotAStatus
    said = next((value for name, value in told.items() if name.lower() == "status"), None)
    if not isinstance(said, str) or said.strip().upper() not in KNOWN:
        raise NotAStatus
    return said.strip().upper()


def is_taken(body: bytes) -> bool:
    """Tell whether a cash server says that it has taken a load."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return False
    return isinstance(told, dict) and any(name.lower() == "success" and value is True for name, value in told.items())
