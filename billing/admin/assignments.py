"""«Назначение акции»: drafts are typed in, posted ones are read."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Field, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from billing.admin import assignment_pages, exports
from billing.admin.assignment_verbs import AssignmentVerbs
from billing.models import CardKind, PromotionAssignment
from billing.services import assignments
from retail.admin.base import Listing
from retail.admin.exports import ExportAdmin
from retail.admin.filters import is_key
from retail.admin.initial import PlainInitial
from retail.admin.refusals import SaysRefusals
from retail.admin.selects import KeySelects
from retail.exceptions import DomainError
from retail.models import Organization, Shop
from stock.admin.shown import person


class InForceFilter(DropdownFilter):
    title = _("today")
    parameter_name = "today"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return (("in_force", _("In force")), ("ahead", _("Ahead")), ("over", _("Over")))

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[PromotionAssignment]:
        today = timezone.localdate()
        match self.value():
            case "in_force":
                return queryset.in_force(day=today)  # type: ignore[no-any-return]
            case "ahead":
                return queryset.filter(begins__gt=today)  # type: ignore[no-any-return]
            case "over":
                return queryset.filter(ends__lt=today)  # type: ignore[no-any-return]
        return queryset  # type: ignore[no-any-return]


class HoldsForFilter(DropdownFilter):
    """Those that hold for a shop or a kind: that name it, or none."""

    through: Any  # The table of what is named.
    column: str

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not is_key(value):
            return queryset
        naming = self.through.objects.values("promotionassignment")
        mine = naming.filter(**{f"{self.column}_id": int(value)})
        return queryset.filter(Q(pk__in=mine) | ~Q(pk__in=naming))


class ShopFilter(HoldsForFilter):
    title = _("holds in the shop")
    parameter_name = "shop"
    through, column = PromotionAssignment.shops.through, "shop"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return [(str(shop.pk), str(shop)) for shop in Shop.objects.order_by("code")]


class KindFilter(HoldsForFilter):
    title = _("holds for the kind of cards")
    parameter_name = "kind"
    through, column = PromotionAssignment.kinds.through, "cardkind"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Any]") -> Sequence[tuple[str, Any]]:
        return [(str(kind.pk), str(kind)) for kind in CardKind.objects.order_by("name")]


class AssignmentForm(forms.ModelForm):  # type: ignore[type-arg]  # Generic for the checker only.
    """Says at its field what the database would refuse."""

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if cleaned.get("begins") and cleaned.get("ends"):
            try:
                assignments.check_period(begins=cleaned["begins"], ends=cleaned["ends"])
            except DomainError as refusal:
                self.add_error(refusal.attr, str(refusal))
        return cleaned


@admin.register(PromotionAssignment)
class PromotionAssignmentAdmin(AssignmentVerbs, SaysRefusals, KeySelects, ExportAdmin, PlainInitial):
    empty_says = _("An assignment says in which shops, when and by which rule bonuses of a promotion live.")
    empty_leads_to = "billing.promotion"
    resource_classes = [exports.AssignmentResource]
    form = AssignmentForm
    list_display = (
        "number_shown", "date_shown", "promotion", "bonus_rule", "period_shown", "shops_shown", "kinds_shown",
        "state_shown", "posted_by_shown",
    )  # fmt: skip
    list_display_links = ("number_shown",)
    list_select_related = ("promotion", "bonus_rule", "posted_by")
    list_filter = (
        ("promotion", RelatedDropdownFilter),
        ShopFilter,
        KindFilter,
        InForceFilter,
        ("state", ChoicesDropdownFilter),
        ("bonus_rule", RelatedDropdownFilter),
    )
    list_filter_submit = True
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    search_fields = ("number", "promotion__code", "promotion__name", "comment")
    search_help_text = _("A number, a promotion, words of a comment")
    ordering = ("-date", "-pk")
    actions = None
    warn_unsaved_form = True
    autocomplete_fields = ("promotion", "bonus_rule", "shops", "kinds")
    change_form_outer_before_template = "billing/assignment_panel.html"
    change_form_outer_after_template = "billing/assignment_body.html"
    fieldsets = (
        (None, {"fields": (("promotion", "bonus_rule"), ("begins", "ends"))}),
        (_("Where and for whom"), {"fields": ("shops", "kinds")}),
        (_("Document"), {"fields": ("date", "organization", "comment")}),
    )
    kept_fieldsets = ((_("Document"), {"fields": (("date", "organization"), "comment")}),)

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "billing/billing.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[PromotionAssignment]:
        found: QuerySet[PromotionAssignment] = super().get_queryset(request)
        return found.prefetch_related("shops", "kinds")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Listing

    def get_fieldsets(self, request: HttpRequest, obj: PromotionAssignment | None = None) -> Any:
        """Return the fields of a form; what a kept document says stands above it."""
        return self.fieldsets if obj is None or obj.is_draft else self.kept_fieldsets

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        organization = Organization.objects.order_by("pk").values_list("pk", flat=True).first()
        now = {"date": timezone.now(), "begins": timezone.localdate(), "organization": organization}
        return {**now, **super().get_changeform_initial_data(request)}

    def formfield_for_dbfield(self, db_field: "Field[Any, Any]", request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "comment" and field:
            field.widget.attrs["rows"] = 2
        return field

    @display(description=_("number"), ordering="number")
    def number_shown(self, one: PromotionAssignment) -> str:
        return f"№\xa0{one.number}"

    @display(description=_("date"), ordering="date")
    def date_shown(self, one: PromotionAssignment) -> str:
        return date_format(timezone.localtime(one.date), "SHORT_DATE_FORMAT")

    @display(description=_("period"), ordering="begins")
    def period_shown(self, one: PromotionAssignment) -> str:
        return assignment_pages.period(one)

    @display(description=_("shops"))
    def shops_shown(self, one: PromotionAssignment) -> str:
        return assignment_pages.shops(one)

    @display(description=_("kinds of cards"))
    def kinds_shown(self, one: PromotionAssignment) -> str:
        return assignment_pages.kinds(one)

    @display(description=_("state"), ordering="state")
    def state_shown(self, one: PromotionAssignment) -> str:
        return assignment_pages.standing(one, today=timezone.localdate())

    @display(description=_("posted by"), ordering="posted_by")
    def posted_by_shown(self, one: PromotionAssignment) -> str:
        return person(one.posted_by)

    # One that has left the drafts is read, whatever one may do to drafts.

    def has_change_permission(self, request: HttpRequest, obj: PromotionAssignment | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_delete_permission(self, request: HttpRequest, obj: PromotionAssignment | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_draft)

    def check_can_edit(self, original: Any) -> None:
        assignments.check_is_draft(assignment=original)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        if one := kwargs.get("obj"):
            context.update(assignment_pages.panel(one, now=timezone.now()))
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def save_model(self, request: HttpRequest, obj: PromotionAssignment, form: Any, change: bool) -> None:
        assignments.save_draft(assignment=obj)

    def delete_model(self, request: HttpRequest, obj: PromotionAssignment) -> None:
        assignments.discard(assignment=obj)
