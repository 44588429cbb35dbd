"""Periodic tasks as rows that an administrator edits, as «регламентные задания» are."""

from datetime import timedelta

from django_celery_beat.models import IntervalSchedule, PeriodicTask


def declare(*, task: str, name: str, every: timedelta) -> None:
    """Make the row of a periodic task if none of its name exists; one that exists is an administrator's already.

    An app calls this from its own `post_migrate` handler. `every` is in whole seconds.
    """
    seconds = int(every.total_seconds())
    in_minutes = seconds % 60 == 0
    if PeriodicTask.objects.filter(name=name).exists():
        return
    # Not get_or_create: an administrator may have made two rows of the same interval.
    span = {
        "every": seconds // 60 if in_minutes else seconds,
        "period": IntervalSchedule.MINUTES if in_minutes else IntervalSchedule.SECONDS,
    }
    interval = IntervalSchedule.objects.filter(**span).first() or IntervalSchedule.objects.create(**span)
    PeriodicTask.objects.create(name=name, task=task, interval=interval)
