"""«Владельцы карт»: personal data, for those who may see it; given out and erased on the request of its subject."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from billing.admin import shown
from billing.admin.owner_verbs import OwnerVerbs
from billing.choices import Measure
from billing.models import CardOwner
from billing.services import owners
from registers.admin.facts import JournalPaginator, badge, here
from retail.admin.base import NOTHING, Listing
from retail.admin.history import KeepsHistory
from retail.admin.refusals import SaysRefusals


class KnownFilter(DropdownFilter):
    title = _("data")
    parameter_name = "data"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return (("consented", _("With consent")), ("unasked", _("Without consent")), ("erased", _("Erased")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[CardOwner]) -> QuerySet[CardOwner]:
        match self.value():
            case "consented":
                return queryset.exclude(consented_on=None)
            case "unasked":
                return queryset.filter(consented_on=None, erased_at=None)
            case "erased":
                return queryset.exclude(erased_at=None)
        return queryset


class OwnerListing(Listing):
    """Counts the cards of the owners of a page in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        found: list[Any] = list(self.result_list)  # type: ignore[has-type]
        own = CardOwner.objects.filter(pk__in=[owner.pk for owner in found])
        counted = dict(own.annotate(counted=Count("cards")).values_list("pk", "counted"))
        for owner in found:
            owner.counted = counted[owner.pk]
        self.result_list = found


@admin.register(CardOwner)
class CardOwnerAdmin(OwnerVerbs, SaysRefusals, KeepsHistory):
    empty_says = _(
        "People whom cards were given to. An owner is given to a card on its page, or comes with an import of cards."
    )
    empty_leads_to = "billing.discountcard"
    list_display = ("name_shown", "phone", "cards_counted", "consented_on", "erased_shown")
    list_display_links = ("name_shown",)
    list_filter = (KnownFilter,)
    list_filter_submit = True
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    paginator = JournalPaginator
    search_fields = ("name",)
    search_help_text = _("A phone or its last digits, however written; the beginnings of a name's words")
    ordering = ("-pk",)
    sortable_by = ()
    actions = None
    warn_unsaved_form = True
    change_form_outer_before_template = "billing/owner_panel.html"
    fieldsets = ((None, {"fields": ("name", "phone", "consented_on")}),)

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "billing/billing.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return OwnerListing

    def get_queryset(self, request: HttpRequest) -> QuerySet[CardOwner]:
        found: QuerySet[CardOwner] = super().get_queryset(request)
        return found.select_related("erased_by")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CardOwner], search_term: str
    ) -> tuple[QuerySet[CardOwner], bool]:
        term = search_term.strip()
        return (queryset.filter(pk__in=owners.search(term=term).values("pk")) if term else queryset), False

    # An owner whose data was erased is read; owners are never deleted, their data is erased.

    def has_change_permission(self, request: HttpRequest, obj: CardOwner | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.erased_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: CardOwner | None = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        owner = kwargs.get("obj")
        if owner:
            context |= {
                "rows": cards_of(owner),
                "erased": here(owner.erased_at) if owner.erased_at else "",
                "erased_by": shown.person(owner.erased_by),
            }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def save_model(self, request: HttpRequest, obj: CardOwner, form: Any, change: bool) -> None:
        owners.save(owner=obj)

    @display(description=pgettext_lazy("person", "name"))
    def name_shown(self, owner: CardOwner) -> str:
        return owner.called

    @display(description=_("cards"))
    def cards_counted(self, owner: Any) -> str:
        return str(owner.counted)

    @display(description=_("data"))
    def erased_shown(self, owner: CardOwner) -> str:
        return badge(_("Erased"), "danger") if owner.erased_at else NOTHING


def cards_of(owner: CardOwner) -> list[dict[str, Any]]:
    """Describe the cards of an owner."""
    cards = list(owner.cards.select_related("kind").order_by("pk"))
    names = shown.names_of((card.pk for card in cards), whole=True)
    return [
        {
            "card": shown.card_link(card, names),
            "kind": card.kind.name,
            "status": shown.status_badge(card),
            "figures": [shown.figure(measure, getattr(card, measure)) for measure in Measure],
        }
        for card in cards
    ]
