"""Actions on many rows ask before they do anything."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin

from retail.admin.base import user_of

NAMED = 20
LOGGED = 1000


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
    """Call the verb with the ids of the chosen rows, say how many it changed, and keep that in their history."""
    chosen = list(queryset.values_list("pk", flat=True))
    changed = verb(chosen)
    if len(chosen) <= LOGGED:
        LogEntry.objects.log_actions(
            user_of(request).pk, model_admin.model._default_manager.filter(pk__in=chosen), CHANGE, note
        )
    said = ngettext("%(count)d row changed.", "%(count)d rows changed.", changed) % {"count": changed}
    model_admin.message_user(request, f"{note}: {said}", messages.SUCCESS)
