"""What `exchange` changes of many registers at once: the rule of their equipment, the mode of their upload."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget

from exchange.choices import UploadMode
from exchange.models import Equipment, ExchangeRule, UploadSource
from exchange.services.rules import assigning
from exchange.services.uploads import modes
from registers.admin.bulk import Change, change
from registers.models import Register
from retail.admin.base import NOTHING


class RuleForm(forms.Form):
    rule = forms.ModelChoiceField(
        label=capfirst(_("exchange rule")),
        queryset=ExchangeRule.objects.order_by("name"),
        widget=UnfoldAdminSelectWidget,
    )


class UploadModeForm(forms.Form):
    mode = forms.ChoiceField(
        label=capfirst(_("per-receipt upload")), choices=UploadMode.choices, widget=UnfoldAdminRadioSelectWidget
    )


class ChangesManyRegisters:
    """Adds the actions to the list of registers, for whoever may change equipment and uploads."""

    def has_rule_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("exchange.change_equipment")

    def has_upload_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("exchange.change_uploadsource")

    @admin.action(description=_("Give a rule of exchange…"), permissions=["rule"])
    def give_rule(self, request: HttpRequest, queryset: QuerySet[Register]) -> HttpResponse | None:
        return change(
            self,
            request,
            queryset,
            action="give_rule",
            title=_("Give a rule of exchange"),
            question=_("From its next request each of these registers is told of the goods of the rule, all anew."),
            form_class=RuleForm,
            look=_by_rule,
            verb=lambda chosen, rule: assigning.assign(registers=chosen, rule=rule),
        )

    @admin.action(description=_("Change per-receipt upload…"), permissions=["upload"])
    def change_upload(self, request: HttpRequest, queryset: QuerySet[Register]) -> HttpResponse | None:
        return change(
            self,
            request,
            queryset,
            action="change_upload",
            title=_("Change per-receipt upload"),
            question=_("Sales are fetched from these registers in the chosen mode."),
            form_class=UploadModeForm,
            look=_by_mode,
            verb=lambda chosen, mode: modes.change(registers=chosen, mode=UploadMode(mode)),
        )


def _by_rule(registers: QuerySet[Register], rule: ExchangeRule) -> list[Change]:
    equipment = {
        one.register_id: one for one in Equipment.objects.filter(register__in=registers).select_related("rule")
    }
    return [_change(register, equipment.get(register.pk), rule) for register in registers]


def _change(register: Register, equipment: Equipment | None, rule: ExchangeRule) -> Change:
    if equipment is None:
        return Change(register, NOTHING, NOTHING, _("It has no equipment: connect some on its page first."))
    before: Any = equipment.rule.name if equipment.rule else NOTHING
    if register.warehouse_id != rule.warehouse_id:
        said = _("This register sells from %(its)s, and the rule is for %(warehouse)s.")
        return Change(register, before, before, said % {"its": register.warehouse, "warehouse": rule.warehouse})
    return Change(register, before, rule.name)


def _by_mode(registers: QuerySet[Register], mode: str) -> list[Change]:
    found = {source.register_id: source for source in UploadSource.objects.filter(register__in=registers)}
    missing = _("It has no address to fetch from: fill it in on its page first.")
    return [
        Change(register, found[register.pk].get_mode_display(), UploadMode(mode).label)
        if register.pk in found
        else Change(register, NOTHING, NOTHING, missing)
        for register in registers
    ]
