"""Issuing a series of cards: what it would be is shown before it is."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from billing.choices import NumberKind
from billing.models import CardKind
from billing.services.cards import series
from billing.services.cards.series import Series
from registers.admin.facts import list_url
from retail.exceptions import DomainError

NAMED = 20  # Numbers that are taken already.


class SeriesForm(forms.Form):
    kind = forms.ModelChoiceField(CardKind.objects.none(), label=_("Kind of cards"), widget=UnfoldAdminSelectWidget())
    first = forms.CharField(
        label=_("First number"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("The digits at its end count on. Of 13 digits the last one is the check digit of EAN-13."),
    )
    count = forms.IntegerField(
        label=_("How many cards"), min_value=1, max_value=series.MOST, widget=UnfoldAdminIntegerFieldWidget
    )
    read_as = forms.TypedChoiceField(
        label=_("Read as"), choices=NumberKind.choices, coerce=NumberKind, widget=UnfoldAdminSelectWidget
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = CardKind.objects.order_by("name")


class IssuingAdmin(ModelAdmin):
    actions_list: Any = ("issue_series",)

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("billing.add_discountcard")

    @action(
        description=_("Issue cards…"),
        url_path="issue",
        permissions=["issue"],
        icon="add_card",
        variant=ActionVariant.PRIMARY,
    )
    def issue_series(self, request: HttpRequest) -> HttpResponse:
        """Ask for the series, show which numbers it has, and on the third asking issue it."""
        form = SeriesForm(request.POST if request.method == "POST" else None)
        planned = None
        if request.method == "POST" and form.is_valid():
            asked = form.cleaned_data
            try:
                planned = series.plan(first=asked["first"], count=asked["count"])
                if "confirmed" in request.POST and not planned.taken:
                    series.issue(now=timezone.now(), **asked)
                    return self._issued(request, asked)
            except DomainError as refusal:
                form.add_error(refusal.attr if refusal.attr in form.fields else None, str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media + form.media,
            "title": _("Issue cards"),
            "form": form,
            "planned": _shown(planned) if planned and form.is_valid() else None,
            "kind": form.cleaned_data.get("kind") if planned else None,
            "back_url": reverse("admin:billing_discountcard_changelist"),
        }
        return TemplateResponse(request, "billing/issue_cards.html", context)

    def _issued(self, request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
        count = asked["count"]
        said = ngettext("%(count)d card is issued.", "%(count)d cards are issued.", count) % {"count": count}
        messages.success(request, said)
        url = list_url("billing.discountcard", kind__id__exact=asked["kind"].pk, status__exact="issued")
        return HttpResponseRedirect(url or reverse("admin:billing_discountcard_changelist"))


def _shown(planned: Series) -> dict[str, Any]:
    return {
        "count": len(planned.numbers),
        "first": planned.numbers[0],
        "last": planned.numbers[-1],
        "taken": len(planned.taken),
        "named": planned.taken[:NAMED],
        "more": len(planned.taken) > NAMED,
    }
