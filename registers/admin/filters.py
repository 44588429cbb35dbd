"""How lists of registers and their journals are narrowed."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from registers.models import Register
from registers.models.registers import RegisterQuerySet

ONLINE_WITHIN = timedelta(minutes=2)


class Presence(TextChoices):
    """Whether a register is heard. A working one asks at least every half a minute."""

    ONLINE = "online", _("Online")
    UNPAIRED = "unpaired", _("Not paired yet")
    SILENT = "silent", _("Silent")
    INACTIVE = "inactive", _("Inactive")

    @classmethod
    def of(cls, register: Register) -> "Presence":
        """Tell a register's presence; its status must be at hand."""
        if not register.active:
            return cls.INACTIVE
        status = getattr(register, "status", None)
        if status is None or status.last_seen is None:  # Pairing is the first that is heard of a register.
            return cls.UNPAIRED
        return cls.SILENT if status.last_seen < timezone.now() - ONLINE_WITHIN else cls.ONLINE


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
            case Presence.UNPAIRED:
                return queryset.active().unheard()
            case Presence.SILENT:
                return queryset.active().silent(since=since)
            case Presence.INACTIVE:
                return queryset.filter(active=False)
        return queryset
