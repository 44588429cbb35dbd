"""What the OpenAPI description says of every service of the back office alike: groups, names, refusals in words."""

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from retail.api.errors import Refusal, described

if TYPE_CHECKING:
    from retail.api.base import ListViewSet

REFERENCE = "back office: reference"
PRICES = "back office: prices"
SALES = "back office: registers and sales"
STOCK = "back office: stock"
DOCUMENTS = "back office: documents"

REFUSALS = {
    "invalid": Refusal(400, "A page holds from 1 to 500 rows.", "limit", "validation_error"),
    "unknown_parameter": Refusal(
        400, "There is no such parameter here. Known: cursor, fields, limit, ordering, search.", "serach",
        "validation_error",
    ),
    "required": Refusal(400, "This field is required.", "lines.0.sku", "validation_error"),
    "parse_error": Refusal(400, "JSON parse error - Expecting value: line 1 column 1 (char 0)"),
    "not_authenticated": Refusal(401, "Authentication credentials were not provided."),
    "unknown_token": Refusal(401, "This token is not known: make another in the back office."),
    "revoked_token": Refusal(401, "This token has been revoked: make another in the back office."),
    "expired_token": Refusal(401, "This token has expired: make another in the back office."),
    "person_inactive": Refusal(401, "The person whose token this is may not sign in any more."),
    "permission_denied": Refusal(403, "You do not have permission to perform this action."),
    "not_found": Refusal(404, "Not found."),
    "idempotency_key_reused": Refusal(
        409, "This Idempotency-Key has been used for another request: give every request a key of its own."
    ),
    "price_has_begun": Refusal(
        409,
        "A later price has begun already: this one would change nothing. Name a later moment.",
        "prices.0.valid_from",
    ),
    "not_a_draft": Refusal(409, "Goods receipt 000001 is no longer a draft: reverse it and draft another."),
    "already_posted": Refusal(409, "Goods receipt 000001 is already posted."),
    "already_reversed": Refusal(409, "Goods receipt 000001 is already reversed."),
    "not_posted": Refusal(409, "Goods receipt 000001 is not posted."),
    "no_lines": Refusal(409, "Goods receipt 000001 has no lines."),
    "not_enough_stock": Refusal(409, "Not enough stock: line 1, 10001 Молоко 3,2 %: 5 asked, 2 available."),
    "not_counted": Refusal(409, "Not counted yet: lines without a figure: 2."),
    "counted_later": Refusal(
        409,
        "Counted again later: 10001 Молоко 3,2 % (Stock count 000002). The later count decides; take these lines out, "
        "or reverse that count first.",
    ),
    "made_by_itself": Refusal(409, "Stock count 000003 was made by itself and goes with what it was made of."),
    "order_sold": Refusal(409, "Customer order 000001 has been sold and is kept as it was."),
    "order_agreed": Refusal(409, "Customer order 000001 is agreed already."),
    "order_not_agreed": Refusal(409, "Customer order 000001 is not agreed: there is nothing to take back."),
    "order_cancelled": Refusal(409, "Customer order 000001 is cancelled: take it up again first."),
    "order_not_cancelled": Refusal(409, "Customer order 000001 is not cancelled."),
    "order_holds_goods": Refusal(
        409, "Customer order 000001 holds goods in its warehouse: take it back first.", "warehouse"
    ),
    "not_enough": Refusal(409, "“Молоко 3,2 %”: 5 asked, 2 free.", "lines.1"),
    "too_much_at_once": Refusal(413, "The body is larger than 16777216 bytes: send less at once."),
    "throttled": Refusal(429, "Request was throttled. Expected available in 1 second."),
    "busy": Refusal(503, "The server is busy: repeat the call in a moment.", None, "server_error"),
}  # fmt: skip
MEANINGS = {
    400: "The request makes no sense",
    401: "The program is not let in",
    403: "The person whose program it is may not do this",
    404: "There is no such thing",
    409: "What is asked cannot be done as things stand",
    413: "Too much for one call",
    429: "Too often: wait as Retry-After says, and repeat",
    503: "Busy: wait as Retry-After says, and repeat",
}
ALWAYS = (
    "unknown_parameter", "not_authenticated", "unknown_token", "revoked_token", "expired_token", "person_inactive",
    "permission_denied", "throttled", "busy",
)  # fmt: skip
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="A key of your own for this request, such as a UUID: the same request under the same key is done once "
    "and answered as the first time, for 30 days",
)
RETRY_AFTER = OpenApiParameter(
    "Retry-After", int, OpenApiParameter.HEADER, response=[429, 503], description="Seconds to wait before a repeat"
)
FIELDS = OpenApiParameter("fields", str, description="Only these fields of each row: `fields=id,name`")


class ClockTime(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """A time of the day on the shop's own clock: format `time` would promise an offset with it."""

    target_class = "rest_framework.fields.TimeField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^\d\d:\d\d(:\d\d(\.\d{1,6})?)?$"}


class BackOfficeSchema(AutoSchema):
    """Describe a view by what it says of itself: `tag`, `summaries`, `bodies`, `refusals`, `examples`."""

    @property
    def told(self) -> "ListViewSet":
        return cast(Any, self.view)  # type: ignore[no-any-return]

    def get_tags(self) -> list[str]:
        return [self.told.tag]

    def get_operation_id(self) -> str:
        basename = str(self.told.basename).replace("-", "_")
        action = str(self.told.action).removesuffix("_document")
        return f"{basename}_{action}"

    def get_description(self) -> str:  # type: ignore[override]
        """The view's own words, not those of the class it is made from."""
        return inspect.cleandoc(type(self.told).__dict__.get("__doc__") or "")

    def get_summary(self) -> str:
        return str(self.told.summary_of(self.told.action))

    def get_override_parameters(self) -> list[Any]:
        parameters: list[Any] = [RETRY_AFTER]
        if self.method == "GET":
            parameters.append(FIELDS)
        if self.method == "POST":
            parameters.append(IDEMPOTENCY_KEY)
        return parameters

    def get_request_serializer(self) -> Any:
        return self.told.bodies.get(self.told.action) if self.method != "GET" else None

    def get_response_serializers(self) -> Any:
        status = {"create": 201, "copy": 201, "destroy": 204}.get(self.told.action, 200)
        answer = None if status == 204 else self.told.answer_class(self.told.action)
        return {status: answer, **described(self._codes(), refusals=REFUSALS, meanings=MEANINGS)}

    def get_examples(self) -> list[OpenApiExample]:
        return list(self.told.examples.get(self.told.action, []))

    def _codes(self) -> Iterator[str]:
        yield from ALWAYS
        if self._is_list_view():
            yield "invalid"
        if not self._is_list_view() or hasattr(self.told, "owner"):
            yield "not_found"
        if self.method == "POST":
            yield "idempotency_key_reused"
        if self.method in {"POST", "PUT", "PATCH"} and self.told.bodies.get(self.told.action):
            yield from ("required", "parse_error", "too_much_at_once")
        yield from self.told.refusals.get(self.told.action, ())

    def _is_list_view(self, serializer: Any = None) -> bool:
        return bool(self.told.action == "list")
