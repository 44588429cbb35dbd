from datetime import timedelta

import pytest
from django.core.management import call_command
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask
from kombu.exceptions import OperationalError

from retail.services import schedules
from tests.retail.admin import choose, form_of, page, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def task():
    return PeriodicTask.objects.get(task="retail.tasks.prices_announce")


def test_prices_are_announced_every_minute(task):
    assert (task.interval.every, task.interval.period) == (1, IntervalSchedule.MINUTES)
    assert task.enabled


def test_what_an_administrator_has_timed_stays_after_a_migration(task):
    client = signed_in()
    url = page("django_celery_beat_periodictask_change", task.pk)
    other = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.MINUTES)

    client.post(url, form_of(client.get(url), interval=other.pk, name="Another name"))
    call_command("migrate", verbosity=0)

    task.refresh_from_db()
    assert (task.interval, task.name) == (other, "Announce prices that have begun")
    assert PeriodicTask.objects.filter(task=task.task).count() == 1


def test_declare_makes_a_row_once_and_takes_an_interval_that_is_there():
    for _ in range(2):
        schedules.declare(task="x", name="Every ten seconds", every=timedelta(seconds=10))
    schedules.declare(task="y", name="Another", every=timedelta(seconds=10))

    assert IntervalSchedule.objects.filter(every=10, period=IntervalSchedule.SECONDS).count() == 1
    assert PeriodicTask.objects.filter(interval__every=10).count() == 2


def test_declare_by_clock_makes_a_row_once_at_times_of_the_chain():
    for _ in range(2):
        schedules.declare_by_clock(task="x", name="At five", minute="7", hour="5")
    schedules.declare_by_clock(task="y", name="Another", minute="7", hour="5")

    [crontab] = CrontabSchedule.objects.filter(minute="7", hour="5")
    assert str(crontab.timezone) == "Europe/Moscow"
    assert PeriodicTask.objects.filter(crontab=crontab).count() == 2


def test_a_task_is_queued_by_hand(task, monkeypatch):
    sent = []
    monkeypatch.setattr("retail.admin.schedules.current_app.send_task", sent.append)

    choose(signed_in(), "django_celery_beat_periodictask", "run_now", [task])

    assert sent == ["retail.tasks.prices_announce"]


def test_a_queue_that_is_away_is_told_of(task, monkeypatch):
    def away(name):
        raise OperationalError

    monkeypatch.setattr("retail.admin.schedules.current_app.send_task", away)

    response = choose(signed_in(), "django_celery_beat_periodictask", "run_now", [task])

    assert [message.level_tag for message in response.context["messages"]] == ["error"]


def test_tasks_are_declared_by_the_product_and_by_nobody_else(task):
    client = signed_in()

    assert client.get(page("django_celery_beat_periodictask_add")).status_code == 403
    assert client.post(page("django_celery_beat_periodictask_delete", task.pk), {"post": "yes"}).status_code == 403
    for name in ("intervalschedule", "crontabschedule"):
        assert client.get(page(f"django_celery_beat_{name}_add")).status_code == 200
        assert client.get(page(f"django_celery_beat_{name}_changelist")).status_code == 200
