"""What registers sold in a day, hour by hour, beside the same weekday of the week before. Days and hours are those of
the chain's own clock, as in every list of receipts; what comes late is counted in the hour in which it happened."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from retail.services.statements import beside

# Planned anew each time: how many rows a day has, no plan for any day would know.
TURNOVER = beside(__file__, "turnover.sql", prepared=False)
HOURS = 24
WEEK = timedelta(days=7)


@dataclass
class Sales:
    """`receipts` are sales only; roubles."""

    receipts: int = 0
    sales: Decimal = Decimal(0)
    returns: Decimal = Decimal(0)

    @property
    def net(self) -> Decimal:
        return self.sales - self.returns

    @property
    def average(self) -> Decimal | None:
        """The average sale, to the kopeck, or None where there was none."""
        return (self.sales / self.receipts).quantize(Decimal("0.01")) if self.receipts else None

    def add(self, receipts: int, sales: Decimal, returns: Decimal) -> None:
        self.receipts += receipts
        self.sales += sales
        self.returns += returns


def _hours() -> list[Sales]:
    return [Sales() for _hour in range(HOURS)]


@dataclass
class Turnover:
    """`today` in all, `then` a week ago by this time of the day; both days by hour, each of them whole."""

    today: Sales = field(default_factory=Sales)
    then: Sales = field(default_factory=Sales)
    hours: list[Sales] = field(default_factory=_hours)
    hours_before: list[Sales] = field(default_factory=_hours)


def of_day(*, now: datetime) -> Turnover:
    """Return what was sold on the day of `now` and a week before it, in one statement."""
    zone = timezone.get_default_timezone()
    day = timezone.localdate(now, zone)
    today = _midnight(day)
    rows = TURNOVER.rows(
        today=today,
        tomorrow=_midnight(day + timedelta(days=1)),
        before=_midnight(day - WEEK),
        after=_midnight(day - WEEK + timedelta(days=1)),
        then=timezone.make_aware(timezone.make_naive(now, zone) - WEEK, zone),
    )
    found = Turnover()
    for begins, by_then, *figures in rows:
        hour = timezone.localtime(begins, zone).hour
        if begins >= today:
            found.hours[hour].add(*figures)
            found.today.add(*figures)
            continue
        found.hours_before[hour].add(*figures)
        if by_then:
            found.then.add(*figures)
    return found


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()), timezone.get_default_timezone())
