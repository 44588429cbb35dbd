"""What tests of the night share: cards with lots that are to begin or have ended, and what a night leaves."""

from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import OperationalError, connection

from billing.choices import CardDocumentKind, Measure
from billing.models import BillingOperation, DiscountCard, LedgerEntry, Lot, NightRun
from billing.services import night
from billing.services.night import chunks
from stock.services import audits
from tests.billing.carding import NOW
from tests.factories.billing import CardKindFactory, DiscountCardFactory
from tests.factories.retail import OrganizationFactory

DAY = date(2026, 11, 20)
MIDNIGHT = datetime.fromisoformat("2026-11-20T00:00:00+03:00")  # with which DAY begins in Moscow
RUN_AT = MIDNIGHT + timedelta(minutes=10)


def lot(card, amount, *, begins=MIDNIGHT, ends=None, begun=False, measure=Measure.BONUSES):
    """A lot with its operation; one that has begun has its entry, and stands on the card."""
    amount = Decimal(amount)
    operation = BillingOperation.objects.create(
        uid=f"lot{BillingOperation.objects.count()}", card=card, kind="accrue", bonuses=0, turnover=0, receipts=0,
        occurred_at=NOW, recorded_at=NOW, source="online", digest=b"", state="applied", result={},
    )  # fmt: skip
    made = Lot.objects.create(
        card=card, measure=measure, amount=amount, remaining=amount, active_from=begins, expires_at=ends,
        activated=begun, operation=operation,
    )  # fmt: skip
    if begun:
        card.refresh_from_db()
        after = getattr(card, measure) + amount
        DiscountCard.objects.filter(pk=card.pk).update(**{measure: after, "version": card.version + 1})
        LedgerEntry.objects.create(
            card=card, measure=measure, lot=made, kind="accrued", delta=amount, balance_after=after,
            version=card.version + 1, operation=operation, at=NOW,
        )  # fmt: skip
    return made


def a_chain(cards=6):
    """Cards that each have something to begin and something that has ended; return them."""
    OrganizationFactory()
    kind = CardKindFactory()
    made = [DiscountCardFactory(kind=kind) for _ in range(cards)]
    for place, card in enumerate(made, start=1):
        lot(card, 10 * place, measure=Measure.BONUSES)
        lot(card, place, measure=Measure.RECEIPTS)
        lot(card, 5, ends=MIDNIGHT, begun=True)
        lot(card, 100, begun=True, measure=Measure.TURNOVER)
    return made


def run(*, date=DAY, now=RUN_AT):
    return night.run(date=date, now=now)


def written(made, *, date=DAY):
    """All that a night has left of these cards, but for ids and moments: figures, lots, entries, documents."""
    own = Lot.objects.filter(card__in=made).order_by("pk")
    lots = {pk: place for place, pk in enumerate(own.values_list("pk", flat=True))}
    entries = LedgerEntry.objects.filter(card__in=made).values_list(
        "lot_id", "version", "kind", "delta", "balance_after"
    )
    return {
        "cards": list(
            DiscountCard.objects.filter(pk__in=[card.pk for card in made])
            .order_by("pk")
            .values_list("bonuses", "turnover", "receipts", "version")
        ),
        "lots": list(own.values_list("remaining", "activated")),
        "entries": sorted((lots[of], *rest) for of, *rest in entries),
        "documents": [
            (one.kind, one.state, one.document.state, *totals(one))
            for one in NightRun.objects.filter(date=date).order_by("pk")
        ],
    }


def document(one):
    """The document of a run, as its own kind."""
    return night.DOCUMENTS[CardDocumentKind(one.kind)].objects.get(pk=one.document_id)


def totals(one):
    found = document(one)
    return found.cards, found.lots, found.bonuses, found.turnover, found.receipts


def differences():
    """What the audit of cards says; lots of these tests name operations without amounts."""
    return [one for one in audits.run() if "what was not taken back" not in one.check]


@contextmanager
def poisoned(card):
    """A card whose figure is so large that nothing can be added to it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE billing_discountcard SET receipts = 2147483647 WHERE id = %s", [card.pk])
        yield
        cursor.execute("UPDATE billing_discountcard SET receipts = 0 WHERE id = %s", [card.pk])


def fail_first(monkeypatch, times):
    """Let the first so many chunks fail with what passes, such as a deadlock."""
    real, left = chunks.CHUNK.rows, list(range(times))

    def rows(**params):
        if left:
            left.pop()
            raise OperationalError("deadlock detected")
        return real(**params)

    monkeypatch.setattr(chunks.CHUNK, "rows", rows)
