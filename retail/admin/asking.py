"""Actions on many rows ask before they do anything."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

NAMED = 20


def confirmed(request: HttpRequest) -> bool:
    return "confirmed" in request.POST


def ask(
    model_admin: ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    action: str,
    title: Any,
    question: Any,
    form: forms.Form | None = None,
) -> TemplateResponse:
    """Show the page that asks, carrying the choice of rows to its answer."""
    count = queryset.count()
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "question": question,
        "form": form,
        "action": action,
        "count": count,
        "named": list(queryset[:NAMED]),
        "more": count > NAMED,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "selected_name": ACTION_CHECKBOX_NAME,
        "select_across": request.POST.get("select_across", "0"),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "retail/confirm.html", context)


def do(
    model_admin: ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Any],
    *,
    verb: Callable[[list[int]], int],
    note: str,
) -> None:
    """Call the verb with the ids of the chosen rows, and say how many it changed. Their history is the database's."""
    chosen = list(queryset.values_list("pk", flat=True))
    changed = verb(chosen)
    said = ngettext("%(count)d row changed.", "%(count)d rows changed.", changed) % {"count": changed}
    model_admin.message_user(request, f"{note}: {said}", messages.SUCCESS)
