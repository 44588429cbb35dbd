"""The doctor: what is wrong, in plain words, and the exit code."""

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from celery import current_app
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from exchange.services import checkups
from exchange.services.checkups import Level, books, database, environment, queues, work
from stock.choices import ReservationState
from tests.factories.stock import BalanceFactory, ReservationFactory

pytestmark = pytest.mark.django_db


def said(findings, level=Level.WRONG):
    return [finding.text for finding in findings if finding.level == level]


@pytest.fixture
def _workers(monkeypatch):
    """One worker that takes from every queue, and a beat that has just sent something."""
    everything = {"worker": [{"name": name} for name in ("near", "processing", "night", "files")]}
    _answer(monkeypatch, everything)
    PeriodicTask.objects.update(last_run_at=timezone.now())


def _answer(monkeypatch, queues_of):
    inspected = type("Inspect", (), {"active_queues": lambda self: queues_of})
    monkeypatch.setattr(current_app.control, "inspect", lambda timeout: inspected())


@pytest.mark.usefixtures("_workers")
def test_the_whole_round_ends_with_words_and_a_code(settings, tmp_path):
    settings.MEDIA_ROOT, settings.EQUIPMENT_FILES = str(tmp_path), str(tmp_path / "missing")
    out = StringIO()

    # The tests' own PostgreSQL spares the disk, which is wrong indeed.
    with pytest.raises(CommandError, match="wrong"):
        call_command("doctor", language="en", stdout=out)

    words = out.getvalue()
    assert "EQUIPMENT_FILES: there is no folder" in words
    assert "Make it, or take the setting out." in words
    assert "The tables are those of this release." in words
    assert "1 worker answers." in words
    assert f"Checks of the books that agree: {len(books.audits.CHECKS)}." in words


def test_a_database_that_is_away_is_said_once(monkeypatch):
    def away():
        raise OperationalError("connection refused\nIs the server running?")

    monkeypatch.setattr(connection, "ensure_connection", away)

    *_before, (name, findings) = checkups.examine(now=timezone.now())

    assert (name, said(findings)) == ("PostgreSQL", ["PostgreSQL cannot be reached: connection refused"])


def test_durability_that_is_off_is_wrong():
    assert any("fsync" in text for text in said(database.check_database()))


def test_a_migration_that_waits_and_one_of_a_newer_release_are_wrong():
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'exchange' AND name = (SELECT max(name) FROM "
                       "django_migrations WHERE app = 'exchange')")  # fmt: skip
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('stock', '9999_later', now())")

    assert said(database.check_migrations()) == [
        "1 migration is not applied.",
        "The tables are those of a newer release: stock.9999_later.",
    ]


@pytest.mark.parametrize(("ahead", "level"), [(0, Level.FINE), (10, Level.NOTE), (-300, Level.WRONG)])
def test_a_clock_that_goes_wrong_is_told_by_how_much(monkeypatch, ahead, level):
    monkeypatch.setattr(database, "_database_clock", lambda: datetime.now(UTC) + timedelta(seconds=ahead))

    found = next(database.check_clocks())

    assert found.level == level


def test_no_worker_and_a_queue_without_one_are_wrong(monkeypatch):
    _answer(monkeypatch, None)
    assert said(queues.check_queues()) == ["No worker answers: receipts become no documents."]

    _answer(monkeypatch, {"worker": [{"name": "near"}, {"name": "processing"}, {"name": "night"}]})
    assert said(queues.check_queues()) == ["No worker takes from the queue files."]


def test_redis_that_is_away_is_wrong(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    assert said(queues.check_queues()) == ["Redis does not answer (ConnectionError): registers hear late, tasks wait."]


def test_a_beat_that_is_silent_is_wrong_and_a_schedule_switched_off_is_told():
    now = timezone.now()
    PeriodicTask.objects.update(last_run_at=now - timedelta(hours=2))
    PeriodicTask.objects.filter(task="stock.tasks.books_audit").update(enabled=False)

    found = list(queues.check_beat(now=now))

    assert len(said(found)) == 1
    assert said(found, Level.NOTE) == ["Switched off: “Audit of the books”."]


def test_jobs_that_are_stuck_are_counted():
    now = timezone.now()
    until = now - timedelta(minutes=6)
    ReservationFactory(state=ReservationState.OPEN, ended_at=None, expires_at=until)

    assert said(work.check_jobs(now=now)) == ["1 hold has expired and is not released."]


def test_books_that_differ_are_wrong():
    BalanceFactory(on_hand=5)

    assert said(books.check_books(now=timezone.now())) == [
        "The books differ, rows: 1. “balances on hand are the sum of movements”"
    ]


def test_a_folder_nobody_may_write_to_is_wrong(settings, tmp_path, monkeypatch):
    settings.MEDIA_ROOT, settings.EQUIPMENT_FILES, settings.UKM5_FILES = str(tmp_path), "", ""
    monkeypatch.setattr(environment.os, "access", lambda *_: False)

    assert said(environment.check_folders()) == [f"MEDIA_ROOT: {tmp_path} may not be written."]
