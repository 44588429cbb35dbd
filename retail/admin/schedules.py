"""«Регламентные задания»: what runs by itself and how often. Tasks are declared by the product, timed by people."""

from celery import current_app
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from kombu.exceptions import OperationalError
from unfold.decorators import display

from retail.admin import edit_names
from retail.admin.base import NOTHING
from retail.admin.history import KeepsHistory

for model in (ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule):
    admin.site.unregister(model)

edit_names.call(PeriodicTask, lambda task: gettext(task.name))


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(KeepsHistory):
    empty_says = _("What the product does by itself, and when. A release adds its own tasks.")
    list_display = ("title", "schedule_shown", "enabled", "last_run_at")
    list_select_related = ("interval", "crontab", "solar", "clocked")
    list_per_page = 50
    search_fields = ("name", "task")
    ordering = ("name",)
    actions = ("run_now",)
    fieldsets = (
        (None, {"fields": ("title", "program", "description", "enabled", ("interval", "crontab"), "last_run_at")}),
    )
    readonly_fields = ("title", "program", "last_run_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: PeriodicTask | None = None) -> bool:
        return False

    @display(description=_("name"), ordering="name")
    def title(self, task: PeriodicTask) -> str:
        """Return the name, which is known in English, as the product calls it in the person's language."""
        return gettext(task.name)

    @display(description=_("program"))
    def program(self, task: PeriodicTask) -> str:
        """Return what the task runs: the field itself has a name in English only."""
        name: str = task.task
        return name

    @display(description=_("schedule"))
    def schedule_shown(self, task: PeriodicTask) -> str:
        if interval := task.interval:
            return f"{interval.get_period_display()}: {interval.every}"
        return str(task.crontab or NOTHING)

    @admin.action(description=_("Run now"), permissions=["change"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        """Queue the tasks once more; each is safe to run at any time and twice at once."""
        try:
            for task in queryset:
                current_app.send_task(task.task)
        except OperationalError:
            self.message_user(request, gettext("The queue is away: try again later."), messages.ERROR)
            return
        self.message_user(request, gettext("Queued."), messages.SUCCESS)


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(KeepsHistory):
    empty_says = _("How often tasks run.")
    empty_leads_to = "django_celery_beat.periodictask"
    list_display = ("__str__", "every", "period")
    list_per_page = 50


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(KeepsHistory):
    empty_says = _("Times of the day at which tasks run.")
    empty_leads_to = "django_celery_beat.periodictask"
    list_display = ("__str__", "human_readable")
    fields = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week", "timezone")
    list_per_page = 50
