"""What people do with a card: activate, block, close it, put another in its place. Each verb asks first."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from billing.admin import shown
from billing.choices import CardStatus, Measure, NumberKind
from billing.models import DiscountCard
from billing.services import cards
from retail.exceptions import DomainError

SENSIBLE: dict[str, frozenset[str]] = {
    CardStatus.ISSUED: frozenset(
        {"activate_card", "block_card", "replace_card", "close_card", "give_card", "set_terms"}
    ),
    CardStatus.ACTIVE: frozenset({"block_card", "replace_card", "close_card", "give_card", "set_terms"}),
    CardStatus.BLOCKED: frozenset({"activate_card", "replace_card", "close_card", "give_card", "set_terms"}),
    CardStatus.CLOSED: frozenset(),
}


class ReplaceForm(forms.Form):
    number = forms.CharField(
        label=_("Number of the new card"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Of a card that was issued and never used, or a new number."),
    )
    read_as = forms.TypedChoiceField(
        label=_("Read as"), choices=NumberKind.choices, coerce=NumberKind, widget=UnfoldAdminSelectWidget
    )


class CardVerbs(ModelAdmin):
    """Adds the verbs to a card's page, for whoever may change cards and while they make sense."""

    actions_detail: Any = ("activate_card", "block_card", "replace_card", "close_card")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        card = self.get_object(request, object_id)
        sensible = SENSIBLE[card.status] if card else frozenset()
        return [offered for offered in allowed if offered.method.original_function_name in sensible]

    def has_keep_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("billing.change_discountcard")

    @action(
        description=_("Activate"),
        url_path="activate",
        permissions=["keep"],
        icon="check_circle",
        variant=ActionVariant.PRIMARY,
    )
    def activate_card(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            check=cards.check_can_activate,
            verb=cards.activate,
            question=_("Activate the card %(card)s?"),
            effect=_("Registers accrue to it and redeem from it again."),
            button=_("Activate"),
            done=_("The card %(card)s is active."),
        )

    @action(description=_("Block"), url_path="block", permissions=["keep"], icon="block", variant=ActionVariant.WARNING)
    def block_card(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            check=cards.check_can_block,
            verb=cards.block,
            question=_("Block the card %(card)s?"),
            effect=_("Registers are refused on-line. What has happened at a till is recorded all the same."),
            button=_("Block"),
            done=_("The card %(card)s is blocked."),
        )

    @action(
        description=_("Replace…"),
        url_path="replace",
        permissions=["keep"],
        icon="swap_horiz",
    )
    def replace_card(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            check=cards.check_can_replace,
            verb=cards.replace,
            question=_("Replace the card %(card)s?"),
            effect=_(
                "All that it has moves to the new card, with its owner. It is closed, and its numbers name the new."
            ),
            button=_("Replace"),
            done=_("The card is replaced by %(card)s."),
            form=ReplaceForm(request.POST or None),
        )

    @action(
        description=_("Close the card"),
        url_path="close",
        permissions=["keep"],
        icon="cancel",
        variant=ActionVariant.DANGER,
    )
    def close_card(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            check=cards.check_can_close,
            verb=cards.close,
            question=_("Close the card %(card)s?"),
            effect=_("It is refused for ever and cannot be activated again; what stands on it stays to be read."),
            button=_("Close the card"),
            done=_("The card %(card)s is closed."),
        )

    def _ask(
        self,
        request: HttpRequest,
        object_id: str,
        *,
        check: Callable[..., None],
        verb: Callable[..., DiscountCard],
        question: Any,
        effect: Any,
        button: Any,
        done: Any,
        form: ReplaceForm | None = None,
    ) -> HttpResponse:
        """Show what will happen; on the second asking do it, and say how it went."""
        card = self.get_object(request, object_id)
        if card is None:
            raise Http404
        if not self.has_keep_permission(request):
            raise PermissionDenied
        words = {"question": question, "effect": effect, "button": button}
        try:
            check(card=card)
            if request.method != "POST" or (form and not form.is_valid()):
                return self._page(request, card, form=form, **words)
            card = verb(card=card, now=timezone.now(), **(form.cleaned_data if form else {}))
        except DomainError as refusal:
            if form and refusal.attr in form.fields:
                form.add_error(refusal.attr, str(refusal))
                return self._page(request, card, form=form, **words)
            messages.error(request, str(refusal))
        else:
            name = form.cleaned_data["number"] if form else self._name(request, card)
            messages.success(request, done % {"card": name})
        return HttpResponseRedirect(reverse("admin:billing_discountcard_change", args=[card.pk]))

    def _page(
        self, request: HttpRequest, card: DiscountCard, *, form: forms.Form | None, question: Any, **words: Any
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media + form.media if form else self.media,
            "original": card,
            "title": question % {"card": self._name(request, card)},
            "status": shown.status_badge(card),
            "owner": card.owner if shown.sees_people(request) else None,
            "figures": [(measure.label, shown.figure(measure, getattr(card, measure))) for measure in Measure],
            "form": form,
            "back_url": reverse("admin:billing_discountcard_change", args=[card.pk]),
            **words,
        }
        return TemplateResponse(request, "billing/confirm_card.html", context)

    def _name(self, request: HttpRequest, card: DiscountCard) -> str:
        return shown.names_of([card.pk], whole=shown.sees_people(request)).get(card.pk) or str(card)
