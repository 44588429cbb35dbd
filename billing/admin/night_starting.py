"""«Ночной регламент» by hand: what would be written, and after a second asking a task of the workers.

Writing takes minutes where there are millions of lots, so a request only puts it on the queue; pages of runs show how
far it is. Should the queue lose it there is no run, and whoever asked asks again; one that was begun the schedule ends.
"""

from datetime import date as Date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant

from billing import tasks
from billing.admin import night_shown
from billing.admin.card_pages import DayInput
from billing.choices import NightState
from billing.models import NightRun
from billing.services import night
from registers.admin.facts import list_url
from retail.admin.base import user_of
from retail.exceptions import DomainError

EARLIEST = Date(2000, 1, 1)


class NightForm(forms.Form):
    date = forms.DateField(label=_("business date"), widget=DayInput(format="%Y-%m-%d"))

    def clean_date(self) -> Date:
        date: Date = self.cleaned_data["date"]
        if date < EARLIEST:
            raise forms.ValidationError(_("No card has figures of such a day."))
        return date


class StartingAdmin(ModelAdmin):
    """Adds the button to the list of runs, and to a run what is left to be done about it."""

    actions_list: Any = ("run_night",)
    actions_detail: Any = ("go_on", "try_again")

    def has_run_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("billing.run_nightrun")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        run = self.get_object(request, object_id)
        sensible = _sensible(run) if run else ""
        return [offered for offered in allowed if offered.method.original_function_name == sensible]

    @action(
        description=_("Run the night…"),
        url_path="run",
        permissions=["run"],
        icon="bedtime",
        variant=ActionVariant.PRIMARY,
    )
    def run_night(self, request: HttpRequest) -> HttpResponse:
        """Show what would be written for a date; on the second asking have it written."""
        now = timezone.now()
        asked = request.POST if request.method == "POST" else request.GET
        form = NightForm(asked if "date" in asked else {"date": night.today(now=now)})
        totals: list[night.Totals] = []
        if form.is_valid():
            date = form.cleaned_data["date"]
            try:
                if request.method == "POST":
                    night.check_can_run(date=date, now=now)
                    return self._enqueued(request, date)
                totals = night.preview(date=date, now=now)
            except DomainError as refusal:
                form.add_error(refusal.attr if refusal.attr in form.fields else None, str(refusal))
        runs = NightRun.objects.filter(date=form.cleaned_data["date"]) if form.is_valid() else NightRun.objects.none()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "title": _("Run the night of cards"),
            "form": form,
            "totals": [_total(one) for one in totals],
            "anything": any(one.lots for one in totals),
            "known": [(run, night_shown.state_badge(run)) for run in runs.order_by("kind")],
            "all_done": {run.state for run in runs} == {NightState.DONE} and len(runs) == len(night.DOCUMENTS),
            "back_url": reverse("admin:billing_nightrun_changelist"),
        }
        return TemplateResponse(request, "billing/run_night.html", context)

    @action(description=_("Go on with it"), url_path="go-on", permissions=["run"], icon="play_arrow")
    def go_on(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            question=_("Go on with what was interrupted?"),
            effect=_("Another worker takes part. What is done already is not done again."),
            button=_("Go on"),
        )

    @action(description=_("Try the failed again"), url_path="try-again", permissions=["run"], icon="replay")
    def try_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._ask(
            request,
            object_id,
            question=_("Try the cards again that could not be done?"),
            effect=_("What can be done now is added to the run's document. The next night tries the rest by itself."),
            button=_("Try again"),
        )

    def _ask(self, request: HttpRequest, object_id: str, **words: Any) -> HttpResponse:
        run: NightRun | None = self.get_object(request, object_id)
        if run is None:
            raise Http404
        if not self.has_run_permission(request):
            raise PermissionDenied
        page = reverse("admin:billing_nightrun_change", args=[run.pk])
        if request.method == "POST" and (verb := _sensible(run)):
            if verb == "go_on":
                return self._enqueued(request, run.date, page=page)
            return self._put(request, tasks.cards_night_again, page, run=run.pk)
        if request.method == "POST":
            return HttpResponseRedirect(page)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "original": run,
            "title": words["question"],
            "back_url": page,
            **night_shown.progress(run, url="", whole=False),
            **words,
        }
        return TemplateResponse(request, "billing/confirm_night.html", context)

    def _enqueued(self, request: HttpRequest, date: Date, *, page: str | None = None) -> HttpResponse:
        found = page or list_url("billing.nightrun") or ""
        return self._put(request, tasks.cards_night_of, found, date=date.isoformat(), by=user_of(request).pk)

    def _put(self, request: HttpRequest, task: Any, page: str, **params: Any) -> HttpResponse:
        """Put a task on the queue, and lead to where one sees how it goes."""
        try:
            task.delay(**params)
        except OperationalError:
            messages.error(
                request, _now("The queue of tasks does not answer. From the command line: manage.py run_cards_night")
            )
        else:
            messages.success(request, _now("The workers have it now; the page of a run shows how far they are."))
        return HttpResponseRedirect(page)


def _sensible(run: NightRun) -> str:
    """Return what is left to be done about a run: the name of an action, or nothing."""
    if run.state == NightState.RUNNING:
        return "go_on"
    return "try_again" if run.failed else ""


def _total(one: night.Totals) -> dict[str, Any]:
    return {"kind": one.kind.label, "cards": one.cards, "lots": one.lots, "measures": night_shown.measures(one)}


def day(date: Date) -> str:
    return date_format(date, "SHORT_DATE_FORMAT")
