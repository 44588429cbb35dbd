"""Days and times as programs write them: ISO 8601, in years that a chain can mean."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

FIRST_YEAR, LAST_YEAR = 2000, 2099
NOT_A_YEAR = _("The year is from 2000 to 2099.")
NOT_A_MOMENT = _("A day (2026-11-20) or a moment with its offset (2026-11-20T10:15:00+03:00) is expected.")


def check_year(day: date) -> None:
    """Raises `ValueError` in words."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(str(NOT_A_YEAR))


def read(text: str, *, end: bool = False) -> datetime:
    """Read a moment; a day is its beginning by the server's clock, or with `end` the beginning of the next one.

    Raises `ValueError` in words.
    """
    moment = day = None
    try:
        # A plus sign that was not escaped arrives as a space.
        moment = None if len(text) <= 10 else parse_datetime(text.replace(" ", "+") if "T" in text else text)
        day = parse_date(text) if len(text) == 10 else None
    except ValueError as error:
        raise ValueError(str(NOT_A_MOMENT)) from error
    if day is not None:
        check_year(day)
        return timezone.make_aware(datetime.combine(day + timedelta(days=1 if end else 0), time()))
    if moment is None or timezone.is_naive(moment):
        raise ValueError(str(NOT_A_MOMENT))
    check_year(moment)
    return moment


class MomentField(serializers.DateTimeField):
    """A moment in a body, in a year that can be meant."""

    default_error_messages = {"year": NOT_A_YEAR}

    def to_internal_value(self, value: Any) -> datetime:
        moment: datetime = super().to_internal_value(value)
        try:
            check_year(moment)
        except ValueError:
            self.fail("year")
        return moment
