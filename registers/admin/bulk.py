"""What is done to many registers at once, after a page that asks: what is chosen, then what it changes for whom."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.widgets import UnfoldAdminRadioSelectWidget

from registers.choices import StockControl
from registers.models import Register
from registers.services import registers

if TYPE_CHECKING:
    from unfold.admin import ModelAdmin

NAMED = 30
SHOWN = 200


class StockControlForm(forms.Form):
    mode = forms.ChoiceField(
        label=_("Stock control"), choices=StockControl.choices, widget=UnfoldAdminRadioSelectWidget
    )


@dataclass(frozen=True)
class Change:
    """What a choice means for one register; `refusal` says why it stays as it is."""

    register: Register
    before: Any
    after: Any
    refusal: Any = ""

    @property
    def changes(self) -> bool:
        return not self.refusal and self.before != self.after


def change(
    model_admin: "ModelAdmin",
    request: HttpRequest,
    queryset: QuerySet[Register],
    *,
    action: str,
    title: Any,
    question: Any,
    form_class: type[forms.Form],
    look: Callable[[QuerySet[Register], Any], list[Change]],
    verb: Callable[[list[int], Any], int],
) -> TemplateResponse | None:
    """Ask for a choice, the one field of a form; show what it changes for whom; and, once confirmed, do it."""
    [name] = form_class.base_fields
    form = form_class(request.POST if name in request.POST else None)
    form.fields[name].widget.attrs.setdefault("aria-label", str(form.fields[name].label))
    texts: dict[str, Any] = {"action": action, "title": title, "question": question}
    if not form.is_valid():
        return _ask(model_admin, request, queryset, **texts, form=form, field=form[name])
    value = form.cleaned_data[name]
    changes = look(queryset.order_by("number"), value)
    if "confirmed" not in request.POST:
        given = (name, request.POST[name])
        return _ask(model_admin, request, queryset, **texts, changes=changes, given=given)
    _do(model_admin, request, [one.register.pk for one in changes if one.changes], lambda chosen: verb(chosen, value))
    return None


@admin.action(description=_("Change stock control…"), permissions=["change"])
def change_stock_control(
    model_admin: "ModelAdmin", request: HttpRequest, queryset: QuerySet[Register]
) -> HttpResponse | None:
    return change(
        model_admin,
        request,
        queryset,
        action="change_stock_control",
        title=_("Change stock control"),
        question=_("From its next request each of these registers works in the chosen mode."),
        form_class=StockControlForm,
        look=lambda found, mode: [
            Change(register, register.get_stock_control_display(), StockControl(mode).label) for register in found
        ],
        verb=lambda chosen, mode: registers.set_stock_control(registers=chosen, mode=StockControl(mode)),
    )


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
    chosen = list(queryset.values_list("pk", flat=True))
    _do(model_admin, request, chosen, lambda chosen: registers.deactivate(registers=chosen))
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
    field: Any = None,
    changes: Sequence[Change] = (),
    given: tuple[str, str] | None = None,
) -> TemplateResponse:
    """Show the page that asks, carrying the choice of registers to its answer."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        "question": question,
        "form": form,
        "field": field,
        "given": given,
        "changes": [one for one in changes if one.changes][:SHOWN],
        "refused": [one for one in changes if one.refusal][:SHOWN],
        "changing": sum(one.changes for one in changes),
        "staying": sum(not one.changes and not one.refusal for one in changes),
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


def _do(model_admin: "ModelAdmin", request: HttpRequest, chosen: list[int], verb: Callable[[list[int]], int]) -> None:
    changed = verb(chosen)
    said = ngettext("%(count)d register changed.", "%(count)d registers changed.", changed) % {"count": changed}
    model_admin.message_user(request, said, messages.SUCCESS)
