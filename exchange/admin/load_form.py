"""The form of a load: registers one by one, or all the active ones of shops and warehouses."""

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


def _several(queryset: QuerySet[Any], source: Any, **kwargs: Any) -> "forms.ModelMultipleChoiceField[Any]":
    """Make a field that finds what is typed; `source` is a foreign key to the same model."""
    widget = AutocompleteSelectMultiple(source, admin.site)
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
