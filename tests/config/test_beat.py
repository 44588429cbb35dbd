"""One beat, and where tasks go."""

import pytest
from celery import current_app
from django_celery_beat.schedulers import DatabaseScheduler

from config import beat
from config.beat import OnlyScheduler
from config.metrics import TASKS
from retail.tasks import prices_announce

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticks(monkeypatch):
    """Which schedulers came to send."""
    sent = []
    monkeypatch.setattr(beat, "ASK_EVERY", 0.0)
    monkeypatch.setattr(DatabaseScheduler, "tick", lambda self: sent.append(self) or 1.0)
    return sent


@pytest.fixture
def beats():
    made = [OnlyScheduler(app=current_app, lazy=True) for _ in range(2)]
    yield made
    for one in made:
        one.close()


def test_of_two_beats_one_sends(beats, ticks):
    first, second = beats

    for one in (first, second, first, second):
        one.tick()

    assert ticks == [first, first]


def test_the_other_takes_over_with_the_schedule_as_it_is_now(beats, ticks):
    first, second = beats
    first.tick()
    second.tick()
    second._heap, second._initial_read = ["what was due an hour ago"], False

    first.close()
    second.tick()

    assert ticks == [first, second]
    assert (second._heap, second._initial_read) == (None, True)


def test_without_the_guard_both_would_send(beats, ticks, monkeypatch):
    monkeypatch.setattr(OnlyScheduler, "_take", lambda self: True)

    for one in beats:
        one.tick()

    assert ticks == beats


def test_every_route_names_a_task_and_a_queue_that_are_there(settings):
    current_app.loader.import_default_modules()
    routes = settings.CELERY_TASK_ROUTES

    assert set(routes) - set(current_app.tasks) == set()
    assert {route["queue"] for route in routes.values()} < set(settings.QUEUES)


def test_a_worker_that_is_told_nothing_takes_from_every_queue(settings):
    assert set(current_app.amqp.queues) == set(settings.QUEUES)


def test_what_a_cashier_waits_for_stands_behind_no_night(settings):
    current_app.loader.import_default_modules()
    queue = {name: current_app.amqp.router.route({}, name)["queue"].name for name in current_app.tasks}

    assert queue["stock.tasks.reservations_sweep"] == "near"
    assert queue["stock.tasks.transactions_process"] == "processing"
    assert queue["billing.tasks.cards_night"] == "night"
    assert queue["exchange.tasks.transaction_files_load"] == "files"


def test_tasks_are_counted_by_name_and_outcome():
    def ended():
        return TASKS.labels("retail.tasks.prices_announce", "success")._value.get()

    before = ended()

    prices_announce.delay()

    assert ended() == before + 1
