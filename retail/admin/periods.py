"""How lists are narrowed to some days."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import DateField
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import RangeDateFilter


class PeriodFilter(RangeDateFilter):
    """Days from and to, both included, by the server's clock.

    The theme's own filter reads only English dates and compares times without a zone.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        begins, ends = self._day("from"), self._day("to")
        if begins:
            queryset = queryset.filter(**{f"{self.field_path}__gte": _midnight(begins)})
        if ends and ends < date.max:
            queryset = queryset.filter(**{f"{self.field_path}__lt": _midnight(ends + timedelta(days=1))})
        return queryset

    def _day(self, end: str) -> date | None:
        """Return the day a person gave, in the way the language writes it; what is no day narrows nothing."""
        try:
            day: date | None = DateField(required=False).clean(self.used_parameters.get(f"{self.parameter_name}_{end}"))
        except ValidationError:
            return None
        return day


class DayFilter(PeriodFilter):
    """The same for a field that holds days."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        begins, ends = self._day("from"), self._day("to")
        if begins:
            queryset = queryset.filter(**{f"{self.field_path}__gte": begins})
        if ends:
            queryset = queryset.filter(**{f"{self.field_path}__lte": ends})
        return queryset


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
