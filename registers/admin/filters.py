"""How lists of registers and their journals are narrowed."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet, TextChoices
from django.forms import DateField
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from registers.models import Register
from registers.models.registers import RegisterQuerySet

ONLINE_WITHIN = timedelta(minutes=2)


class Presence(TextChoices):
    """Whether a register is heard. A working one asks at least every half a minute."""

    ONLINE = "online", _("Online")
    SILENT = "silent", _("Silent")
    INACTIVE = "inactive", _("Inactive")

    @classmethod
    def of(cls, register: Register) -> "Presence":
        """Tell a register's presence; its status must be at hand."""
        if not register.active:
            return cls.INACTIVE
        status = getattr(register, "status", None)
        if status is None or status.last_seen is None or status.last_seen < timezone.now() - ONLINE_WITHIN:
            return cls.SILENT
        return cls.ONLINE


class PresenceFilter(DropdownFilter):
    title = _("state")
    parameter_name = "presence"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return Presence.choices

    def queryset(self, request: HttpRequest, queryset: RegisterQuerySet) -> RegisterQuerySet:
        since = timezone.now() - ONLINE_WITHIN
        match self.value():
            case Presence.ONLINE:
                return queryset.active().heard(since=since)
            case Presence.SILENT:
                return queryset.active().silent(since=since)
            case Presence.INACTIVE:
                return queryset.filter(active=False)
        return queryset


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


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
