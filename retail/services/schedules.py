"""Periodic tasks as rows that an administrator edits, as «регламентные задания» are."""

from datetime import timedelta

from django.conf import settings
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

_UNITS = (
    (86400, IntervalSchedule.DAYS),
    (3600, IntervalSchedule.HOURS),
    (60, IntervalSchedule.MINUTES),
    (1, IntervalSchedule.SECONDS),
)


def declare(*, task: str, name: str, every: timedelta) -> None:
    """Make the row of a periodic task if none of its name exists; one that exists is an administrator's already.

    An app calls this from its own `post_migrate` handler. `every` is in whole seconds.
    """
    if PeriodicTask.objects.filter(name=name).exists():
        return
    seconds = int(every.total_seconds())
    length, period = next((length, period) for length, period in _UNITS if seconds % length == 0)
    span = {"every": seconds // length, "period": period}
    # Not get_or_create: an administrator may have made two rows of the same interval.
    interval = IntervalSchedule.objects.filter(**span).first() or IntervalSchedule.objects.create(**span)
    PeriodicTask.objects.create(name=name, task=task, interval=interval)


def declare_by_clock(*, task: str, name: str, minute: str, hour: str) -> None:
    """Do what `declare` does for a task that runs at times of the day in the chain's time zone, as cron writes them."""
    if PeriodicTask.objects.filter(name=name).exists():
        return
    times = {"minute": minute, "hour": hour, "timezone": settings.TIME_ZONE}
    every_day = {"day_of_month": "*", "month_of_year": "*", "day_of_week": "*"}
    crontab = CrontabSchedule.objects.filter(**times, **every_day).first() or CrontabSchedule.objects.create(**times)
    PeriodicTask.objects.create(name=name, task=task, crontab=crontab)
