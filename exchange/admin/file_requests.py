"""The button on the page of equipment that asks its tills for the transactions of some days once more."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import action
from unfold.widgets import UnfoldAdminDateWidget

from exchange.models import Equipment
from exchange.services.transaction_files import asking
from retail.admin.base import user_of
from retail.exceptions import DomainError

MOST_DAYS = 366


class DaysForm(forms.Form):
    first = forms.DateField(label=_("First day"), widget=UnfoldAdminDateWidget)
    last = forms.DateField(label=_("Last day"), widget=UnfoldAdminDateWidget)

    def clean(self) -> dict[str, Any]:
        asked = super().clean() or {}
        first, last = asked.get("first"), asked.get("last")
        if first and last and not 0 <= (last - first).days <= MOST_DAYS:
            raise ValidationError({"last": _("The last day is not before the first, nor more than a year after it.")})
        return asked


class AsksForReports:
    """The action, for the page of equipment; only of equipment that can be asked."""

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        offered: list[Any] = super().get_actions_detail(request, object_id)  # type: ignore[misc]
        equipment = Equipment.objects.filter(pk=object_id).first() if str(object_id).isdecimal() else None
        if equipment is not None and asking.can_ask(equipment):
            return offered
        return [one for one in offered if not one.action_name.endswith("ask_for_report")]

    @action(description=_("Ask for sales…"), url_path="ask", permissions=["ask"], icon="restore_page")
    def ask_for_report(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for days, and leave the request where the till looks for it."""
        equipment = Equipment.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        if equipment is None:
            raise Http404
        page: Any = self
        back = reverse("admin:exchange_equipment_change", args=[equipment.pk])
        form = DaysForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                asked = asking.ask(equipment=equipment, **form.cleaned_data, by=user_of(request), now=timezone.now())
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            except OSError:
                form.add_error(None, _now("The folder could not be written to."))
            else:
                said = ngettext(
                    "%(count)d till is asked: what it sends is taken in by itself, and what is known adds nothing.",
                    "%(count)d tills are asked: what they send is taken in by itself, and what is known adds nothing.",
                    len(asked),
                )
                messages.success(request, said % {"count": len(asked)})
                return HttpResponseRedirect(back)
        context = {
            **page.admin_site.each_context(request),
            "opts": page.opts,
            "media": page.media + form.media,
            "original": equipment,
            "title": _("Ask for sales once more"),
            "form": form,
            "back_url": back,
        }
        return TemplateResponse(request, "exchange/ask_for_report.html", context)

    def has_ask_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("exchange.load_transactionfile") and request.user.has_perm(
            "exchange.view_equipment"
        )
