"""What the OpenAPI description says of every service alike: groups, the shape of refusals, the words of each.

The codes are those that verbs raise; the integrator's guide (docs/integrators.md) says what a register does about each.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers

Method = TypeVar("Method", bound=Callable[..., Any])

JOINING = "register: joining"
GOODS_AND_STOCK = "register: goods and stock"
TRANSACTIONS = "register: transactions"


class RegisterSchema(AutoSchema):
    """The plain description of a view: what it refuses with is what `refusals` said, and not guessed."""


class ErrorOut(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="For programs; it does not change")
    detail = serializers.CharField(help_text="For people, in the language of Accept-Language (ru, en)")
    attr = serializers.CharField(allow_null=True, help_text="The field at fault, where there is one")


ErrorsOut = inline_serializer(
    "Errors",
    {
        "type": serializers.CharField(help_text="validation_error, client_error or server_error"),
        "errors": ErrorOut(many=True),
    },
)


class Refusal(NamedTuple):
    status: int
    detail: str
    attr: str | None = None


REFUSALS = {
    "required": Refusal(400, "This field is required.", "code"),
    "parse_error": Refusal(400, "JSON parse error - Expecting value: line 1 column 1 (char 0)"),
    "pairing_code_unknown": Refusal(400, "There is no such pairing code: check every letter and digit.", "code"),
    "pairing_code_expired": Refusal(
        400, "This pairing code is too old, or a newer one has replaced it: make another.", "code"
    ),
    "pairing_code_used": Refusal(400, "This pairing code has been used already: make another.", "code"),
    "invalid_device": Refusal(400, "Only characters that can be printed are kept here.", "device.serial"),
    "invalid": Refusal(400, "The timeout is a whole number of seconds.", "timeout"),
    "not_a_batch": Refusal(400, 'The body is not JSON with a list: {"transactions": [...]}.'),
    "not_authenticated": Refusal(401, "Sign the request: Authorization: Bearer <token>."),
    "unknown_token": Refusal(401, "This token is not known: pair the register again."),
    "revoked_token": Refusal(401, "This token has been revoked: pair the register again."),
    "register_inactive": Refusal(401, "The register is not active: a merchandiser switches it on in the back office."),
    "unknown_sku": Refusal(404, "Nothing is known under “4600000000015”."),
    "stock_sync_disabled": Refusal(409, "Stock synchronization is switched off in the constants."),
    "reload_required": Refusal(410, "This cursor is not valid any more: load everything again, without a cursor."),
    "too_much_at_once": Refusal(413, "At most 1000 transactions at once."),
    "throttled": Refusal(429, "Request was throttled. Expected available in 1 second."),
    "busy": Refusal(503, "The server is busy: repeat the call in a moment."),
}
SIGN_IN = ("not_authenticated", "unknown_token", "revoked_token", "register_inactive")
MEANINGS = {
    400: "The request makes no sense",
    401: "The register is not let in",
    404: "There is no such thing",
    409: "Switched off",
    410: "The cursor is worth nothing any more: load everything again",
    413: "Too much for one call",
    429: "Too often: wait as Retry-After says, and repeat",
    503: "Busy: wait as Retry-After says, and repeat",
}
RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, response=[429, 503], description="Seconds to wait before a repeat"
)


def refusals(*codes: str, signed: bool = True, throttled: bool = True) -> dict[int, OpenApiResponse]:
    """Return what a service may refuse with, by HTTP status, each code with its words as an example."""
    by_status = defaultdict(list)
    for code in (*codes, *(SIGN_IN if signed else ()), *(("throttled",) if throttled else ()), "busy"):
        by_status[REFUSALS[code].status].append(code)
    return {
        status: OpenApiResponse(ErrorsOut, MEANINGS[status], [_example(code) for code in by_status[status]])
        for status in sorted(by_status)
    }


def described(*, parameters: Sequence[OpenApiParameter] = (), **options: Any) -> Callable[[Method], Method]:
    """Describe a view's method as `extend_schema` does, with what every service has in common."""

    def decorate(method: Method) -> Method:
        method.schema = RegisterSchema()  # type: ignore[attr-defined]  # Else the default's guesses come along.
        return extend_schema(parameters=[*parameters, RETRY_AFTER], **options)(method)

    return decorate


def _example(code: str) -> OpenApiExample:
    status, detail, attr = REFUSALS[code]
    kind = "server_error" if status >= 500 else "validation_error" if code == "required" else "client_error"
    return OpenApiExample(
        code, value={"type": kind, "errors": [{"code": code, "detail": detail, "attr": attr}]}, response_only=True
    )
