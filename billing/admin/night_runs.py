"""«Ночной регламент»: runs of the night, how far each is, what it wrote and what it could not."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from billing.admin import exports, night_shown, shown
from billing.admin.night_starting import StartingAdmin, day
from billing.choices import Measure
from billing.models import NightRun
from registers.admin.facts import FactAdmin, here
from retail.admin.base import Listing
from retail.admin.periods import DayFilter
from stock.admin.paging import page_of


class RunListing(Listing):
    """Adds up what the runs of a page have written, in one query."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        runs: list[Any] = list(self.result_list)  # type: ignore[has-type]
        found = night_shown.written(runs)
        for run in runs:
            run.written = found.get(run.pk, night_shown.Written())
        self.result_list = runs


@admin.register(NightRun)
class NightRunAdmin(StartingAdmin, FactAdmin):
    empty_says = _(
        "The night of cards runs by itself after midnight: what begins, then what has ended. It can be run by hand too."
    )
    empty_leads_to = "django_celery_beat.periodictask"
    resource_classes = [exports.NightRunResource]
    list_display = (
        "date_shown", "kind_shown", "state_shown", "document_shown", "cards_figure", "lots_figure", "bonuses_figure",
        "turnover_figure", "receipts_figure", "started", "took", "who",
    )  # fmt: skip
    list_display_links = ("date_shown",)
    list_select_related = ("document", "started_by")
    list_filter = (("kind", ChoicesDropdownFilter), ("state", ChoicesDropdownFilter), ("date", DayFilter))
    ordering = ("-date", "-pk")
    sortable_by = ()
    panel_template = "billing/night_progress.html"
    body_template = "billing/night_chunks.html"

    class Media:
        css = {"all": ["registers/registers.css", "stock/stock.css", "billing/billing.css"]}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RunListing]:
        return RunListing

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return no fields: the panels tell all of them."""
        return ()

    @display(description=_("business date"))
    def date_shown(self, run: NightRun) -> str:
        return day(run.date)

    @display(description=_("kind"))
    def kind_shown(self, run: NightRun) -> str:
        return format_html('<span class="st-figure">{}</span>', night_shown.kind(run))

    @display(description=_("state"))
    def state_shown(self, run: NightRun) -> str:
        return night_shown.state_badge(run)

    @display(description=_("document"))
    def document_shown(self, run: NightRun) -> str:
        return night_shown.document_link(run)

    @display(description=_("cards"))
    def cards_figure(self, run: Any) -> str:
        return str(number_format(run.written.cards, force_grouping=True))

    @display(description=_("lots"))
    def lots_figure(self, run: Any) -> str:
        return str(number_format(run.written.lots, force_grouping=True))

    @display(description=_("bonuses"))
    def bonuses_figure(self, run: Any) -> str:
        return shown.figure(Measure.BONUSES, run.written.bonuses)

    @display(description=_("accumulated sum"))
    def turnover_figure(self, run: Any) -> str:
        return shown.figure(Measure.TURNOVER, run.written.turnover)

    @display(description=_("receipts"))
    def receipts_figure(self, run: Any) -> str:
        return shown.figure(Measure.RECEIPTS, run.written.receipts)

    @display(description=_("started at"))
    def started(self, run: NightRun) -> str:
        return format_html('<span class="st-figure">{}</span>', here(run.started_at))

    @display(description=_("took"))
    def took(self, run: NightRun) -> str:
        return night_shown.duration(run)

    @display(description=_("started by"))
    def who(self, run: NightRun) -> str:
        return night_shown.who(run)

    def get_panel(self, request: HttpRequest, obj: NightRun) -> dict[str, Any]:
        chunks = obj.chunks.order_by("place")
        return {
            **self._progress(request, obj),
            "chunks": page_of(request, chunks, name="chunks", shown_as=night_shown.chunk_row),
        }

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Render how far a run is alone: its page asks for it every few seconds."""
        run: NightRun | None = self.get_object(request, object_id)
        if run is None:
            raise Http404
        if not self.has_view_permission(request, run):
            raise PermissionDenied
        response = TemplateResponse(request, "billing/night_progress.html", self._progress(request, run))
        response["Cache-Control"] = "no-store"
        return response

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.progress_view)
        return [path("<path:object_id>/progress/", view, name="billing_nightrun_progress"), *super().get_urls()]

    def _progress(self, request: HttpRequest, run: NightRun) -> dict[str, Any]:
        url = reverse("admin:billing_nightrun_progress", args=[run.pk])
        return night_shown.progress(run, url=url, whole=shown.sees_people(request))
