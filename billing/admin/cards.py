"""«Дисконтные карты»: what is on whose card, and where each figure comes from. Figures nobody edits here."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from billing.admin import card_pages, exports, shown
from billing.admin.card_imports import CardImportAdmin
from billing.admin.card_terms import CardTermsVerb
from billing.admin.issuing import IssuingAdmin
from billing.choices import Measure
from billing.models import BillingOperation, CardNumber, DiscountCard
from billing.services import owners
from registers.admin.facts import FactAdmin, here
from retail.admin.base import NOTHING, Listing
from retail.admin.exports import ListResource
from retail.admin.periods import PeriodFilter

SEARCHED = 500  # Owners whom a search may mean.


class FiguresFilter(DropdownFilter):
    title = _("figures")
    parameter_name = "figures"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return (("owes", _("Owes")), ("bonuses", _("Has bonuses")), ("nothing", _("Has nothing")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[DiscountCard]) -> QuerySet[DiscountCard]:
        match self.value():
            case "owes":
                return queryset.filter(Q(bonuses__lt=0) | Q(turnover__lt=0) | Q(receipts__lt=0))
            case "bonuses":
                return queryset.filter(bonuses__gt=0)
            case "nothing":
                return queryset.filter(bonuses=0, turnover=0, receipts=0)
        return queryset


class CardListing(Listing):
    """Names the cards of a page in one query, as whoever looks may see them."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        cards: list[Any] = list(self.result_list)  # type: ignore[has-type]
        names = shown.names_of((card.pk for card in cards), whole=shown.sees_people(request))
        for card in cards:
            card.names = names
        self.result_list = cards


@admin.register(DiscountCard)
class DiscountCardAdmin(CardImportAdmin, CardTermsVerb, IssuingAdmin, FactAdmin):
    empty_says = _("Cards are issued here in a series, or imported from a file. First there has to be a kind of cards.")
    empty_leads_to = "billing.cardkind"
    resource_classes = [exports.CardResource]
    list_display = (
        "number",
        "kind",
        "status_shown",
        "owner_shown",
        "bonuses_figure",
        "turnover_figure",
        "receipts_figure",
        "last_operation",
    )
    list_display_links = ("number",)
    list_select_related = ("kind", "owner")
    list_filter = (
        ("kind", RelatedDropdownFilter),
        ("status", ChoicesDropdownFilter),
        FiguresFilter,
        ("issued_at", PeriodFilter),
    )
    search_fields = ("numbers__value",)
    search_help_text = _("Number of a card; phone or name of its owner")
    ordering = ("-pk",)
    sortable_by = ()
    panel_template = "billing/card_panel.html"
    body_template = "billing/card_body.html"
    fieldsets = (
        (
            _("Of its own, instead of what its kind says"),
            {
                "classes": ("collapse",),
                "fields": (("turnover_delay", "turnover_life"), ("receipts_delay", "receipts_life")),
            },
        ),
    )

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "billing/billing.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CardListing]:
        return CardListing

    def get_list_display(self, request: HttpRequest) -> list[str]:
        hidden = set() if shown.sees_people(request) else {"owner_shown"}
        return [column for column in self.list_display if column not in hidden]

    def get_export_resource_classes(self, request: HttpRequest) -> list[type[ListResource]]:
        return [exports.CardResource if shown.sees_people(request) else exports.MaskedCardResource]

    def get_queryset(self, request: HttpRequest) -> QuerySet[DiscountCard]:
        latest = BillingOperation.objects.filter(card=OuterRef("pk")).order_by("-pk")
        found: QuerySet[DiscountCard] = super().get_queryset(request)
        return found.annotate(last_at=Subquery(latest.values("occurred_at")[:1]))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[DiscountCard], search_term: str
    ) -> tuple[QuerySet[DiscountCard], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        return queryset.filter(pk__in=meant(term, sees_people=shown.sees_people(request))), False

    @display(description=_("number"))
    def number(self, card: Any) -> str:
        return card.names.get(card.pk) or str(card)

    @display(description=pgettext_lazy("card", "status"))
    def status_shown(self, card: DiscountCard) -> str:
        return shown.status_badge(card)

    @display(description=_("owner"))
    def owner_shown(self, card: DiscountCard) -> str:
        if card.owner is None:
            return NOTHING
        return format_html("{}<br><span class='rg-muted'>{}</span>", card.owner.called, card.owner.phone)

    @display(description=_("bonuses"))
    def bonuses_figure(self, card: DiscountCard) -> str:
        return shown.figure(Measure.BONUSES, card.bonuses)

    @display(description=_("accumulated sum"))
    def turnover_figure(self, card: DiscountCard) -> str:
        return shown.figure(Measure.TURNOVER, card.turnover)

    @display(description=_("receipts"))
    def receipts_figure(self, card: DiscountCard) -> str:
        return shown.figure(Measure.RECEIPTS, card.receipts)

    @display(description=_("last operation"))
    def last_operation(self, card: Any) -> str:
        return format_html('<span class="st-figure">{}</span>', here(card.last_at))

    def get_panel(self, request: HttpRequest, obj: DiscountCard) -> dict[str, Any]:
        return card_pages.panel(request, obj)


def meant(term: str, *, sees_people: bool) -> QuerySet[Any]:
    """Return the keys of the cards that somebody means.

    Whoever may not see personal data names a whole number: numbers are not to be guessed by their beginnings.
    """
    if not sees_people:
        return CardNumber.objects.filter(value=term).values("card")
    found = list(owners.search(term=term).values_list("pk", flat=True)[:SEARCHED])
    return (
        CardNumber.objects.filter(value__startswith=term)
        .values("card")
        .union(DiscountCard.objects.filter(owner__in=found).values("pk"))
    )
