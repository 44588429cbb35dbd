"""Editing a draft as a whole, as people's programs do: its own fields, and all of its lines at once."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db import transaction

from stock.models import CountLine, DocumentLine, StockCount, StockDocument
from stock.services import count_lines, counts, documents

D = TypeVar("D", bound=StockDocument)


@transaction.atomic
def edit(*, document: D, changes: Mapping[str, Any], lines: Sequence[documents.Line] | None = None) -> D:
    """Change a draft's fields, and put `lines` in the place of all it has unless it is None.

    Raises `NotADraft`, `ValidationError`.
    """
    for name, value in changes.items():
        setattr(document, name, value)
    documents.save_draft(document=document)
    if lines is not None:
        document.lines.all().delete()
        fresh = [DocumentLine(sku=line.sku, quantity=line.quantity, price=line.price) for line in lines]
        documents.save_lines(document=document, lines=fresh)
    return document


@transaction.atomic
def edit_count(
    *, count: StockCount, changes: Mapping[str, Any], lines: Sequence[counts.Counted] | None = None
) -> StockCount:
    """Change a draft count's fields, and put `lines` in the place of all it has unless it is None.

    Raises `NotADraft`, `QuantityTooLarge`, `ValidationError`.
    """
    for name, value in changes.items():
        setattr(count, name, value)
    documents.save_draft(document=count)
    if lines is not None:
        count.count_lines.all().delete()
        count_lines.save(count=count, lines=[CountLine(sku=line.sku, counted=line.quantity) for line in lines])
    return count
