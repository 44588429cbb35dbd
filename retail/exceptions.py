"""Refusals in words of the field.

Every verb that says no raises a subclass of `DomainError`, born beside the verb. Interfaces translate it: the HTTP
services answer `status` with one error shape, the admin shows a message. A refusal is never a stack trace.
"""

from typing import Any


class DomainError(Exception):
    """A refusal with a stable `code` for programs and a translated `detail` for people.

    `attr` names the field at fault where there is one; `extra` is merged into the top level of an HTTP answer.
    """

    code = "refused"
    status = 409

    def __init__(self, detail: object, *, attr: str | None = None, extra: dict[str, Any] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.attr = attr
        self.extra = extra or {}

    def __str__(self) -> str:
        return str(self.detail)
