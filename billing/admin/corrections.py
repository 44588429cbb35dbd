"""«Корректировки дисконтных карт»: written by one person, approved by another, read for ever after."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.views import ChangeList

from billing.admin import exports, shown
from billing.admin.correction_lines import CorrectionLineInline, KeptCorrectionLineInline
from billing.admin.correction_verbs import CorrectionVerbs
from billing.choices import Measure
from billing.models import CardNumber, CorrectionDocument, CorrectionLine
from billing.services import corrections
from registers.admin.facts import here
from retail.admin.base import NOTHING, Listing, user_of
from retail.admin.exports import ExportAdmin
from retail.admin.initial import PlainInitial
from retail.admin.periods import PeriodFilter
from retail.admin.refusals import SaysRefusals

SHOWN_REASON = 80


@admin.register(CorrectionDocument)
class CorrectionDocumentAdmin(CorrectionVerbs, SaysRefusals, ExportAdmin, PlainInitial):
    empty_says = _(
        "A correction changes figures of cards by hand: one person writes it with a reason, another approves it."
    )
    empty_leads_to = "billing.discountcard"
    resource_classes = [exports.CorrectionResource]
    list_display = (
        "number_shown",
        "date_shown",
        "reason_shown",
        "cards_counted",
        "bonuses_figure",
        "turnover_figure",
        "receipts_figure",
        "stage_shown",
        "written_by_shown",
        "approved_by_shown",
    )
    list_display_links = ("number_shown",)
    list_filter = (("stage", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter), ("date", PeriodFilter))
    list_filter_submit = True
    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    search_fields = ("number",)
    search_help_text = _("A number or a reason; the whole number of a card")
    ordering = ("-date", "-pk")
    sortable_by = ()
    actions = None
    actions_detail_hide_default = True
    warn_unsaved_form = True
    change_form_outer_before_template = "billing/correction_panel.html"
    fieldsets = ((None, {"fields": ("reason", "comment")}),)

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "billing/billing.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Listing

    def get_queryset(self, request: HttpRequest) -> QuerySet[CorrectionDocument]:
        found: QuerySet[CorrectionDocument] = super().get_queryset(request)
        lines = CorrectionLine.objects.filter(document=OuterRef("pk")).order_by().values("document")
        sums = {
            f"sum_{measure}": Subquery(lines.annotate(sum=Sum("amount", filter=Q(measure=measure))).values("sum"))
            for measure in Measure.values
        }
        counted = Subquery(lines.annotate(cards=Count("card", distinct=True)).values("cards"))
        people = ("written_by", "submitted_by", "approved_by", "refused_by", "reversed_by")
        return found.select_related(*people, "organization", "reverses", "opposite").annotate(counted=counted, **sums)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CorrectionDocument], search_term: str
    ) -> tuple[QuerySet[CorrectionDocument], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        cards = CardNumber.objects.filter(value=term).values("card")
        of_card = CorrectionLine.objects.filter(card__in=cards).values("document")
        return queryset.filter(Q(number__endswith=term) | Q(reason__icontains=term) | Q(pk__in=of_card)), False

    def get_inlines(self, request: HttpRequest, obj: CorrectionDocument | None) -> list[Any]:
        writable = obj is None or (obj.is_open and obj.reverses_id is None and self.has_change_permission(request, obj))
        return [CorrectionLineInline if writable else KeptCorrectionLineInline]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in {"reason", "comment"} and field:
            field.widget.attrs["rows"] = 2
        return field

    # What waits for approval or has left the drafts is read, whatever one may do to drafts.

    def has_change_permission(self, request: HttpRequest, obj: CorrectionDocument | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_open)

    def has_delete_permission(self, request: HttpRequest, obj: CorrectionDocument | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.is_open)

    def response_add(
        self, request: HttpRequest, obj: CorrectionDocument, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Lead to the page of the correction, where it is submitted."""
        super().response_add(request, obj, post_url_continue)
        return HttpResponseRedirect(shown.page_of_correction(obj))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        document = kwargs.get("obj")
        if document:
            opposite = getattr(document, "opposite", None)
            context |= {
                "stage": shown.correction_badge(document),
                "deeds": _deeds(document),
                "reverses": shown.document_link(document.reverses) if document.reverses else "",
                "opposite": shown.document_link(opposite) if opposite else "",
                "figures": [
                    (measure.label, shown.figure(measure, figure, signed=True))
                    for measure in Measure
                    if (figure := getattr(document, f"sum_{measure}"))
                ],
            }
        response: HttpResponse = super().render_change_form(request, context, **kwargs)
        return response

    def save_model(self, request: HttpRequest, obj: CorrectionDocument, form: Any, change: bool) -> None:
        corrections.save(document=obj, by=user_of(request), now=timezone.now())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        lines = formset.save(commit=False)
        for line in formset.deleted_objects:
            line.delete()
        if lines:
            corrections.save_lines(document=form.instance, lines=lines, now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: CorrectionDocument) -> None:
        corrections.discard(document=obj)

    @display(description=_("number"))
    def number_shown(self, document: CorrectionDocument) -> str:
        return f"№\xa0{document.number}"

    @display(description=_("date"))
    def date_shown(self, document: CorrectionDocument) -> str:
        return here(document.date)

    @display(description=_("reason"))
    def reason_shown(self, document: CorrectionDocument) -> str:
        return Truncator(document.reason).chars(SHOWN_REASON)

    @display(description=_("cards"))
    def cards_counted(self, document: Any) -> str:
        return str(document.counted or 0)

    @display(description=_("bonuses"))
    def bonuses_figure(self, document: Any) -> str:
        return shown.figure(Measure.BONUSES, document.sum_bonuses, signed=True, blank=True)

    @display(description=_("accumulated sum"))
    def turnover_figure(self, document: Any) -> str:
        return shown.figure(Measure.TURNOVER, document.sum_turnover, signed=True, blank=True)

    @display(description=_("receipts"))
    def receipts_figure(self, document: Any) -> str:
        return shown.figure(Measure.RECEIPTS, document.sum_receipts, signed=True, blank=True)

    @display(description=pgettext_lazy("correction", "stage"))
    def stage_shown(self, document: CorrectionDocument) -> str:
        return shown.correction_badge(document)

    @display(description=_("written by"))
    def written_by_shown(self, document: CorrectionDocument) -> str:
        return shown.person(document.written_by)

    @display(description=_("approved by"))
    def approved_by_shown(self, document: CorrectionDocument) -> str:
        return shown.person(document.approved_by) or NOTHING


def _deeds(document: CorrectionDocument) -> list[tuple[Any, str, str]]:
    """Say who did what with it and when: (what, who and when, with what words)."""
    deeds: list[tuple[Any, Any, Any, str]] = [
        (pgettext_lazy("correction", "Written"), None, document.written_by, ""),
        (pgettext_lazy("correction", "Refused"), document.refused_at, document.refused_by, document.refusal),
        (pgettext_lazy("correction", "Submitted"), document.submitted_at, document.submitted_by, ""),
        (pgettext_lazy("correction", "Approved"), document.approved_at, document.approved_by, ""),
        (pgettext_lazy("correction", "Taken back"), document.reversed_at, document.reversed_by, ""),
    ]
    return [
        (what, " · ".join(filter(None, (here(at) if at else "", shown.person(who)))), words)
        for what, at, who, words in deeds
        if who
    ]
