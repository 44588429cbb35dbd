"""The form of a load: registers one by one, or all the active ones of shops and warehouses."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AutocompleteSelectMultiple
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from exchange.models import RegisterLoad, RegisterLoadLine
from exchange.services import loads
from registers.models import Register
from retail.models import Shop, Warehouse

if TYPE_CHECKING:
    Base = forms.ModelForm[RegisterLoad]
else:
    Base = forms.ModelForm


_IS_KEY = re.compile(r"[0-9]{1,18}").fullmatch


class _Finder(AutocompleteSelectMultiple):
    """Finds what is typed. What is no key at all is the field's to refuse, and is not looked up."""

    def optgroups(self, name: str, value: Sequence[str], attrs: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, keys(value), attrs)


def keys(given: Iterable[object]) -> list[str]:
    """Return those of the given values that can be keys of rows."""
    return [str(value) for value in given if _IS_KEY(str(value))]


def _several(queryset: QuerySet[Any], source: Any, **kwargs: Any) -> "forms.ModelMultipleChoiceField[Any]":
    """Make a field of several rows; `source` is a foreign key to the same model."""
    widget = _Finder(source, admin.site)
    return forms.ModelMultipleChoiceField(queryset, required=False, widget=widget, **kwargs)


class RegisterLoadForm(Base):
    registers = _several(
        Register.objects.all(),
        RegisterLoadLine._meta.get_field("register"),
        label=_("Registers"),
    )
    shops = _several(
        Shop.objects.all(),
        Register._meta.get_field("shop"),
        label=_("All active registers of shops"),
        help_text=_("They are added to the list of registers when the load is saved."),
    )
    warehouses = _several(
        Warehouse.objects.all(),
        Register._meta.get_field("warehouse"),
        label=_("All active registers of warehouses"),
    )

    class Meta:
        model = RegisterLoad
        fields = ["date", "organization", "kind", "comment"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "comment" in self.fields:
            self.fields["comment"].widget.attrs["rows"] = 3
        if self.instance.pk:
            self.fields["registers"].initial = self.instance.lines.values_list("register_id", flat=True)

    def chosen(self) -> set[Register]:
        """Return every register the person has chosen, one way or another."""
        asked = self.cleaned_data
        by_place = loads.active_registers(shops=asked["shops"], warehouses=asked["warehouses"])
        return {*asked["registers"], *by_place}
