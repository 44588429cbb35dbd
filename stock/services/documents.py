"""Documents that move stock: drafted, then posted once, then perhaps reversed once.

Posting and reversing lock in the global order: the document's row, then the feed rows of its warehouses; then one
statement for each of them moves the goods, whatever the number of lines (`effects`). Registers are woken after the
commit. What is peculiar to counts and their lines stands in `counts` and `count_lines`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import NamedTuple, TypeVar

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from retail.choices import DocumentState
from retail.exceptions import DomainError
from retail.models import Counterparty, Item, Sku, Warehouse
from retail.services import numbering
from stock.choices import DocumentKind
from stock.models import (
    CustomerOrder,
    DocumentLine,
    GoodsReceipt,
    StockCount,
    StockDocument,
    StockTransfer,
    WholesaleInvoice,
)
from stock.services import effects, wakeups

D = TypeVar("D", bound=StockDocument)
# What a document does not share with its copy.
_OWN = {
    "id", "stockdocument_ptr", "number", "date", "state", "posted_at", "posted_by", "reversed_at", "reversed_by",
}  # fmt: skip


class Line(NamedTuple):
    """A line to be drafted: so much of a SKU in its own unit, at a price in roubles for one."""

    sku: Sku
    quantity: Decimal
    price: Decimal = Decimal(0)


KINDS: dict[type[StockDocument], DocumentKind] = {
    GoodsReceipt: DocumentKind.GOODS_RECEIPT,
    WholesaleInvoice: DocumentKind.WHOLESALE_INVOICE,
    StockTransfer: DocumentKind.STOCK_TRANSFER,
    StockCount: DocumentKind.STOCK_COUNT,
    CustomerOrder: DocumentKind.CUSTOMER_ORDER,
}


class NotADraft(DomainError):
    """Only drafts are edited; a posted document is corrected by reversing it."""

    code = "not_a_draft"


class AlreadyPosted(DomainError):
    code = "already_posted"


class NotPosted(DomainError):
    code = "not_posted"


class AlreadyReversed(DomainError):
    code = "already_reversed"


class MadeByItself(DomainError):
    """What was made of other documents or of sales is reversed by nobody: it goes as they go."""

    code = "made_by_itself"


class NoLines(DomainError):
    """A document without lines says nothing that could be posted."""

    code = "no_lines"


@transaction.atomic
def draft_goods_receipt(
    *,
    warehouse: Warehouse,
    supplier: Counterparty,
    date: datetime,
    lines: Sequence[Line],
    supplier_number: str = "",
    comment: str = "",
) -> GoodsReceipt:
    """Draft goods that come from a supplier. Raises `ValidationError`."""
    draft = GoodsReceipt(
        warehouse=warehouse, supplier=supplier, date=date, supplier_number=supplier_number, comment=comment
    )
    return _draft(draft, lines)


@transaction.atomic
def draft_wholesale_invoice(
    *, warehouse: Warehouse, customer: Counterparty, date: datetime, lines: Sequence[Line], comment: str = ""
) -> WholesaleInvoice:
    """Draft goods that go to a wholesale customer. Raises `ValidationError`."""
    return _draft(WholesaleInvoice(warehouse=warehouse, customer=customer, date=date, comment=comment), lines)


@transaction.atomic
def draft_stock_transfer(
    *, warehouse: Warehouse, to_warehouse: Warehouse, date: datetime, lines: Sequence[Line], comment: str = ""
) -> StockTransfer:
    """Draft goods that move to another warehouse of the same organization. Raises `ValidationError`."""
    return _draft(StockTransfer(warehouse=warehouse, to_warehouse=to_warehouse, date=date, comment=comment), lines)


def _draft(draft: D, lines: Sequence[Line]) -> D:
    save_draft(document=draft)
    save_lines(
        document=draft,
        lines=[DocumentLine(sku=line.sku, quantity=line.quantity, price=line.price) for line in lines],
    )
    return draft


@transaction.atomic
def draft_again(*, document: D, date: datetime) -> D:
    """Draft a copy of a document in any state: the same parties and lines, a new number and date."""
    copied = [field.attname for field in document._meta.concrete_fields if field.name not in _OWN]
    draft = type(document)(date=date, **{name: getattr(document, name) for name in copied})
    lines = document.lines.select_related("sku").order_by("line")
    return _draft(draft, [Line(line.sku, line.quantity, line.price) for line in lines])


@transaction.atomic
def save_draft(*, document: D) -> D:
    """Save a draft's own fields; its organization is its warehouse's.

    It is numbered when it is new, and anew when its organization or year has changed, since each has its own series.
    Locks the document, so that it cannot be posted half-edited. Raises `NotADraft`, `ValidationError`.
    """
    document.organization = document.warehouse.organization
    series = None
    if document._state.adding:
        document.kind = KINDS[type(document)]
    else:
        kept = lock(document=document)
        check_is_draft(document=kept)
        series = _series(kept)
    document.clean_fields()
    document.clean()
    if _series(document) != series:
        document.number = numbering.next_number(
            kind=document.kind, organization=document.organization, date=document.date
        )
    document.save()
    return document


@transaction.atomic
def save_lines(*, document: StockDocument, lines: Iterable[DocumentLine]) -> None:
    """Write lines of a draft, new and changed; new ones are numbered after the last. Raises `ValidationError`.

    The draft is locked by `save_draft` in the same transaction; the database refuses lines of anything else.
    """
    new: list[DocumentLine] = []
    last = document.lines.order_by("-line").values_list("line", flat=True).first() or 0
    lines = list(lines)
    rates = dict(Item.objects.filter(skus__in={line.sku_id for line in lines}).values_list("skus", "vat_rate"))
    for line in lines:
        line.document = document
        line.vat_rate_id = rates[line.sku_id]
        line.clean_fields(exclude={"document", "line", "sku", "vat_rate"})
        line.clean()
        if line._state.adding:
            line.line = last = last + 1
            new.append(line)
        else:
            line.save()
    DocumentLine.objects.bulk_create(new)


@transaction.atomic
def discard(*, document: StockDocument) -> None:
    """Delete a draft with its lines. Raises `NotADraft`."""
    check_is_draft(document=lock(document=document))
    document.delete()


@transaction.atomic
def post(*, document: D, by: User | None, now: datetime) -> D:
    """Post a draft: its goods move, registers are told, and the document is never edited again.

    The whole of a use case, or a step of one that keeps its answer in the same transaction (`retail.services.answers`).
    Raises `AlreadyPosted`, `AlreadyReversed`, `NoLines` and what `effects.apply` raises.
    """
    locked = lock(document=document)
    check_can_post(document=locked)
    move(locked, reversing=False, now=now)
    return mark(document, state=DocumentState.POSTED, posted_at=now, posted_by=by)


@transaction.atomic
def reverse(*, document: D, by: User | None, now: datetime) -> D:
    """Reverse a posted document by opposite movements; what came in must still be there.

    The corrections of a count are reversed with it. Raises `NotPosted`, `AlreadyReversed`, `MadeByItself` and what
    `effects.apply` raises.
    """
    locked = lock(document=document)
    check_can_reverse(document=locked)
    corrections = [lock(document=count) for count in StockCount.objects.filter(corrects=document.pk).order_by("pk")]
    for correction in corrections:
        move(correction, reversing=True, now=now)
        mark(correction, state=DocumentState.REVERSED, reversed_at=now, reversed_by=by)
    move(locked, reversing=True, now=now)
    return mark(document, state=DocumentState.REVERSED, reversed_at=now, reversed_by=by)


def check_is_draft(*, document: StockDocument) -> None:
    """Raises `NotADraft`."""
    if not document.is_draft:
        raise NotADraft(_("%(document)s is no longer a draft: reverse it and draft another.") % {"document": document})


def check_can_post(*, document: StockDocument) -> None:
    """Raises `AlreadyPosted`, `AlreadyReversed`, `NoLines`."""
    if document.state == DocumentState.POSTED:
        raise AlreadyPosted(_("%(document)s is already posted.") % {"document": document})
    if document.state == DocumentState.REVERSED:
        raise AlreadyReversed(_("%(document)s is already reversed.") % {"document": document})
    if not effects.lines(document).exists():
        raise NoLines(_("%(document)s has no lines.") % {"document": document})


def check_can_reverse(*, document: StockDocument) -> None:
    """Raises `NotPosted`, `AlreadyReversed`, `MadeByItself`."""
    if _made_by_itself(document):
        raise MadeByItself(
            _("%(document)s was made by itself and goes with what it was made of.") % {"document": document}
        )
    if document.state == DocumentState.DRAFT:
        raise NotPosted(_("%(document)s is not posted.") % {"document": document})
    if document.state == DocumentState.REVERSED:
        raise AlreadyReversed(_("%(document)s is already reversed.") % {"document": document})


def _made_by_itself(document: StockDocument) -> bool:
    if document.kind == DocumentKind.STOCK_COUNT:
        return StockCount.objects.filter(pk=document.pk, corrects__isnull=False).exists()
    return document.kind in {DocumentKind.CURRENT_SALES, DocumentKind.Z_REPORT}


def lock(*, document: StockDocument) -> StockDocument:
    """Lock the row that documents of every kind share, and return it as it now is."""
    return StockDocument.objects.select_for_update(of=("self",)).get(pk=document.pk)


def _series(document: StockDocument) -> tuple[int, int]:
    return document.organization_id, timezone.localdate(document.date).year


def move(document: StockDocument, *, reversing: bool, now: datetime) -> None:
    """Move a locked document's goods, and tell registers after the commit. Raises what `effects.apply` raises."""
    warehouses = effects.apply(document=document, reversing=reversing, now=now)
    transaction.on_commit(partial(wakeups.announce, warehouses))


def mark(document: D, **fields: object) -> D:
    """Write the new state, on the row and on the instance at hand."""
    StockDocument.objects.filter(pk=document.pk).update(**fields)
    for name, value in fields.items():
        setattr(document, name, value)
    return document
