"""Fields in which one searches for a row of another table."""

import re
from collections.abc import Sequence
from typing import Any

from django.contrib.admin.widgets import AutocompleteSelect
from django.db.models import ForeignKey
from django.http import HttpRequest

_IS_KEY = re.compile(r"[0-9]{1,18}").fullmatch


class KeySelect(AutocompleteSelect):
    """A search field that shows again what was chosen, and not what no key can be: the form says what is wrong."""

    def optgroups(self, name: str, value: Sequence[str], attrs: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if _IS_KEY(str(key))], attrs)


class KeySelects:
    """Gives the search fields of a page (`autocomplete_fields`) that widget."""

    def formfield_for_foreignkey(self, db_field: "ForeignKey[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        if "widget" not in kwargs and db_field.name in self.get_autocomplete_fields(request):  # type: ignore[attr-defined]
            kwargs["widget"] = KeySelect(db_field, self.admin_site)  # type: ignore[attr-defined]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
