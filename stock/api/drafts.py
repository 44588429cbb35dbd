"""What every document that people make has in common: drafted, edited, posted, reversed and copied by the services.

A program says the whole of what it means: `lines` of an edit stand in the place of all the lines there were.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django_filters.rest_framework import FilterSet
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from retail.api import filters
from retail.api.authentication import user_of
from retail.api.base import LinesViewSet, ReadViewSet, Row
from retail.api.descriptions import DOCUMENTS
from retail.api.moments import MomentField
from retail.api.writing import Reference, named_skus, once
from retail.choices import DocumentState
from retail.models import Warehouse
from stock.models import DocumentLine, StockDocument
from stock.services import documents, redrafting

MOST_LINES = 5000
HEADER_FIELDS = ("id", "number", "date", "state", "organization", "warehouse")
DEED_FIELDS = ("comment", "total", "posted_at", "posted_by", "reversed_at", "reversed_by")
HEADER = {
    "id": 55, "number": "000012", "date": "2026-11-20T09:00:00+03:00", "state": "draft", "organization": 1,
    "warehouse": 1,
}  # fmt: skip
DEEDS = {
    "comment": "", "total": "8400.00", "posted_at": None, "posted_by": None, "reversed_at": None, "reversed_by": None,
}  # fmt: skip
LINES = [{"sku": "10001", "quantity": "120", "price": "70.00"}]


class DocumentRow(Row[Any]):
    """The header of a document; its lines have an address of their own."""

    total = serializers.DecimalField(max_digits=18, decimal_places=2, help_text="Sum of the lines, roubles")
    posted_by = serializers.CharField(source="posted_by.username", allow_null=True)
    reversed_by = serializers.CharField(source="reversed_by.username", allow_null=True)


class DocumentLineIn(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=20, help_text="Code of the SKU")
    quantity = serializers.DecimalField(
        max_digits=15, decimal_places=3, min_value=Decimal("0.001"), help_text="In the SKU's own unit, above zero"
    )
    price = serializers.DecimalField(
        max_digits=15, decimal_places=2, min_value=Decimal(0), default=Decimal(0), help_text="Roubles for one"
    )


class LinesIn(serializers.Serializer[Any]):
    lines = serializers.ListField(
        child=DocumentLineIn(), required=False, max_length=MOST_LINES, help_text="Numbered in their order"
    )


class DraftIn(LinesIn):
    """What every kind says of itself; `date` left out is now."""

    warehouse = Reference(queryset=Warehouse.objects.all(), help_text="Its id")
    date = MomentField(required=False, help_text="Left out: now")
    comment = serializers.CharField(required=False, allow_blank=True, max_length=10_000)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Milk",
            {
                "id": 301, "line": 1, "sku": "10001", "name": "Молоко 3,2 %", "quantity": "120.000", "price": "70.00",
                "amount": "8400.00",
            },
        )
    ]
)  # fmt: skip
class DocumentLineRow(Row[DocumentLine]):
    sku = serializers.CharField(source="sku.code", help_text="Code of the SKU")
    name = serializers.CharField(source="sku.name")
    amount = serializers.DecimalField(max_digits=15, decimal_places=2)

    class Meta:
        model = DocumentLine
        fields = ("id", "line", "sku", "name", "quantity", "price", "amount")


class DocumentFilters(FilterSet):
    warehouse = filters.Numbers(about="Ids of warehouses")
    organization = filters.Numbers(about="Ids of organizations")
    state = filters.Choices(words=DocumentState.values, about="States")
    number = filters.Codes(about="Numbers of documents")
    since = filters.Since("date", about="Date of the document")
    until = filters.Until("date", about="Date of the document")


class DocumentLineFilters(FilterSet):
    sku = filters.Codes("sku__code", about="Codes of SKUs")


class DocumentLineViewSet(LinesViewSet):
    tag = DOCUMENTS
    owner_field = "document"
    queryset: QuerySet[Any] = DocumentLine.objects.select_related("sku")
    serializer_class: type[Row[Any]] = DocumentLineRow
    filterset_class = DocumentLineFilters
    orderings = {"line": "line"}
    default_ordering = "line"


class DraftViewSet(ReadViewSet):
    """A kind of document that is drafted and edited. `body` is what a program sends of it, and `make` drafts one."""

    body: ClassVar[type[DraftIn]]
    lines_body: ClassVar[type[serializers.Serializer[Any]]] = LinesIn
    tag = DOCUMENTS
    orderings = {"id": "pk", "date": "date"}
    period = "date"
    line_model: ClassVar[str] = "documentline"
    verbs: ClassVar[Mapping[str, str]] = {}  # What a kind does beside, as the description sums it up.
    refusals = {
        "partial_update": ("not_a_draft",),
        "destroy": ("not_a_draft",),
    }
    http_method_names = ["get", "head", "post", "patch", "delete"]

    def make(self, fields: dict[str, Any], lines: Sequence[Any]) -> StockDocument:
        """Draft a document of the fields and lines that were sent."""
        raise NotImplementedError

    def edit(self, document: Any, changes: dict[str, Any], lines: Sequence[Any] | None) -> None:
        redrafting.edit(document=document, changes=changes, lines=lines)

    def copy_of(self, document: Any) -> StockDocument:
        copied: StockDocument = documents.draft_again(document=document, date=timezone.now())
        return copied

    def discard(self, document: Any) -> None:
        documents.discard(document=document)

    def read_lines(self, rows: Sequence[dict[str, Any]]) -> Sequence[Any]:
        """Return the lines that were sent, as services take them. Raises `ValidationError`."""
        found = zip(named_skus(rows, within="lines"), rows, strict=True)
        return [documents.Line(sku, row["quantity"], row["price"]) for sku, row in found]

    # What a program asks

    def create(self, request: Request) -> HttpResponse:
        def do() -> Any:
            fields, lines = self._asked(request)
            return self._shown(self.make({"date": timezone.now(), **fields}, lines or ()), ADDITION, _("Drafted."))

        return once(request, do, body=request.data, status=201)

    def partial_update(self, request: Request, pk: int) -> Response:
        with transaction.atomic():
            document = self._document()
            changes, lines = self._asked(request, partial=True)
            self.edit(document, changes, lines)
            return Response(self._shown(document, CHANGE, _("Edited.")))

    def destroy(self, request: Request, pk: int) -> HttpResponse:
        self.discard(self._document())
        return HttpResponse(status=204)

    @action(detail=True, methods=["post"], url_path="copy")
    def copy(self, request: Request, pk: int) -> HttpResponse:
        def do() -> Any:
            return self._shown(self.copy_of(self._document()), ADDITION, _("Drafted."))

        return once(request, do, status=201)

    def _document(self) -> Any:
        """Return the document that the address names, as services take it. Raises `NotFound`."""
        related = ("organization", "warehouse__organization")
        document = self.queryset.select_related(*related).filter(pk=self.kwargs["pk"]).first()
        if document is None:
            raise NotFound
        return document

    def _asked(self, request: Request, *, partial: bool = False) -> tuple[dict[str, Any], Sequence[Any] | None]:
        """Return the fields and the lines of a body, of which lines are whole or missing. Raises `ValidationError`."""
        asked = self.body(data=request.data, partial=partial)
        asked.is_valid(raise_exception=True)
        fields = dict(asked.validated_data)
        rows = fields.pop("lines", None)
        if partial and rows is not None:
            whole = self.lines_body(data=request.data)
            whole.is_valid(raise_exception=True)
            rows = whole.validated_data["lines"]
        return fields, None if rows is None else self.read_lines(rows)

    def _done(self, verb: Callable[..., StockDocument], words: str) -> Any:
        document = verb(document=self._document(), by=user_of(self.request), now=timezone.now())
        return self._shown(document, CHANGE, words)

    def _shown(self, document: StockDocument, flag: int, words: str) -> Any:
        """Note in the document's history what was done, and return the document as it is answered."""
        LogEntry.objects.log_actions(
            user_of(self.request).pk, [document], flag, change_message=f"API: {words}", single_object=True
        )
        return self.get_serializer(self.get_queryset().get(pk=document.pk)).data

    # How it is described

    @property
    def bodies(self) -> Mapping[str, type[serializers.Serializer[Any]]]:  # type: ignore[override]
        return {"create": self.body, "partial_update": self.body}

    @property
    def needs_for(self) -> Mapping[str, Sequence[str]]:  # type: ignore[override]
        add, change = f"stock.add_{self.line_model}", f"stock.change_{self.line_model}"
        return {"create": (add,), "copy": (add,), "partial_update": (change,)}

    def summary_of(self, action: str) -> str:
        verbs = {
            "create": "Draft one of",
            "partial_update": "Edit a draft of",
            "destroy": "Delete a draft of",
            "copy": "Copy to a new draft one of",
            **self.verbs,
        }
        return f"{verbs[action]} {self.title}" if action in verbs else super().summary_of(action)


class DocumentViewSet(DraftViewSet):
    """A kind of document that is posted and reversed."""

    refusals = {
        **DraftViewSet.refusals,
        "post_document": ("already_posted", "already_reversed", "no_lines", "not_enough_stock"),
        "reverse_document": ("not_posted", "already_reversed", "not_enough_stock"),
    }
    verbs = {"post_document": "Post one of", "reverse_document": "Reverse one of"}

    @action(detail=True, methods=["post"], url_path="post")
    def post_document(self, request: Request, pk: int) -> HttpResponse:
        return once(request, lambda: self._done(documents.post, _("Posted.")))

    @action(detail=True, methods=["post"], url_path="reverse")
    def reverse_document(self, request: Request, pk: int) -> HttpResponse:
        return once(request, lambda: self._done(documents.reverse, _("Reversed.")))
