"""«Правила обмена»: which goods go, and below the form what comes of it as one types."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms.formsets import all_valid
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from exchange.admin import rule_preview
from exchange.admin.rule_exports import ExchangeRuleResource
from exchange.choices import RuleMarking
from exchange.models import ExchangeRule, ExchangeRuleGroup, ExchangeRuleSku, ExchangeRuleVat
from retail.admin import edit_names
from retail.admin.base import NOTHING, Listing
from retail.admin.exports import ExportAdmin
from retail.admin.history import KeepsHistory
from retail.admin.selects import KeySelects

edit_names.call(ExchangeRuleGroup, lambda part: str(part.group), related=("group",))
edit_names.call(ExchangeRuleSku, lambda part: str(part.sku), related=("sku",))
edit_names.call(ExchangeRuleVat, str, related=("vat_rate",))


class GroupInline(KeySelects, TabularInline):
    model = ExchangeRuleGroup
    extra = 0
    hide_title = True
    fields = ("group", "excluded")
    autocomplete_fields = ("group",)
    ordering = ("excluded", "group__name")
    verbose_name_plural = _("Groups, with everything under them")


class SkuInline(KeySelects, TabularInline):
    model = ExchangeRuleSku
    extra = 0
    hide_title = True
    per_page = 25
    fields = ("sku", "excluded")
    autocomplete_fields = ("sku",)
    ordering = ("excluded", "sku__name")
    verbose_name_plural = _("Goods chosen by hand")


class VatInline(TabularInline):
    model = ExchangeRuleVat
    extra = 0
    hide_title = True
    fields = ("vat_rate", "sent_as")
    ordering = ("vat_rate__code",)
    verbose_name_plural = _("VAT rates that a format has no word for")


class ExchangeRuleForm(forms.ModelForm):  # type: ignore[type-arg]  # Generic for the checker only.
    markings = forms.MultipleChoiceField(
        label=capfirst(_("kinds of marking")),
        choices=RuleMarking.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=_("Only goods of these kinds go. None chosen: all of them."),
    )


@admin.register(ExchangeRule)
class ExchangeRuleAdmin(ExportAdmin, KeepsHistory):
    empty_says = _(
        "A rule says which goods a register is told of, and in what form. Without one a register hears of all that"
        " has a price."
    )
    empty_leads_to = "exchange.equipment"
    resource_classes = [ExchangeRuleResource]
    form = ExchangeRuleForm
    list_display = ("name", "warehouse", "price_type_shown", "what_goes", "package_shown", "served_shown")
    list_select_related = ("warehouse__retail_price_type",)
    list_filter = (("warehouse", RelatedDropdownFilter),)
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("name", "warehouse__name")
    search_help_text = _("Name of a rule or a warehouse")
    ordering = ("name",)
    actions = None
    inlines = (GroupInline, SkuInline, VatInline)
    warn_unsaved_form = True
    readonly_fields = ("price_type_shown",)
    change_form_outer_after_template = "exchange/rule_preview.html"
    fieldsets = (
        (None, {"fields": ("name", ("warehouse", "price_type_shown"))}),
        (_("Which goods go"), {"fields": (("priced_only", "in_stock_only"), "markings")}),
        (_("How it goes"), {"fields": (("with_groups", "balances"), "package_size")}),
    )

    class Media:
        css = {"all": ["registers/registers.css", "exchange/exchange.css"]}
        js = ["exchange/rule_preview.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ExchangeRule]:
        found: QuerySet[ExchangeRule] = super().get_queryset(request)
        return found.annotate(
            groups_count=Count("groups", distinct=True),
            skus_count=Count("skus", distinct=True),
            served_count=Count("equipment", distinct=True),
        )

    def get_empty_value_display(self) -> Any:
        return NOTHING

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Listing]:
        return Listing

    @display(description=_("price type"), ordering="warehouse__retail_price_type__name")
    def price_type_shown(self, rule: ExchangeRule) -> str:
        return str(rule.warehouse.retail_price_type) if rule.warehouse_id else ""

    @display(description=_("what goes"))
    def what_goes(self, rule: Any) -> str:
        """Say the conditions in words: those that narrow."""
        said = [
            _now("groups: %(count)d") % {"count": rule.groups_count} if rule.groups_count else "",
            _now("by hand: %(count)d") % {"count": rule.skus_count} if rule.skus_count else "",
            _kinds(rule.markings),
            _now("in stock") if rule.in_stock_only else "",
            _now("with a price") if rule.priced_only else "",
        ]
        return "; ".join(filter(None, said)) or _now("everything")

    @display(description=_("goods in a package"), ordering="package_size")
    def package_shown(self, rule: ExchangeRule) -> str:
        return str(rule.package_size) if rule.package_size else _now("all")

    @display(description=_("equipment"), ordering="served_count")
    def served_shown(self, rule: Any) -> int:
        return int(rule.served_count)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        rule: ExchangeRule | None = kwargs.get("obj")
        if rule is not None:
            url = reverse("admin:exchange_exchangerule_preview", args=[rule.pk])
            context |= {"preview": rule_preview.controls(rule, url=url)}
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def preview_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Render what comes of the rule as it is typed at the moment, without saving it."""
        rule = self.get_object(request, object_id)
        if rule is None or not self.has_view_or_change_permission(request, rule):
            raise Http404
        with transaction.atomic():
            typed = request.method == "POST" and self._apply(request, rule)
            context = rule_preview.seen(rule, asked=request.POST, now=timezone.now())
            transaction.set_rollback(True)
        context |= {"typed": typed, "saved": not self.has_change_permission(request, rule)}
        response = TemplateResponse(request, "exchange/rule_preview_body.html", context)
        response.render()
        response["Cache-Control"] = "no-store"
        return response

    def _apply(self, request: HttpRequest, rule: ExchangeRule) -> bool:
        """Save what the form says; False where it says nothing that could be saved."""
        if not self.has_change_permission(request, rule) or "name" not in request.POST:
            return False
        form = self.get_form(request, rule, change=True)(request.POST, instance=rule)
        formsets, _inlines = self._create_formsets(request, rule, change=True)
        if not (form.is_valid() and all_valid(formsets)):
            rule.refresh_from_db()
            return False
        form.save()
        for formset in formsets:
            formset.save()
        return True

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview_view)
        preview = path("<path:object_id>/preview/", view, name="exchange_exchangerule_preview")
        return [preview, *super().get_urls()]


def _kinds(markings: Sequence[str]) -> str:
    """Name the kinds of marking that go, or, where most do, those that do not."""
    rest = [kind for kind in RuleMarking.values if kind not in markings]
    few = markings and rest and len(rest) < len(markings)
    named = ", ".join(str(RuleMarking(kind).label) for kind in (rest if few else markings)).lower()
    return _now("without: %(kinds)s") % {"kinds": named} if few else named
