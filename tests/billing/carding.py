"""What tests of cards share: cards by a number, operations on them, what they hold and what the books say of them."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from billing.choices import OperationSource
from billing.models import CardNumber, DiscountCard, LedgerEntry, Lot
from billing.services import operations
from billing.services.operations import Wanted
from tests.factories.billing import DiscountCardFactory

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CARD = "2000000000015"


def card(number: str = CARD, **fields) -> DiscountCard:
    return DiscountCardFactory(number=number, **fields)


def wanted(uid: str, kind: str, bonuses="0", turnover="0", **fields: Any) -> Wanted:
    fields = {"occurred_at": NOW, "card": CARD, **fields}
    return Wanted(uid=uid, kind=kind, bonuses=Decimal(bonuses), turnover=Decimal(turnover), **fields)


def online(register, uid: str, kind: str, bonuses="0", *, now=NOW, **fields):
    return operations.apply(register=register, wanted=wanted(uid, kind, bonuses, **fields), now=now)


def told(register, uid: str, kind: str, bonuses="0", *, now=NOW, **fields):
    """What has happened at the till, as a receipt tells it."""
    return operations.record(
        register_id=register.pk,
        wanted=wanted(uid, kind, bonuses, **fields),
        source=OperationSource.RECEIPT,
        now=now,
    )


def shown(register, *, now=NOW, number: str = CARD):
    return operations.state(register=register, card=number, now=now)


def available(register, **fields) -> Decimal:
    return Decimal(shown(register, **fields)["bonuses"]["available"])


def lots(number: str = CARD, measure: str = "bonuses"):
    """(amount, remaining) of every lot of the card, in the order they were made."""
    found = Lot.objects.filter(card__numbers__value=number, measure=measure).order_by("pk")
    return [(lot.amount, lot.remaining) for lot in found]


def entries(number: str = CARD, measure: str = "bonuses"):
    """(kind, delta, balance after) of every entry of the card."""
    found = LedgerEntry.objects.filter(card__numbers__value=number, measure=measure).order_by("pk")
    return [(entry.kind, entry.delta, entry.balance_after) for entry in found]


def replace(number: str = CARD) -> DiscountCard:
    """Put another card in the place of one: what it had moves, and its numbers name the new one."""
    old = DiscountCard.objects.get(numbers__value=number)
    new = DiscountCardFactory(kind=old.kind, number=None)
    CardNumber.objects.filter(card=old).update(card=new)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO billing_ledgerentry
                (card_id, measure, lot_id, kind, delta, balance_after, version, operation_id, document_id, at)
            SELECT c.card, l.measure, l.id, 'moved', c.sign * l.remaining, 0, 1, l.operation_id, NULL, now()
            FROM billing_lot l CROSS JOIN (VALUES (%s, -1), (%s, 1)) AS c(card, sign)
            WHERE l.card_id = %s AND l.activated
            """,
            [old.pk, new.pk, old.pk],
        )
    Lot.objects.filter(card=old).update(card=new)
    DiscountCard.objects.filter(pk=new.pk).update(
        bonuses=old.bonuses, turnover=old.turnover, receipts=old.receipts, version=old.version + 1
    )
    DiscountCard.objects.filter(pk=old.pk).update(
        bonuses=0, turnover=0, receipts=0, replaced_by=new, status="closed", version=old.version + 1
    )
    return new
