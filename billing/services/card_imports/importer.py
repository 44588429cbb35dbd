"""A chunk of rows: looked up with a few queries, compared, written with a few more."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _now

from billing.choices import CardStatus
from billing.models import CardKind, CardOwner
from billing.services.card_imports import card_columns, known, writing
from billing.services.card_imports.known import Known
from billing.services.card_imports.writing import Draft, Opening
from retail.services import figures
from retail.services.imports.columns import Column
from retail.services.imports.outcomes import Action, Change, Outcome, Problem, Row, RowRefused, faulty


class CardImporter:
    columns: Sequence[Column] = card_columns.ALL
    required: Sequence[Sequence[Column]] = ((card_columns.BARCODE, card_columns.TRACK, card_columns.NUMBER),)
    model = "billing.discountcard"
    locks_catalogue = False

    def __init__(self, *, now: datetime) -> None:
        self._now = now
        kinds = list(CardKind.objects.all())
        self._kinds = {name.casefold(): kind for kind in kinds for name in (kind.name, kind.code)}
        self._only_kind = kinds[0] if len(kinds) == 1 else None

    def take(self, rows: list[Row], *, dry_run: bool) -> list[Outcome]:
        """Compare a chunk and write it; once more if somebody entered one of its numbers at that very moment."""
        try:
            with transaction.atomic():
                return self._take(rows, dry_run=dry_run)
        except IntegrityError:
            return self._take(rows, dry_run=dry_run)

    def _take(self, rows: list[Row], *, dry_run: bool) -> list[Outcome]:
        found = known.look_up(rows, lock=not dry_run)
        outcomes = []
        drafts = []
        for row in rows:
            try:
                draft, outcome = self._compare(row, found)
            except RowRefused as refused:
                outcomes.append(faulty(row, *refused.problems))
                continue
            outcomes.append(outcome)
            if outcome.action is not Action.SAME:
                drafts.append(draft)
        if not dry_run:
            writing.write(drafts, now=self._now)
        return outcomes

    def _compare(self, row: Row, found: Known) -> tuple[Draft, Outcome]:
        """Say what a row makes of its card. Raises `RowRefused`."""
        if row.problems:
            raise RowRefused
        numbers = {row.values[name]: kind for name, kind in card_columns.NUMBERS.items() if name in row.values}
        if not numbers:
            raise RowRefused(Problem("", _now("A row needs a number of a card.")))
        draft, new = self._draft(row, found, list(numbers))
        changes = [*_numbered(draft, numbers, found), *_owned(draft, row, found), *_opened(draft, row, found)]
        subject = f"{next(iter(numbers))} · {draft.kind.name}"
        if new:
            return draft, Outcome(row.number, Action.NEW, subject, changes)
        return draft, Outcome(row.number, Action.CHANGED if changes else Action.SAME, subject, changes)

    def _draft(self, row: Row, found: Known, numbers: list[str]) -> tuple[Draft, bool]:
        """Return the card that a row means, and whether it is new."""
        if twice := [number for number in numbers if number in found.met]:
            message = _now("Row %(number)s names this card too.") % {"number": found.met[twice[0]]}
            raise RowRefused(Problem("", message))
        cards = {found.numbers[number] for number in numbers if number in found.numbers}
        if len(cards) > 1:
            raise RowRefused(Problem("", _now("These numbers belong to different cards.")))
        kind = self._kind(row)
        found.met |= dict.fromkeys(numbers, row.number)
        if not cards:
            if kind is None:
                raise RowRefused(
                    Problem(str(card_columns.KIND.title), _now("There are several kinds of cards: name one."))
                )
            status = row.get("status") or CardStatus.ACTIVE
            return Draft(kind, status=status, issued_at=row.get("issued_at")), True
        card = found.cards[cards.pop()]
        if kind is not None and "kind" in row.values and kind.pk != card.kind_id:
            message = _now("This card is of the kind “%(kind)s”.") % {"kind": card.kind.name}
            raise RowRefused(Problem(str(card_columns.KIND.title), message))
        return Draft(card.kind, card=card, owner=card.owner), False

    def _kind(self, row: Row) -> CardKind | None:
        name = row.get("kind")
        if not name:
            return self._only_kind
        kind = self._kinds.get(name.casefold())
        if kind is None:
            message = _now("There is no kind of cards “%(name)s”.") % {"name": name}
            raise RowRefused(Problem(str(card_columns.KIND.title), message))
        return kind


def _numbered(draft: Draft, numbers: dict[str, Any], found: Known) -> Iterable[Change]:
    draft.numbers = {value: kind for value, kind in numbers.items() if value not in found.numbers}
    return [Change(str(kind.label), "", value) for value, kind in draft.numbers.items()]


def _owned(draft: Draft, row: Row, found: Known) -> Iterable[Change]:
    """Say what a row makes of the owner of its card. Raises `RowRefused`."""
    said = {
        field: row.values[name]
        for name, field in (("owner", "name"), ("phone", "phone"), ("consent", "consented_on"))
        if name in row.values
    }
    if "consented_on" in said:
        said["consented_on"] = known.day(said["consented_on"])
    if not said:
        return []
    if draft.owner is not None and draft.owner.erased_at is not None:
        message = _now("The personal data of its owner was erased on request: leave it out.")
        raise RowRefused(Problem(str(card_columns.OWNER.title), message))
    if draft.owner is None:
        if not (said.get("name") or said.get("phone")):
            raise RowRefused(Problem(str(card_columns.OWNER.title), _now("A consent needs a name or a phone.")))
        draft.owner = found.owner(said)
        draft.gives_owner = True
        return [Change(str(card_columns.OWNER.title), "", " · ".join(str(value) for value in said.values()))]
    changes = []
    for field, value in said.items():
        old = getattr(draft.owner, field)
        if old != value:
            setattr(draft.owner, field, value)
            draft.edits_owner = True
            title = CardOwner._meta.get_field(field).verbose_name  # type: ignore[union-attr]
            changes.append(Change(str(title), str(old or ""), str(value)))
    return changes


def _opened(draft: Draft, row: Row, found: Known) -> Iterable[Change]:
    """Say what a row lets its card begin with. Raises `RowRefused` where it began with something else."""
    opening = Opening.of(row)
    if opening is None:
        return []
    if draft.card is not None:
        if (recorded := found.openings.get(draft.card.pk)) is not None:
            if recorded == opening.amounts:
                return []
            message = _now("What the card began with is recorded already, and it was not this: write a correction.")
            raise RowRefused(Problem("", message))
        if draft.card.status == CardStatus.CLOSED:
            raise RowRefused(Problem("", _now("The card is closed.")))
    draft.opening = opening
    titles = (card_columns.BONUSES.title, card_columns.TURNOVER.title, card_columns.RECEIPTS.title)
    return [
        Change(str(title), "", figures.quantity(Decimal(str(amount))))
        for title, amount in zip(titles, opening.amounts, strict=True)
        if amount
    ]
