"""The one shape of error for every program that speaks to us, and its words in the API's description.

`{"type", "errors": [{"code", "detail", "attr"}]}` with `detail` in the language of the request.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, inline_serializer
from rest_framework import serializers

from retail.exceptions import DomainError


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
    """A refusal as the description shows it: words in English, and the field where there is one."""

    status: int
    detail: str
    attr: str | None = None
    kind: str = "client_error"


def body(*, code: str, detail: object, attr: str | None = None, **extra: Any) -> dict[str, Any]:
    return {"type": "client_error", "errors": [{"code": code, "detail": str(detail), "attr": attr}], **extra}


def refused(error: DomainError) -> dict[str, Any]:
    """Return the body that a refusal of the domain is answered with."""
    shape = body(code=error.code, detail=error.detail, attr=error.attr, **error.extra)
    if error.status >= 500:
        shape["type"] = "server_error"
    return shape


def described(
    codes: Iterable[str], *, refusals: Mapping[str, Refusal], meanings: Mapping[int, str]
) -> dict[int, OpenApiResponse]:
    """Return what a service may refuse with, by HTTP status, each code with its words as an example."""
    by_status = defaultdict(list)
    for code in codes:
        by_status[refusals[code].status].append(code)
    return {
        status: OpenApiResponse(
            ErrorsOut, meanings[status], [_example(code, refusals[code]) for code in by_status[status]]
        )
        for status in sorted(by_status)
    }


def _example(code: str, refusal: Refusal) -> OpenApiExample:
    value = {"type": refusal.kind, "errors": [{"code": code, "detail": refusal.detail, "attr": refusal.attr}]}
    return OpenApiExample(code, value=value, response_only=True)
