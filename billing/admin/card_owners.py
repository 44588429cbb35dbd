"""Giving a card to a person: whoever is known by that name and phone, or somebody new."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextInputWidget

from billing.admin.card_pages import DayInput
from billing.admin.card_verbs import CardVerbs
from billing.services import owners
from billing.services.owners import Person
from retail.exceptions import DomainError


class OwnerForm(forms.Form):
    name = forms.CharField(
        label=pgettext_lazy("person", "Name"), max_length=150, required=False, widget=UnfoldAdminTextInputWidget
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=30,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Whoever is known by this name and phone becomes the owner of this card too."),
    )
    consented_on = forms.DateField(
        label=_("Consented to the use of the data on"),
        required=False,
        widget=DayInput(format="%Y-%m-%d", attrs={"class": DayInput.CLASSES}),
    )


class CardOwnerVerb(CardVerbs):
    actions_detail: Any = (*CardVerbs.actions_detail, "give_card")

    def has_give_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perms(["billing.add_cardowner", "billing.change_cardowner"])

    @action(description=_("Owner…"), url_path="owner", permissions=["give"], icon="person_add")
    def give_card(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask who the owner is, and write it down."""
        card = self.get_object(request, object_id)
        if card is None:
            raise Http404
        if not self.has_give_permission(request):
            raise PermissionDenied
        form = OwnerForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                owners.give(card=card, person=Person(**form.cleaned_data), now=timezone.now())
            except DomainError as refusal:
                form.add_error(refusal.attr if refusal.attr in form.fields else None, str(refusal))
            else:
                messages.success(request, _("The card %(card)s has its owner.") % {"card": self._name(request, card)})
                return HttpResponseRedirect(reverse("admin:billing_discountcard_change", args=[card.pk]))
        return self._page(
            request,
            card,
            form=form,
            question=_("Whose is the card %(card)s?"),
            effect=_("What stands on the card stays. Personal data is kept apart from it and is erased on request."),
            button=_("Save"),
        )
