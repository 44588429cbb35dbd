"""Documents that move stock: drafted, then posted once, then perhaps reversed once.

Posting and reversing lock in the global order: the document's row, then the feed row of its warehouse; then one
statement moves the goods, whatever the number of lines. Registers are woken after the commit.
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
from retail.models import Counterparty, Sku, Warehouse
from retail.services import numbering
from stock.choices import DocumentKind
from stock.models import DocumentLine, GoodsReceipt, StockDocument, WholesaleInvoice
from stock.services import ledger, wakeups

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


class Effect(NamedTuple):
    """What posting a kind of document does: goods come in (1) or go out (-1), and which registers hear of it."""

    direction: int
    heard_by_all: bool


EFFECTS = {
    DocumentKind.GOODS_RECEIPT: Effect(1, heard_by_all=True),
    DocumentKind.WHOLESALE_INVOICE: Effect(-1, heard_by_all=False),
}
KINDS: dict[type[StockDocument], DocumentKind] = {
    GoodsReceipt: DocumentKind.GOODS_RECEIPT,
    WholesaleInvoice: DocumentKind.WHOLESALE_INVOICE,
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
        document.clean_fields()
    else:
        kept = _lock(document)
        check_is_draft(document=kept)
        series = _series(kept)
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
    for line in lines:
        line.document = document
        line.clean_fields(exclude={"document", "line", "sku"})
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
    check_is_draft(document=_lock(document))
    document.delete()


@transaction.atomic(durable=True)
def post(*, document: D, by: User | None, now: datetime) -> D:
    """Post a draft: its goods move, registers are told, and the document is never edited again.

    Raises `AlreadyPosted`, `AlreadyReversed`, `NoLines`, `NotEnoughStock`, `QuantityTooLarge`.
    """
    locked = _lock(document)
    check_can_post(document=locked)
    _move(locked, reversing=False, now=now)
    return _mark(document, state=DocumentState.POSTED, posted_at=now, posted_by=by)


@transaction.atomic(durable=True)
def reverse(*, document: D, by: User | None, now: datetime) -> D:
    """Reverse a posted document by opposite movements; what came in must still be there.

    Raises `NotPosted`, `AlreadyReversed`, `NotEnoughStock`, `QuantityTooLarge`.
    """
    locked = _lock(document)
    check_can_reverse(document=locked)
    _move(locked, reversing=True, now=now)
    return _mark(document, state=DocumentState.REVERSED, reversed_at=now, reversed_by=by)


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
    if not document.lines.exists():
        raise NoLines(_("%(document)s has no lines.") % {"document": document})


def check_can_reverse(*, document: StockDocument) -> None:
    """Raises `NotPosted`, `AlreadyReversed`."""
    if document.state == DocumentState.DRAFT:
        raise NotPosted(_("%(document)s is not posted.") % {"document": document})
    if document.state == DocumentState.REVERSED:
        raise AlreadyReversed(_("%(document)s is already reversed.") % {"document": document})


def _lock(document: StockDocument) -> StockDocument:
    """Lock the row that documents of every kind share, and return it as it now is."""
    return StockDocument.objects.select_for_update(of=("self",)).get(pk=document.pk)


def _series(document: StockDocument) -> tuple[int, int]:
    return document.organization_id, timezone.localdate(document.date).year


def _move(document: StockDocument, *, reversing: bool, now: datetime) -> None:
    effect = EFFECTS[DocumentKind(document.kind)]
    ledger.move(
        document=document,
        feed=ledger.lock(warehouse_id=document.warehouse_id),
        direction=-effect.direction if reversing else effect.direction,
        reversing=reversing,
        heard_by_all=effect.heard_by_all,
        now=now,
    )
    transaction.on_commit(partial(wakeups.announce, [document.warehouse_id]))


def _mark(document: D, **fields: object) -> D:
    """Write the new state, on the row and on the instance at hand."""
    StockDocument.objects.filter(pk=document.pk).update(**fields)
    for name, value in fields.items():
        setattr(document, name, value)
    return document
