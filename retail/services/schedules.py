"""Periodic tasks as rows that an administrator edits, as «регламентные задания» are."""

from datetime import timedelta

from django_celery_beat.models import IntervalSchedule, PeriodicTask

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
