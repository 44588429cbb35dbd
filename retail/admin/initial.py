"""What the form of a new row begins with where its address says so."""

from datetime import datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import DateTimeField, ForeignKey, ManyToManyField
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from retail.admin.filters import is_key

_YEARS = range(1900, 2200)  # Of which every calendar can show the moments in any time zone.


class PlainInitial(ModelAdmin):
    """Leaves out of an address what means nothing to its field; a person who followed it fills in the rest."""

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        said = super().get_changeform_initial_data(request)
        meant = {name: self._meant(name, given) for name, given in said.items()}
        return {name: value for name, value in meant.items() if value is not None}

    def _meant(self, name: str, given: Any) -> Any:
        try:
            field = self.opts.get_field(name)
        except FieldDoesNotExist:
            return given
        if isinstance(field, ForeignKey):
            return given if is_key(given) else None
        if isinstance(field, ManyToManyField):
            return [key for key in given if is_key(key)]
        return _moment(field, given) if isinstance(field, DateTimeField) else given


def _moment(field: "DateTimeField[Any, Any]", given: str) -> datetime | None:
    try:
        moment = field.to_python(given)
    except ValidationError:
        return None
    if moment is None or moment.year not in _YEARS:
        return None
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
