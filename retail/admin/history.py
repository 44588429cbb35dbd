"""The history of edits on the page of what is edited: who, when, what it was and what it became.

The database writes it (see `retail.models.edits`), so the admin's own log of forms keeps quiet on these pages.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _now

from retail.admin import edit_words
from retail.admin.edit_words import Told
from retail.admin.initial import PlainInitial
from retail.models import Edit
from retail.models.edits import EditQuerySet
from retail.services import edits

PER_PAGE = 50


@dataclass(frozen=True)
class Act:
    """What somebody did at one moment: all the edits of one transaction."""

    at: Any
    who: str
    how: str
    entries: list[Told]


class KeepsHistory(PlainInitial):
    """A page of what keeps its history in the database.

    `history_parent` names the foreign key to the row on whose page this one's edits are told, where it is not its own.
    """

    history_parent = ""

    def history_of(self, obj: Model) -> EditQuerySet:
        """Return the edits that the page of an object shows."""
        if not self.history_parent:
            return Edit.objects.of_page((obj._meta.label_lower, [obj.pk]))
        parent = getattr(obj, self.history_parent)
        told = Edit.objects.of_page((parent._meta.label_lower, [parent.pk]))
        return told.filter(model=obj._meta.label_lower, object_id=obj.pk)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[no-any-return]
        if not self.has_view_or_change_permission(request, obj):
            raise PermissionDenied
        told = self.history_of(obj).select_related("run").order_by("-at", "-pk")
        paginator = Paginator(told, PER_PAGE)
        page = paginator.get_page(request.GET.get(PAGE_VAR))
        context = {
            **self.admin_site.each_context(request),
            "title": _now("History of edits: %(object)s") % {"object": obj},
            "acts": _acts(edit_words.describe(list(page.object_list))),
            "page": page,
            "page_range": paginator.get_elided_page_range(page.number),
            "page_var": PAGE_VAR,
            "module_name": capfirst(str(self.opts.verbose_name_plural)),
            "object": obj,
            "opts": self.opts,
            "preserved_filters": self.get_preserved_filters(request),
            **(extra_context or {}),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "retail/history.html", context)

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> None:
        self.log_change(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Write down a note in English; the list of changed fields, which a form makes, is in the history already."""
        if isinstance(message, str):
            edits.note(of=obj, said=message, now=timezone.now())

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Nothing: the database has written it down."""


def _acts(told: Iterable[Told]) -> list[Act]:
    """Put together what was done in one transaction by the same person."""
    together = groupby(told, key=lambda entry: (entry.at, entry.who, entry.how))
    return [Act(at, who, how, list(entries)) for (at, who, how), entries in together]
