"""Terms of one card instead of those of its kind: when its accumulated sum and receipts begin and end."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from billing.admin.card_owners import CardOwnerVerb
from billing.models.kinds import LONGEST_DAYS
from billing.services import cards
from billing.services.cards import Terms
from retail.exceptions import DomainError


def _days(label: Any, least: int, most: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, required=False, min_value=least, max_value=most, widget=UnfoldAdminIntegerFieldWidget
    )


class TermsForm(forms.Form):
    turnover_delay = _days(_("Delay of the accumulated sum, days"), 0, cards.LONGEST_DELAY)
    turnover_life = _days(_("Lifetime of the accumulated sum, days"), 1, LONGEST_DAYS)
    receipts_delay = _days(_("Delay of the number of receipts, days"), 0, cards.LONGEST_DELAY)
    receipts_life = _days(_("Lifetime of the number of receipts, days"), 1, LONGEST_DAYS)


class CardTermsVerb(CardOwnerVerb):
    actions_detail: Any = (*CardOwnerVerb.actions_detail, "set_terms")

    @action(description=_("Own terms…"), url_path="terms", permissions=["keep"], icon="schedule")
    def set_terms(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the card's own terms, and write them down."""
        card = self.get_object(request, object_id)
        if card is None:
            raise Http404
        if not self.has_keep_permission(request):
            raise PermissionDenied
        form = TermsForm(request.POST or None, initial={name: getattr(card, name) for name in Terms._fields})
        if request.method == "POST" and form.is_valid():
            try:
                cards.set_terms(card=card, terms=Terms(**form.cleaned_data), now=timezone.now())
            except DomainError as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, _("The card %(card)s has its terms.") % {"card": self._name(request, card)})
                return HttpResponseRedirect(reverse("admin:billing_discountcard_change", args=[card.pk]))
        return self._page(
            request,
            card,
            form=form,
            question=_("What terms has the card %(card)s of its own?"),
            effect=_("What is left empty is as the kind of cards says. What was accrued already keeps its dates."),
            button=_("Save"),
        )
