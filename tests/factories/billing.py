"""What it is worth: kinds of cards, cards with numbers, their owners."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from billing.choices import CardDocumentKind, CardStatus, LifeLength, LifeStart, ThresholdMeasure
from billing.models import (
    AccrualDocument,
    BonusLifeRule,
    CardKind,
    CardNumber,
    CardOwner,
    DiscountCard,
    DiscountThreshold,
    NightRun,
    Promotion,
    PromotionAssignment,
    WriteOffDocument,
)
from retail.choices import DocumentState
from tests.factories.retail import OrganizationFactory

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class BonusLifeRuleFactory(DjangoModelFactory):
    """Begins at once and lives for ever, unless told otherwise."""

    class Meta:
        model = BonusLifeRule

    class Params:
        month = factory.Trait(lives=LifeLength.MONTHS, lives_for=1)
        on_a_date = factory.Trait(starts=LifeStart.ON, starts_on=date(2026, 12, 1))

    name = factory.Sequence(lambda n: f"Правило {n}")


class CardKindFactory(DjangoModelFactory):
    class Meta:
        model = CardKind

    code = factory.Sequence(lambda n: f"K{n}")
    name = factory.Sequence(lambda n: f"Карта {n}")


class DiscountThresholdFactory(DjangoModelFactory):
    class Meta:
        model = DiscountThreshold

    kind = factory.SubFactory(CardKindFactory)
    measure = ThresholdMeasure.TURNOVER
    reached = Decimal(1000)
    percent = Decimal(5)


class PromotionFactory(DjangoModelFactory):
    class Meta:
        model = Promotion

    code = factory.Sequence(lambda n: f"PROMO-{n}")
    name = factory.Sequence(lambda n: f"Акция {n}")


class PromotionAssignmentFactory(DjangoModelFactory):
    """A draft for all shops and kinds from November 2026 on; `posted=True` decides from the factory's noon on."""

    class Meta:
        model = PromotionAssignment
        skip_postgeneration_save = True

    class Params:
        posted = factory.Trait(state=DocumentState.POSTED, posted_at=NOON)

    begins = date(2026, 11, 1)
    number = factory.Sequence(lambda n: f"{n:06d}")
    organization = factory.SubFactory(OrganizationFactory)
    promotion = factory.SubFactory(PromotionFactory)
    bonus_rule = factory.SubFactory(BonusLifeRuleFactory)
    date = NOON


class AccrualDocumentFactory(DjangoModelFactory):
    class Meta:
        model = AccrualDocument

    kind = CardDocumentKind.ACCRUAL
    number = factory.Sequence(lambda n: f"{n:06d}")
    date = NOON
    organization = factory.SubFactory(OrganizationFactory)


class WriteOffDocumentFactory(AccrualDocumentFactory):
    class Meta:
        model = WriteOffDocument

    kind = CardDocumentKind.WRITE_OFF


class NightRunFactory(DjangoModelFactory):
    """An accrual that is not done yet, of another date each time."""

    class Meta:
        model = NightRun

    kind = CardDocumentKind.ACCRUAL
    date = factory.Sequence(lambda n: date(2020, 1, 1) + timedelta(days=n))
    until = NOON
    started_at = NOON
    document = factory.SubFactory(AccrualDocumentFactory)


class CardOwnerFactory(DjangoModelFactory):
    class Meta:
        model = CardOwner

    name = factory.Sequence(lambda n: f"Петрова Анна {n}")
    phone = factory.Sequence(lambda n: f"+7900{n:07d}")


class DiscountCardFactory(DjangoModelFactory):
    """An active card with nothing on it; `DiscountCardFactory(number="2000000000015")` is read by that."""

    class Meta:
        model = DiscountCard
        skip_postgeneration_save = True

    class Params:
        blocked = factory.Trait(status=CardStatus.BLOCKED)
        issued = factory.Trait(status=CardStatus.ISSUED)

    kind = factory.SubFactory(CardKindFactory)
    issued_at = NOON

    @factory.post_generation
    def number(self: Any, create: bool, extracted: Any, **kwargs: Any) -> None:
        if create:
            CardNumber.objects.create(card=self, value=extracted or f"27{self.pk:010d}")


class CardNumberFactory(DjangoModelFactory):
    class Meta:
        model = CardNumber

    card = factory.SubFactory(DiscountCardFactory)
    value = factory.Sequence(lambda n: f"29{n:010d}")
