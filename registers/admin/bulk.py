"""What is done to many registers at once, after a page that asks."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminRadioSelectWidget

from registers.choices import StockControl
from registers.models import Register
from registers.services import registers

if TYPE_CHECKING:
    from unfold.admin import ModelAdmin

NAMED = 30


class StockControlForm(forms.Form):
    mode = forms.ChoiceField(
        label=_("Stock control"), choices=StockControl.choices, widget=UnfoldAdminRadioSelectWidget
    )


@admin.action(description=_("Change stock control…"), permissions=["change"])
def change_stock_control(
    model_admin: "ModelAdmin", request: HttpRequest, queryset: QuerySet[Register]
) -> HttpResponse | None:
    form = StockControlForm(request.POST if "confirmed" in request.POST else None)
    if not form.is_valid():
        return _ask(
            model_admin,
            request,
            queryset,
            action="change_stock_control",
            title=_("Change stock control"),
            question=_("From its next request each of these registers works in the chosen mode."),
            form=form,
        )
    mode = StockControl(form.cleaned_data["mode"])
    _do(
        model_admin,
        request,
        queryset,
        verb=lambda chosen: registers.set_stock_control(registers=chosen, mode=mode),
        note=gettext("Stock control: %(mode)s") % {"mode": mode.label},
    )
    return None


@admin.action(description=_("Make inactive…"), permissions=["change"])
def deactivate(model_admin: "ModelAdmin", request: HttpRequest, queryset: QuerySet[Register]) -> HttpResponse | None:
    if "confirmed" not in request.POST:
        return _ask(
            model_admin,
            request,
            queryset,
            action="deactivate",
            title=_("Make registers inactive"),
            question=_(
                "These registers are refused at once: they get neither goods nor stock, and what they sell stays with"
                " them until they are active again."
            ),
        )
    _do(
        model_admin,
        request,
        queryset,
        verb=lambda chosen: registers.deactivate(registers=chosen),
        note=gettext("Made inactive"),
    )
    return None


def _ask(
    model_admin: "ModelAdmin",
    request: HttpRequest,
    queryset: QuerySet[Register],
    *,
    action: str,
    title: Any,
    question: Any,
    form: forms.Form | None = None,
) -> TemplateResponse:
    """Show the page that asks, carrying the choice of registers to its answer."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "question": question,
        "form": form,
        "action": action,
        "count": queryset.count(),
        "registers": list(queryset[:NAMED]),
        "named": NAMED,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "selected_name": ACTION_CHECKBOX_NAME,
        "select_across": request.POST.get("select_across", "0"),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "registers/confirm_registers.html", context)


def _do(
    model_admin: "ModelAdmin",
    request: HttpRequest,
    queryset: QuerySet[Register],
    *,
    verb: Callable[[list[int]], int],
    note: str,
) -> None:
    chosen = list(queryset.values_list("pk", flat=True))
    changed = verb(chosen)
    said = ngettext("%(count)d register changed.", "%(count)d registers changed.", changed) % {"count": changed}
    model_admin.message_user(request, said, messages.SUCCESS)
