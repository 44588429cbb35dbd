"""What every view of the back-office API shares.

A view says what it is by class attributes: rows, filters, orderings, serializers; the base reads and answers. A refusal
has the one shape (`retail.api.errors`), whichever part of the request was at fault.
"""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from django.core.exceptions import ValidationError as InvalidModel
from django.db import DataError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from retail.api.authentication import ApiTokenAuthentication
from retail.api.descriptions import BackOfficeSchema
from retail.api.filters import check_known
from retail.api.pagination import PARAMETERS, CursorPagination
from retail.api.permissions import MayDo
from retail.api.throttles import ReadThrottle, WriteThrottle

M = TypeVar("M", bound=Model)


class Row(serializers.ModelSerializer[M]):
    """A row to be read, of which a program may ask for some fields only."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        asked = self.context.get("fields") if self._is_outermost() else None
        return {name: field for name, field in fields.items() if asked is None or name in asked}

    def get_extra_kwargs(self) -> dict[str, Any]:
        declared = super().get_extra_kwargs()
        return {name: {**declared.get(name, {}), "read_only": True} for name in self.Meta.fields}

    def _is_outermost(self) -> bool:
        parent: Any = self.parent
        return parent is None or (parent is self.root and isinstance(parent, serializers.ListSerializer))


class ListViewSet(GenericViewSet[Any]):
    """Lists. `needs` are permissions beside that of seeing the model itself, `needs_for` those of an action.

    `period` is the ordering of a list that `since` or `until` narrow, for journals whose key order would be walked from
    their beginning. `joined` is what each field of the answer needs to be read along: it is left out with the field.
    """

    queryset: QuerySet[Any]
    serializer_class: type[serializers.BaseSerializer[Any]]
    detail_class: ClassVar[type[serializers.BaseSerializer[Any]] | None] = None
    tag: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[Sequence[str]] = ()
    needs_for: ClassVar[Mapping[str, Sequence[str]]] = {}
    orderings: ClassVar[Mapping[str, str]] = {"id": "pk"}
    default_ordering: ClassVar[str] = "id"
    period: ClassVar[str] = ""
    joined: ClassVar[Mapping[str, Sequence[Any]]] = {}
    bodies: ClassVar[Mapping[str, type[serializers.BaseSerializer[Any]]]] = {}
    refusals: ClassVar[Mapping[str, Sequence[str]]] = {}
    examples: ClassVar[Mapping[str, Sequence[OpenApiExample]]] = {}
    summaries: ClassVar[Mapping[str, str]] = {}
    authentication_classes = (ApiTokenAuthentication, SessionAuthentication)
    permission_classes = (MayDo,)
    pagination_class = CursorPagination
    lookup_value_converter = "int"
    metadata_class = None
    schema = BackOfficeSchema()

    def list(self, request: Request, **kwargs: Any) -> Response:
        rows = self.filter_queryset(self.get_queryset())
        return self.get_paginated_response(self.get_serializer(self.paginate_queryset(rows), many=True).data)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows with whatever the asked fields need along."""
        rows = self.queryset.all()
        asked = self.asked_fields()
        for field, paths in self.joined.items():
            if field in self.serializer_fields() and (asked is None or field in asked):
                rows = rows.prefetch_related(*paths)
        return rows

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return self.answer_class(self.action)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "fields": self.asked_fields()}

    def answer_class(self, action: str) -> type[serializers.BaseSerializer[Any]]:
        """Return what an action answers with: a row of a list, or one row in full."""
        return self.serializer_class if action == "list" else self.detail_class or self.serializer_class

    def asked_fields(self) -> set[str] | None:
        """Return the fields a program wants, None for all. Raises `ValidationError`."""
        text = self.request.query_params.get("fields")
        if not text:
            return None
        asked = set(text.split(","))
        known = self.serializer_fields()
        if not asked <= set(known):
            said = _("Fields are some of: %(names)s.") % {"names": ", ".join(known)}
            raise ValidationError({"fields": said})
        return asked

    def serializer_fields(self) -> Sequence[str]:
        meta = getattr(self.answer_class(self.action), "Meta", None)
        return tuple(getattr(meta, "fields", ()))

    def ordering_for(self, request: Request) -> str:
        narrowed = self.period and ({"since", "until"} & set(request.query_params))
        return self.period if narrowed else self.default_ordering

    def summary_of(self, action: str) -> str:
        words = {"list": f"List {self.title}", "retrieve": f"Read one of {self.title}"}
        return self.summaries.get(action) or words[action]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = {"fields"}
        if self.action == "list":
            filters = self.filterset_class.base_filters if hasattr(self, "filterset_class") else ()
            known |= {*PARAMETERS, *filters}
        check_known(request, known)

    def get_throttles(self) -> Any:
        return [ReadThrottle() if self.request.method in {"GET", "HEAD"} else WriteThrottle()]

    def handle_exception(self, exc: Exception) -> Response:
        """Give what a model or the database refuses the shape that a serializer's refusals have."""
        if isinstance(exc, InvalidModel):
            exc = ValidationError(serializers.as_serializer_error(exc))
        elif isinstance(exc, DataError):
            exc = ValidationError(_("A value is larger than can be kept or compared."), code="out_of_range")
        return super().handle_exception(exc)


class ReadViewSet(ListViewSet):
    """Lists and single rows."""

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    def get_object(self) -> Any:
        """Return the row that the address names, whatever the parameters of lists. Raises `NotFound`."""
        row = self.get_queryset().filter(pk=self.kwargs["pk"]).first()
        if row is None:
            raise NotFound
        return row


class LinesViewSet(ListViewSet):
    """Lists of what stands under one thing, which the address names as `parent`."""

    owner: ClassVar[type[Model]]
    owner_field: ClassVar[str]

    def get_queryset(self) -> QuerySet[Any]:
        """Return the lines of the thing. Raises `NotFound` where there is no such thing."""
        owner = self.kwargs["parent"]
        if not self.owner._default_manager.filter(pk=owner).exists():
            raise NotFound
        return super().get_queryset().filter(**{self.owner_field: owner})
