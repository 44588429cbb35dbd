"""All that is held about a person, as tables: what the person is given who asks for it (152-ФЗ, article 14)."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from billing.models import BillingOperation, CardNumber, CardOwner, CorrectionLine, DiscountCard, Lot
from billing.services import explanations


class Table(NamedTuple):
    """`key` names it for programs, `title` for people; columns are (key, title)."""

    key: str
    title: str
    columns: list[tuple[str, str]]
    rows: list[list[Any]]

    def records(self) -> list[dict[str, Any]]:
        return [dict(zip((key for key, _title in self.columns), row, strict=True)) for row in self.rows]


def compile_for(*, owner: CardOwner) -> list[Table]:
    """Return what is held of an owner: the data itself, cards, numbers, operations, receipts, lots, corrections."""
    cards = owner.cards.select_related("kind").order_by("pk")
    return [_person(owner), _cards(cards), _numbers(cards), _operations(cards), _lots(cards), _corrections(cards)]


def _person(owner: CardOwner) -> Table:
    columns = [
        ("key", _("key")),
        ("name", pgettext("person", "name")),
        ("phone", _("phone")),
        ("consented_on", _("consented to the use of the data on")),
    ]
    return Table("owner", _("Owner"), columns, [[owner.pk, owner.name, owner.phone, owner.consented_on]])


def _cards(cards: QuerySet[DiscountCard]) -> Table:
    columns = [
        ("card", _("card")),
        ("kind", _("kind of cards")),
        ("status", pgettext("card", "status")),
        ("issued_at", _("issued at")),
        ("bonuses", _("bonuses")),
        ("turnover", _("accumulated sum")),
        ("receipts", _("receipts")),
        ("replaced_by", _("replaced by")),
    ]
    rows: list[list[Any]] = [
        [card.pk, card.kind.name, card.get_status_display(), card.issued_at, card.bonuses, card.turnover, card.receipts,
         card.replaced_by_id]
        for card in cards
    ]  # fmt: skip
    return Table("cards", _("Cards"), columns, rows)


def _numbers(cards: QuerySet[DiscountCard]) -> Table:
    columns = [("card", _("card")), ("number", _("number")), ("read_as", _("read as"))]
    found = CardNumber.objects.filter(card__in=cards).order_by("card", "pk")
    return Table("numbers", _("Numbers"), columns, [[one.card_id, one.value, one.get_kind_display()] for one in found])


def _operations(cards: QuerySet[DiscountCard]) -> Table:
    columns = [
        ("card", _("card")),
        ("occurred_at", _("occurred at")),
        ("kind", _("kind")),
        ("bonuses", _("bonuses")),
        ("turnover", _("accumulated sum")),
        ("receipts", _("receipts")),
        ("came", _("came")),
        ("shop", _("shop")),
        ("register", _("register")),
        ("receipt", _("receipt")),
        ("receipt_at", _("time of the receipt")),
        ("receipt_total", _("receipt total")),
        ("promotion", _("promotion")),
        ("uid", _("unique id")),
        ("takes_back", _("takes back")),
    ]
    found = list(
        BillingOperation.objects.filter(card__in=cards).select_related("register__shop", "promotion").order_by("pk")
    )
    return Table("operations", _("Operations"), columns, list(_told(found)))


def _told(operations: list[BillingOperation]) -> Iterator[list[Any]]:
    receipts = explanations.receipts_of(operations=operations)
    for one in operations:
        receipt = receipts.get((one.register_id or 0, one.receipt_uid))
        yield [
            one.card_id,
            one.occurred_at,
            one.get_kind_display(),
            one.bonuses,
            one.turnover,
            one.receipts,
            one.get_source_display(),
            one.register.shop.name if one.register else "",
            one.register.number if one.register else "",
            receipt.number if receipt else one.receipt_uid,
            receipt.occurred_at if receipt else None,
            receipt.total if receipt else None,
            one.promotion.name if one.promotion else one.promotion_code,
            one.uid,
            one.of,
        ]


def _lots(cards: QuerySet[DiscountCard]) -> Table:
    columns = [
        ("card", _("card")),
        ("measure", _("measure")),
        ("amount", _("amount")),
        ("remaining", _("remaining")),
        ("begins", _("begins")),
        ("ends", _("ends")),
        ("operation", _("operation")),
    ]
    # By the operations that made them: no index leads from a card to lots that are used up.
    found = Lot.objects.filter(operation__card__in=cards).select_related("operation").order_by("pk")
    rows: list[list[Any]] = [
        [lot.card_id, lot.get_measure_display(), lot.amount, lot.remaining, lot.active_from, lot.expires_at,
         lot.operation.uid]
        for lot in found
    ]  # fmt: skip
    return Table("lots", _("Lots"), columns, rows)


def _corrections(cards: QuerySet[DiscountCard]) -> Table:
    columns = [
        ("card", _("card")),
        ("document", _("document")),
        ("date", _("date")),
        ("reason", _("reason")),
        ("measure", _("measure")),
        ("amount", _("amount")),
        ("stage", pgettext("correction", "stage")),
    ]
    found = CorrectionLine.objects.filter(card__in=cards).select_related("document").order_by("pk")
    rows: list[list[Any]] = [
        [line.card_id, line.document.number, line.document.date, line.document.reason, line.get_measure_display(),
         line.amount, line.document.get_stage_display()]
        for line in found
    ]  # fmt: skip
    return Table("corrections", _("Corrections"), columns, rows)


def as_record(tables: list[Table], *, now: datetime) -> dict[str, Any]:
    """Return the tables as one object for a program: the owner's own data, and lists of all else."""
    owner, *rest = tables
    return {"compiled_at": now, "owner": owner.records()[0], **{table.key: table.records() for table in rest}}
