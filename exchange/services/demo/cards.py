"""Discount cards of the chain: two kinds, some dozens of cards with owners, a promotion, and what happened to them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from django.utils import timezone

from billing.choices import LifeLength, LifeRounding, Measure, NumberKind, OperationSource, ThresholdMeasure
from billing.models import (
    BonusLifeRule,
    CardKind,
    CardNumber,
    CardOwner,
    CorrectionDocument,
    DiscountCard,
    DiscountThreshold,
    Promotion,
    PromotionAssignment,
)
from billing.services import assignments, corrections, night, operations, records
from billing.services.operations import Wanted
from exchange.services.demo import people, places
from exchange.services.demo.goods import KOPECK
from exchange.services.demo.shifts import Body
from exchange.services.demo.tills import WORKING
from registers.models import Register
from retail.fields import gs1_check_digit
from retail.models import Constants, Organization

CARDS = 40
PREFIX = "27"
EARNED = Decimal("0.05")
SHOWN = 5  # Of so many customers one shows a card.
VISITS = range(3, 9)
YEARS = timedelta(days=400)
PAST = timedelta(days=120)
SPRING = "SPRING"
FAMILIES = ("Соколова", "Лебедев", "Котова", "Ершов", "Фомина", "Громов", "Белова", "Зайцев", "Орлова", "Власов")
NAMES = {"а": ("Анна", "Ирина", "Марина", "Ольга"), "": ("Пётр", "Олег", "Николай", "Илья")}
# Name, code, (percent, from so much), delay of the sum in days.
KINDS = (
    ("Золотая", "GOLD", ((3, 0), (5, 10_000), (7, 30_000)), 0),
    ("Клубная", "CLUB", ((2, 5_000), (4, 20_000)), 1),
)


def make(*, began: datetime) -> None:
    """Switch discount cards on, and write kinds, owners, cards and their numbers."""
    Constants.objects.update(discount_cards=True, online_registers=True)
    rule = BonusLifeRule.objects.create(
        name="С завтрашнего дня, три месяца до конца месяца",
        starts_after_days=1,
        lives=LifeLength.MONTHS,
        lives_for=3,
        rounding=LifeRounding.MONTH,
    )
    kinds = [
        CardKind.objects.create(
            name=name, code=code, turnover_delay=delay, bonus_rule=rule if delay else None, turnover_life=365
        )
        for name, code, _thresholds, delay in KINDS
    ]
    DiscountThreshold.objects.bulk_create(
        DiscountThreshold(kind=kind, measure=ThresholdMeasure.TURNOVER, percent=percent, reached=reached)
        for kind, (_name, _code, thresholds, _delay) in zip(kinds, KINDS, strict=True)
        for percent, reached in thresholds
    )
    _assign(Promotion.objects.create(code=SPRING, name="Весенние бонусы"), kinds[1], began=began)
    rng = Random("cards")
    owners = CardOwner.objects.bulk_create(_owner(place, rng, began=began) for place in range(CARDS))
    cards = DiscountCard.objects.bulk_create(
        DiscountCard(kind=kinds[place % 2], owner=owner if place % 8 else None, issued_at=began - YEARS)
        for place, owner in enumerate(owners)
    )
    CardNumber.objects.bulk_create(CardNumber(card=card, value=number(place)) for place, card in enumerate(cards))
    CardNumber.objects.bulk_create(
        CardNumber(card=card, value=f"CLUB{place:04d}", kind=NumberKind.TRACK)
        for place, card in enumerate(cards)
        if place % 2
    )


def number(place: int) -> str:
    """Return the barcode of a card of the chain."""
    digits = f"{PREFIX}{place + 1:010d}"
    return digits + gs1_check_digit(digits)


def show(bodies: Sequence[Body], *, register: Register) -> None:
    """Have some customers of a shift show their cards: their sales name a card and what it earns."""
    rng = Random(f"cards {register.number} {bodies[0]['uid']}")
    for body in bodies:
        if body["kind"] != "sale" or rng.randrange(SHOWN):
            continue
        receipt = body["receipt"]
        receipt["card"] = number(rng.randrange(CARDS))
        body["billing"] = [
            {
                "uid": f"{body['uid']}-1",
                "kind": "accrue",
                "bonuses": str(_earned(Decimal(receipt["total"]))),
                "turnover": receipt["total"],
                "receipts": 1,
            }
        ]


def live(*, began: datetime) -> None:
    """Give cards a past of a few months with its nights, and apply what receipts told. What is known stays as it is."""
    registers = list(Register.objects.filter(number__in=[till.number for till in WORKING]).order_by("number"))
    rng = Random("visits")
    visits = sorted(
        (began - PAST + timedelta(seconds=rng.randrange(int((PAST - timedelta(days=3)).total_seconds()))), place)
        for place in range(CARDS)
        for _visit in range(rng.choice(VISITS))
    )
    nights = _nights(began)
    for visit, (at, place) in enumerate(visits):
        while nights and nights[0] < at:
            _run_night(nights.pop(0))
        register = rng.choice(registers)
        total = Decimal(rng.randrange(30_000, 900_000)).scaleb(-2)
        _accrue(register, f"demo-{visit}", place, total, at)
        if rng.random() < 0.15:
            _redeem(register, f"demo-{visit}-r", place, (_earned(total) / 2).quantize(KOPECK), at)
    for night_of in nights:
        _run_night(night_of)
    records.work_off(now=began)
    if not CorrectionDocument.objects.exists():
        _correct(began=began)


def _assign(promotion: Promotion, club: CardKind, *, began: datetime) -> None:
    """Let bonuses of a promotion live a month on every card; something better is drafted for a kind, a month ahead."""
    month = BonusLifeRule.objects.create(name="Сразу, тридцать дней", lives=LifeLength.DAYS, lives_for=30)
    double = BonusLifeRule.objects.create(
        name="Через неделю, полгода", starts_after_days=7, lives=LifeLength.MONTHS, lives_for=6
    )
    first = timezone.localdate(began - PAST)
    ahead = timezone.localdate(began + timedelta(days=10))
    plans = ((month, first, None, ""), (double, ahead, ahead + timedelta(days=30), "Для клубных карт, ждёт решения"))
    drafts = [
        assignments.save_draft(
            assignment=PromotionAssignment(
                organization=Organization.objects.get(inn=places.MAIN_INN),
                date=began - PAST if ends is None else began,
                promotion=promotion,
                bonus_rule=rule,
                begins=begins,
                ends=ends,
                comment=comment,
            )
        )
        for rule, begins, ends, comment in plans
    ]
    drafts[1].kinds.set([club])
    assignments.post(assignment=drafts[0], by=people.named("merchandiser"), now=began - PAST)


def _correct(*, began: datetime) -> None:
    """Mend what customers complained of: one correction is approved, another awaits the accountant."""
    author, boss = people.named("merchandiser"), people.named("accountant")
    wanted = (("Бонусы за чек не начислены: касса была без связи", 1, 150), ("Подарок ко дню рождения", 3, 300))
    for reason, place, bonuses in wanted:
        card = DiscountCard.objects.get(numbers__value=number(place))
        line = corrections.Line(card, Measure.BONUSES, Decimal(bonuses))
        document = corrections.draft(reason=reason, lines=[line], by=author, now=began)
        corrections.submit(document=document, by=author, now=began)
        if place == wanted[0][1]:
            corrections.approve(document=document, by=boss, now=began)


def _nights(began: datetime) -> list[datetime]:
    """Return ten minutes past midnights of a past: of each week, and of the last days; today is left to people."""
    today = timezone.localtime(began, timezone.get_default_timezone()).replace(
        hour=0, minute=10, second=0, microsecond=0
    )
    weeks = [today - timedelta(weeks=week) for week in range(PAST // timedelta(weeks=1), 0, -1)]
    return [*weeks, *(today - timedelta(days=day) for day in range(6, 0, -1))]


def _run_night(at: datetime) -> None:
    night.run(date=night.today(now=at), now=at)


def _accrue(register: Register, uid: str, place: int, total: Decimal, at: datetime) -> None:
    wanted = Wanted(
        uid=uid,
        card=number(place),
        kind="accrue",
        occurred_at=at,
        bonuses=_earned(total),
        turnover=total,
        receipts=1,
        promotion=SPRING if total > 5000 else "",
    )
    operations.record(register_id=register.pk, wanted=wanted, source=OperationSource.FILE, now=at)


def _redeem(register: Register, uid: str, place: int, bonuses: Decimal, at: datetime) -> None:
    wanted = Wanted(uid=uid, card=number(place), kind="redeem", occurred_at=at, bonuses=bonuses)
    operations.record(register_id=register.pk, wanted=wanted, source=OperationSource.FILE, now=at)


def _earned(total: Decimal) -> Decimal:
    return (total * EARNED).quantize(KOPECK, ROUND_HALF_UP)


def _owner(place: int, rng: Random, *, began: datetime) -> CardOwner:
    family = rng.choice(FAMILIES)
    name = rng.choice(NAMES["а" if family.endswith("а") else ""])
    return CardOwner(
        name=f"{family} {name}",
        phone=f"+7 900 000-{place // 10:02d}-{place % 10:02d}",
        consented_on=timezone.localdate(began - YEARS) if place % 5 else None,
    )
