"""What the OpenAPI description says of every service alike: groups, the shape of refusals, the words of each.

The codes are those that verbs raise; the integrator's guide (docs/integrators.md) says what a register does about each.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

from retail.api import errors
from retail.api.errors import Refusal

Method = TypeVar("Method", bound=Callable[..., Any])

JOINING = "register: joining"
GOODS_AND_STOCK = "register: goods and stock"
TRANSACTIONS = "register: transactions"
STOCK_CONTROL = "register: stock control"
ORDERS = "register: orders"
CARDS = "register: discount cards"


class RegisterSchema(AutoSchema):
    """The plain description of a view: what it refuses with is what `refusals` said, and not guessed."""


REFUSALS = {
    "required": Refusal(400, "This field is required.", "code", "validation_error"),
    "parse_error": Refusal(400, "JSON parse error - Expecting value: line 1 column 1 (char 0)"),
    "pairing_code_unknown": Refusal(400, "There is no such pairing code: check every letter and digit.", "code"),
    "pairing_code_expired": Refusal(
        400, "This pairing code is too old, or a newer one has replaced it: make another.", "code"
    ),
    "pairing_code_used": Refusal(400, "This pairing code has been used already: make another.", "code"),
    "invalid_device": Refusal(400, "Only characters that can be printed are kept here.", "device.serial"),
    "invalid": Refusal(400, "The timeout is a whole number of seconds.", "timeout"),
    "not_a_batch": Refusal(400, 'The body is not JSON with a list: {"transactions": [...]}.'),
    "not_a_reservation": Refusal(400, "The quantity is a number from 0, with three decimals at most.", "quantity"),
    "not_an_operation": Refusal(400, "An amount is a number from 0, with two decimals at most.", "bonuses"),
    "not_authenticated": Refusal(401, "Sign the request: Authorization: Bearer <token>."),
    "unknown_token": Refusal(401, "This token is not known: pair the register again."),
    "revoked_token": Refusal(401, "This token has been revoked: pair the register again."),
    "register_inactive": Refusal(401, "The register is not active: a merchandiser switches it on in the back office."),
    "unknown_sku": Refusal(404, "Nothing is known under “4600000000015”."),
    "unknown_reservation": Refusal(404, "Nothing has been held for this receipt."),
    "unknown_card": Refusal(404, "No discount card has this number."),
    "unknown_hook": Refusal(404, "No register is told of at this address: have another made in the back office."),
    "unknown_operation": Refusal(404, "No operation on a discount card is known by this id."),
    "stock_sync_disabled": Refusal(409, "Stock synchronization is switched off in the constants."),
    "not_enough": Refusal(
        409,
        "“Молоко 3,2 %”: 4 asked, 1 free. This receipt holds 2. Others hold: register 3 – 4, orders – 1.",
        "lines.1",
    ),
    "withdrawn": Refusal(409, "“Молоко 3,2 %” is withdrawn from sale.", "lines.1"),
    "not_for_sale": Refusal(409, "“Молоко 3,2 %” has no price here: it is not for sale.", "lines.1"),
    "receipt_closed": Refusal(409, "This receipt has been closed: begin another one."),
    "stock_control_not_external": Refusal(
        409, "Stock control of this register is not external: it asks nobody and sells."
    ),
    "discount_cards_disabled": Refusal(409, "Discount cards are switched off in the constants."),
    "online_registers_disabled": Refusal(409, "On-line work with registers is switched off in the constants."),
    "card_blocked": Refusal(409, "This discount card is blocked."),
    "card_closed": Refusal(409, "This discount card is closed."),
    "not_enough_bonuses": Refusal(409, "There are not enough bonuses on the card: 12.50.", "bonuses"),
    "uid_reused": Refusal(409, "This id belongs to another operation: give each its own.", "uid"),
    "not_reversible": Refusal(409, "Only an accrual or a redemption can be taken back.", "of"),
    "of_another_card": Refusal(409, "The operation to be taken back was made on another card.", "of"),
    "reversed_already": Refusal(409, "Less is left of that operation than is to be taken back.", "of"),
    "reload_required": Refusal(410, "This cursor is not valid any more: load everything again, without a cursor."),
    "length_required": Refusal(411, "Say how long the body is (Content-Length): a chunked body is not read."),
    "body_encoded": Refusal(415, "Send the body as it is, without Content-Encoding: a compressed one is not read."),
    "too_much_at_once": Refusal(413, "At most 1000 transactions at once."),
    "throttled": Refusal(429, "Request was throttled. Expected available in 1 second."),
    "stock_control_unavailable": Refusal(
        503, "Stock control does not answer at the moment: try once more.", None, "server_error"
    ),
    "cards_unavailable": Refusal(
        503, "Discount cards do not answer at the moment: try once more.", None, "server_error"
    ),
    "busy": Refusal(503, "The server is busy: repeat the call in a moment.", None, "server_error"),
}
# What the same code says where a cashier asks whether goods may be sold.
TO_A_CASHIER = {"unknown_sku": Refusal(409, "Nothing is known under “404”.", "lines.1")}
BODIES = ("length_required", "body_encoded")
SIGN_IN = ("not_authenticated", "unknown_token", "revoked_token", "register_inactive")
MEANINGS = {
    400: "The request makes no sense",
    401: "The register is not let in",
    404: "There is no such thing",
    409: "Refused, as things stand",
    410: "The cursor is worth nothing any more: load everything again",
    411: "How long the body is has not been said",
    415: "The body is packed",
    413: "Too much for one call",
    429: "Too often: wait as Retry-After says, and repeat",
    503: "Busy: wait as Retry-After says, and repeat",
}
RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, response=[429, 503], description="Seconds to wait before a repeat"
)


def refusals(
    *codes: str, signed: bool = True, throttled: bool = True, to_a_cashier: bool = False
) -> dict[int, OpenApiResponse]:
    """Return what a service may refuse with, by HTTP status, each code with its words as an example."""
    always = (*(SIGN_IN if signed else ()), *(("throttled",) if throttled else ()), "busy")
    words = {**REFUSALS, **(TO_A_CASHIER if to_a_cashier else {})}
    return errors.described((*codes, *always), refusals=words, meanings=MEANINGS)


def described(*, parameters: Sequence[OpenApiParameter] = (), **options: Any) -> Callable[[Method], Method]:
    """Describe a view's method as `extend_schema` does, with what every service has in common."""

    def decorate(method: Method) -> Method:
        method.schema = RegisterSchema()  # type: ignore[attr-defined]  # Else the default's guesses come along.
        return extend_schema(parameters=[*parameters, RETRY_AFTER], **options)(method)

    return decorate
