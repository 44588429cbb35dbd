"""What can go wrong at a till, each with the exit code a script sees and one line that a person reads."""

from typing import ClassVar


class RegisterError(Exception):
    """The register itself will not do it: an unknown barcode, no price, nothing left. `str()` is the one line."""

    exit_code: ClassVar[int] = 1


class Unreachable(RegisterError):
    """The server is down, busy beyond our patience, or broken. Nothing is lost: the outbox keeps what was sold."""

    exit_code = 3


class TokenRefused(RegisterError):
    """The server does not know this register's token (any more)."""

    exit_code = 4


class Refused(RegisterError):
    """The server understood and said no; `code` is its word for programs."""

    exit_code = 5

    def __init__(self, code: str, detail: str, *, status: int = 409) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status


class ReloadRequired(Refused):
    """The cursor is worth nothing any more (410): everything has to be loaded again."""


class Diverged(RegisterError):
    """What a register believes is left differs from what the server says."""

    exit_code = 6


class Unacknowledged(RegisterError):
    """Sales of a crowd that the server did not acknowledge in time."""

    exit_code = 3
