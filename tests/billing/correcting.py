"""What tests of corrections share: two people, and a correction on its way."""

from datetime import timedelta
from decimal import Decimal

from billing.models import CorrectionDocument, DiscountCard
from billing.services import corrections
from billing.services.audits import CHECKS
from billing.services.corrections import Line
from tests.billing.carding import CARD, NOW
from tests.factories.people import UserFactory

LATER = NOW + timedelta(hours=1)


def line(amount, measure="bonuses", number=CARD, **fields) -> Line:
    return Line(DiscountCard.objects.get(numbers__value=number), measure, Decimal(amount), **fields)


def written(*lines: Line, by=None) -> CorrectionDocument:
    by = by or UserFactory()
    return corrections.draft(reason="Жалоба 17", lines=lines, by=by, now=NOW)


def submitted(*lines: Line, by=None) -> CorrectionDocument:
    document = written(*lines, by=by)
    return corrections.submit(document=document, by=document.written_by, now=NOW)


def approved(*lines: Line, now=LATER) -> CorrectionDocument:
    return corrections.approve(document=submitted(*lines), by=UserFactory(), now=now)


def taken_back(document: CorrectionDocument, *, now=LATER) -> CorrectionDocument:
    opposite = corrections.draft_opposite(document=document, reason="Ошибка", by=UserFactory(), now=now)
    corrections.submit(document=opposite, by=opposite.written_by, now=now)
    return corrections.approve(document=opposite, by=UserFactory(), now=now)


def faults():
    return {name: rows for name, check in CHECKS.items() if (rows := check.rows())}


def held(number: str = CARD):
    card = DiscountCard.objects.get(numbers__value=number)
    return card.bonuses, card.turnover, card.receipts
