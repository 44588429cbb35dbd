"""Corrections of cards by hand: one person writes why and how much, another one approves, and only then figures move.

    save → submit → approve, or refuse (with a reason) → save → submit …

Nobody approves what they wrote or submitted, which the database holds too. Approving locks the document, then its cards
by id, and does all lines or none: a line that takes more than lives on its card is named, with all others like it.
An approved correction is never edited: `draft_opposite` drafts one that takes it back, and that one needs a second
person as well. Taking back returns to the same lots; what was added and spent since is taken off whatever lives there.
"""

from collections.abc import Iterable, Sequence
from datetime import date as Date
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import DataError, transaction
from django.utils.translation import gettext_lazy as _

from billing.choices import CardDocumentKind, CorrectionStage, Measure
from billing.models import CardDocument, CorrectionDocument, CorrectionLine, DiscountCard
from billing.services.corrections import refusals
from billing.services.night import NoOrganization
from billing.services.night import today as today_of_the_chain
from billing.services.operations.refusals import DiscountCardsDisabled
from billing.services.operations.wishes import LARGEST, MOST_RECEIPTS
from retail.choices import DocumentState
from retail.models import Constants, Organization
from retail.services import numbering
from retail.services.figures import quantity
from retail.services.statements import beside

CORRECT = beside(__file__, "correct.sql", prepared=False)
MOST_LINES = 500


class Line(NamedTuple):
    """So much of a measure, added to a card or taken off it. What is added lives to the end of a day, or for ever."""

    card: DiscountCard
    measure: Measure
    amount: Decimal
    expires_on: Date | None = None


@transaction.atomic
def draft(*, reason: str, lines: Sequence[Line], by: User, now: datetime, comment: str = "") -> CorrectionDocument:
    """Draft a correction. Raises `NoOrganization`, `ValidationError`, `TooManyLines`."""
    document = CorrectionDocument(reason=reason, comment=comment)
    save(document=document, by=by, now=now)
    made = [
        CorrectionLine(card=line.card, measure=line.measure, amount=line.amount, expires_on=line.expires_on)
        for line in lines
    ]
    save_lines(document=document, lines=made, now=now)
    return document


@transaction.atomic
def save(*, document: CorrectionDocument, by: User, now: datetime) -> CorrectionDocument:
    """Save what somebody wrote; it is theirs from now on, and a draft again if it had been refused.

    Raises `NotOpen`, `NoOrganization`, `ValidationError`.
    """
    document.reason = document.reason.strip()
    if not document._state.adding:
        check_is_open(document=_lock(document))
    else:
        organization = Organization.objects.order_by("pk").first()
        if organization is None:
            raise NoOrganization
        document.kind, document.date, document.organization = CardDocumentKind.CORRECTION, now, organization
        document.number = numbering.next_number(kind=document.kind, organization=organization, date=now)
    document.written_by = by
    document.stage = CorrectionStage.WRITTEN
    document.clean_fields()
    document.save()
    return document


@transaction.atomic
def save_lines(*, document: CorrectionDocument, lines: Iterable[CorrectionLine], now: datetime) -> None:
    """Write lines of an open correction, new and changed. Raises `NotOpen`, `OppositeIsFixed`, `TooManyLines`,
    `ValidationError`."""
    check_is_open(document=_lock(document))
    if document.reverses_id is not None:
        raise refusals.OppositeIsFixed
    last = document.lines.order_by("-line").values_list("line", flat=True).first() or 0
    for line in lines:
        line.document = document
        if line._state.adding:
            line.line = last = last + 1
        line.clean_fields()
        check_line(line=line, today=today_of_the_chain(now=now))
        line.save()
    if document.lines.count() > MOST_LINES:
        raise refusals.TooManyLines(MOST_LINES)


def check_line(*, line: CorrectionLine, today: Date) -> None:
    """Raises `ValidationError` for a line that says nothing, or nonsense."""
    if not line.amount:
        raise ValidationError({"amount": _("Say how much to add, or with a minus how much to take off.")})
    most = Decimal(MOST_RECEIPTS) if line.measure == Measure.RECEIPTS else LARGEST
    if abs(line.amount) > most:
        raise ValidationError({"amount": _("At most %(most)s.") % {"most": quantity(most)}})
    if line.measure == Measure.RECEIPTS and line.amount != line.amount.to_integral_value():
        raise ValidationError({"amount": _("Receipts are counted in whole numbers.")})
    if line.expires_on and line.amount < 0:
        raise ValidationError({"expires_on": _("Only what is added has an end.")})
    if line.expires_on and line.expires_on < today:
        raise ValidationError({"expires_on": _("This day is over.")})


@transaction.atomic
def discard(*, document: CorrectionDocument) -> None:
    """Delete a correction that nobody has approved and that does not wait for it. Raises `NotOpen`."""
    check_is_open(document=_lock(document))
    document.delete()


@transaction.atomic
def submit(*, document: CorrectionDocument, by: User, now: datetime) -> CorrectionDocument:
    """Ask for another person's approval. Raises `NotOpen`, `NoLines`."""
    check_can_submit(document=_lock(document))
    return _mark(document, stage=CorrectionStage.SUBMITTED, submitted_at=now, submitted_by=by)


@transaction.atomic
def withdraw(*, document: CorrectionDocument) -> CorrectionDocument:
    """Take a correction back from approval, to write on. Raises `NotSubmitted`."""
    check_is_submitted(document=_lock(document))
    return _mark(document, stage=CorrectionStage.WRITTEN)


@transaction.atomic
def refuse(*, document: CorrectionDocument, why: str, by: User, now: datetime) -> CorrectionDocument:
    """Send a correction back with a reason. Raises `NotSubmitted`, `OwnCorrection`, `WithoutReason`."""
    check_can_approve(document=_lock(document), by=by)
    if not why.strip():
        raise refusals.WithoutReason
    return _mark(document, stage=CorrectionStage.REFUSED, refusal=why.strip(), refused_at=now, refused_by=by)


@transaction.atomic
def approve(*, document: CorrectionDocument, by: User, now: datetime) -> CorrectionDocument:
    """Let a correction take effect: all of its lines, or none. Locks the document, then its cards by id.

    Raises `NotSubmitted`, `OwnCorrection`, `DiscountCardsDisabled`, `TooMuchForACard`, and `NotEnoughOnCards` with each
    line that lacks.
    """
    locked = _lock(document)
    check_can_approve(document=locked, by=by)
    if not Constants.objects.values_list("discount_cards", flat=True).get():
        raise DiscountCardsDisabled
    approved = CorrectionDocument.objects.filter(pk=document.pk)
    approved.update(stage=CorrectionStage.APPROVED, approved_at=now, approved_by=by)
    try:
        lacking = CORRECT.rows(document=document.pk, zone=settings.TIME_ZONE, now=now)
    except DataError as error:  # Each amount is possible; what they add up to is not.
        raise refusals.TooMuchForACard from error
    if lacking:
        lines = {line.line: line for line in document.lines.select_related("card")}
        raise refusals.NotEnoughOnCards([(lines[number], lacks) for number, lacks in lacking])
    CardDocument.objects.filter(pk=document.pk).update(state=DocumentState.POSTED, posted_at=now, posted_by=by)
    if locked.reverses_id is not None:
        reversed_by = {"state": DocumentState.REVERSED, "reversed_at": now, "reversed_by": by}
        CardDocument.objects.filter(pk=locked.reverses_id).update(**reversed_by)
    document.refresh_from_db()
    return document


@transaction.atomic
def draft_opposite(*, document: CorrectionDocument, reason: str, by: User, now: datetime) -> CorrectionDocument:
    """Draft the correction that takes an approved one back, line by line. Raises `NotApproved`, `ReversedAlready`,
    `OppositeIsFixed`, `ValidationError`."""
    check_can_reverse(document=_lock(document))
    opposite = save(document=CorrectionDocument(reason=reason, reverses=document), by=by, now=now)
    CorrectionLine.objects.bulk_create(
        CorrectionLine(
            document=opposite, line=line.line, card_id=line.card_id, measure=line.measure, amount=-line.amount
        )
        for line in document.lines.order_by("line")
    )
    return opposite


def check_is_open(*, document: CorrectionDocument) -> None:
    """Raises `NotOpen`."""
    if not document.is_open:
        raise refusals.NotOpen(document)


def check_is_submitted(*, document: CorrectionDocument) -> None:
    """Raises `NotSubmitted`."""
    if document.stage != CorrectionStage.SUBMITTED:
        raise refusals.NotSubmitted(document)


def check_can_submit(*, document: CorrectionDocument) -> None:
    """Raises `NotOpen`, `NoLines`."""
    check_is_open(document=document)
    if not document.lines.exists():
        raise refusals.NoLines(document)


def check_can_approve(*, document: CorrectionDocument, by: User) -> None:
    """Raises `NotSubmitted`, `OwnCorrection`."""
    check_is_submitted(document=document)
    if by.pk in {document.written_by_id, document.submitted_by_id}:
        raise refusals.OwnCorrection


def check_can_reverse(*, document: CorrectionDocument) -> None:
    """Raises `NotApproved`, `ReversedAlready`, `OppositeIsFixed`."""
    if document.reverses_id is not None:
        raise refusals.OppositeIsFixed
    if document.stage != CorrectionStage.APPROVED:
        raise refusals.NotApproved(document)
    if CorrectionDocument.objects.filter(reverses=document.pk).exists():
        raise refusals.ReversedAlready(document)


def _lock(document: CorrectionDocument) -> CorrectionDocument:
    """Lock the row that documents of every kind share, and return the correction as it now is."""
    CardDocument.objects.select_for_update(of=("self",), no_key=True).get(pk=document.pk)
    return CorrectionDocument.objects.get(pk=document.pk)


def _mark(document: CorrectionDocument, **fields: object) -> CorrectionDocument:
    """Write the stage, on the row and on the instance at hand."""
    CorrectionDocument.objects.filter(pk=document.pk).update(**fields)
    for name, value in fields.items():
        setattr(document, name, value)
    return document
