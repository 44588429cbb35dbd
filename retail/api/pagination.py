"""Pages of a list by a cursor that says where the last one ended.

A cursor holds the ordering and the last row's place in it (its value and its key), so that the next page begins right
after that row however many rows come or go, and costs the same however far it is. The order is total: the key decides
among equals.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError as InvalidValue
from django.db.models import DateTimeField, Field, Model, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from retail.api.moments import check_year

if TYPE_CHECKING:
    from retail.api.base import ListViewSet

LIMIT = 100
MOST = 500
MAX_CURSOR = 2000
MAX_ID = 2**63 - 1
PARAMETERS = ("cursor", "limit", "ordering")


@dataclass(frozen=True)
class Ordering:
    """A way of ordering a list: by a column of its model, then by key."""

    name: str
    column: str

    @property
    def descending(self) -> bool:
        return self.name.startswith("-")

    def sort(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        sign = "-" if self.descending else ""
        return rows.order_by(*dict.fromkeys((f"{sign}{self.column}", f"{sign}pk")))

    def after(self, rows: QuerySet[Any], value: Any, key: int) -> QuerySet[Any]:
        """Keep the rows that follow the one with this value and key."""
        step = "lt" if self.descending else "gt"
        if self.column == "pk":
            return rows.filter(**{f"pk__{step}": key})
        later = Q(**{f"{self.column}__{step}": value}) | Q(**{self.column: value, f"pk__{step}": key})
        # The first condition says nothing new, but an index can begin where it says.
        return rows.filter(Q(**{f"{self.column}__{step}e": value}) & later)


class CursorPagination(BasePagination):
    """`limit` rows, ordered as `ordering` says, after `cursor`."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page and remember where the next begins. Raises `ValidationError`."""
        limit = _limit(request.query_params.get("limit"))
        cursor = request.query_params.get("cursor")
        ordering = self._ordering(request, view)
        if cursor:
            ordering, value, key = _read(cursor, queryset.model, view.orderings, ordering, request)
            queryset = ordering.after(queryset, value, key)
        rows = list(ordering.sort(queryset)[: limit + 1])
        self.next = _write(ordering, rows[limit - 1]) if len(rows) > limit else None
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        return Response({"results": data, "next": self.next})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {
                "results": schema,
                "next": {
                    "type": ["string", "null"],
                    "description": "The cursor of the next page; null on the last",
                    "example": "WyJpZCIsbnVsbCw0Ml0",
                },
            },
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [name for column in view.orderings for name in (column, f"-{column}")]
        preferred = view.default_ordering + (f"; {view.period} within a period" if view.period else "")
        return [
            _parameter("cursor", {"type": "string"}, "`next` of the page before; without it the first page is given"),
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}, "Rows on a page"),
            _parameter("ordering", {"type": "string", "enum": names}, f"If nothing is said: {preferred}"),
        ]

    def _ordering(self, request: Request, view: "ListViewSet") -> Ordering:
        asked = request.query_params.get("ordering")
        name = asked or view.ordering_for(request)
        column = view.orderings.get(name.removeprefix("-"))
        if column is None:
            names = ", ".join(view.orderings)
            raise ValidationError({"ordering": _("A list is ordered by one of: %(names)s.") % {"names": names}})
        return Ordering(name, column)


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "required": False, "in": "query", "schema": schema, "description": description}


def _limit(text: str | None) -> int:
    if not text:
        return LIMIT
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST):
        raise ValidationError({"limit": _("A page holds from 1 to %(most)s rows.") % {"most": MOST}})
    return int(text)


def _write(ordering: Ordering, row: Model) -> str:
    value = None if ordering.column == "pk" else _field(type(row), ordering.column).value_to_string(row)
    text = json.dumps([ordering.name, value, row.pk], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def _read(
    cursor: str, model: type[Model], orderings: Mapping[str, str], asked: Ordering, request: Request
) -> tuple[Ordering, Any, int]:
    """Take a cursor apart. Raises `ValidationError` unless it is one of this list, in the ordering that is asked."""
    try:
        name, value, key = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True))
        ordering = Ordering(name, orderings[name.removeprefix("-")])
        if type(key) is not int or not 0 <= key <= MAX_ID or len(cursor) > MAX_CURSOR:
            raise ValueError
        if ordering.column != "pk":
            value = _value(_field(model, ordering.column), value)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, binascii.Error, InvalidValue) as error:
        raise ValidationError({"cursor": _("This is no cursor of this list: begin without one.")}) from error
    if "ordering" in request.query_params and asked != ordering:
        raise ValidationError({"cursor": _("This cursor is of another ordering: begin without one.")})
    return ordering, value, key


def _field(model: type[Model], column: str) -> "Field[Any, Any]":
    field: Field[Any, Any] = model._meta.get_field(column)  # type: ignore[assignment]
    return field


def _value(field: "Field[Any, Any]", text: object) -> Any:
    """Return a column's value as a cursor holds it. Raises `ValueError`, `ValidationError` of Django."""
    if not isinstance(text, str) or "\x00" in text:
        raise ValueError
    value = field.to_python(text)
    if isinstance(field, DateTimeField):
        if value is None or timezone.is_naive(value):
            raise ValueError
        check_year(value)
    if isinstance(value, int) and abs(value) > MAX_ID:
        raise ValueError
    text.encode()  # A lone surrogate is no text.
    return value
