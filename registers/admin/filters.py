"""How lists of registers and their journals are narrowed."""

from collections.abc import Sequence
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import TextChoices, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from registers.models import Register
from registers.models.registers import RegisterQuerySet
from registers.services.hearing import since


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
        return cls.SILENT if status.last_seen < since(now=timezone.now()) else cls.ONLINE


class PresenceFilter(DropdownFilter):
    title = _("state")
    parameter_name = "presence"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return Presence.choices

    def queryset(self, request: HttpRequest, queryset: RegisterQuerySet) -> RegisterQuerySet:
        heard = since(now=timezone.now())
        match self.value():
            case Presence.ONLINE:
                return queryset.active().heard(since=heard)
            case Presence.UNPAIRED:
                return queryset.active().unheard()
            case Presence.SILENT:
                return queryset.active().silent(since=heard)
            case Presence.INACTIVE:
                return queryset.filter(active=False)
        return queryset


class ProgramFilter(DropdownFilter):
    """Registers that run one version of a program, `name/version`: a link leads here, a person takes it away."""

    title = _("program")
    parameter_name = "program"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        value = request.GET.get(self.parameter_name)
        return [(value, value.replace("/", " ", 1))] if value else []

    def queryset(self, request: HttpRequest, queryset: RegisterQuerySet) -> RegisterQuerySet:
        value = self.value()
        if not value or "\x00" in value:
            return queryset
        program = Concat("status__software", Value("/"), "status__version")
        return queryset.active().alias(program=program).filter(program=value)
