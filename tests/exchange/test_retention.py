"""What is kept for how long: said by a command, done by a task, and watched by the doctor."""

from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from exchange.models import ExchangeSession
from exchange.services.checkups import Level, journals
from exchange.services.equipment_service import sessions
from exchange.tasks import journals_keep
from registers.models import BodyArchive, KkmTransaction
from retail.services.partitions import EDITS, month_after
from tests.factories.registers import KkmTransactionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _kept_for_a_quarter(settings, tmp_path):
    settings.JOURNAL_BODIES_DAYS, settings.ARCHIVE_ROOT = 92, str(tmp_path)


@pytest.fixture
def old():
    """A transaction, a call and a failed sign-in of two years ago."""
    at = timezone.now() - timedelta(days=730)
    ExchangeSession.objects.create(began_at=at, milliseconds=1, bytes_in=1, bytes_out=1)
    sign_in = apps.get_model("axes", "AccessFailureLog").objects.create(username="petrova")
    type(sign_in).objects.update(attempt_time=at)
    return KkmTransactionFactory(received_at=at)


def said(*args: str) -> str:
    out = StringIO()
    call_command("retention", "--language=en", *args, stdout=out)
    return out.getvalue()


def found(now, level=Level.WRONG) -> list[str]:
    return [finding.text for finding in journals.check_journals(now=now) if finding.level == level]


def test_a_dry_run_says_what_would_go_and_changes_nothing(old):
    ends = EDITS.ends()

    words = said("--dry-run")

    assert words.count("of it too old: 1") == 3
    assert "Transactions: bodies" in words
    assert EDITS.ends() == ends
    assert not BodyArchive.objects.exists()
    assert ExchangeSession.objects.exists()


def test_the_command_lets_go_what_is_kept_no_longer(old):
    words = said()

    assert words.count("of it too old: 0") == 7
    assert KkmTransaction.objects.filter(raw=b"").count() == 1
    assert not ExchangeSession.objects.exists()
    assert not apps.get_model("axes", "AccessFailureLog").objects.exists()


def test_the_command_says_when_an_archive_cannot_be_written(old, settings, tmp_path):
    (tmp_path / "taken").write_text("")
    settings.ARCHIVE_ROOT = str(tmp_path / "taken")

    with pytest.raises(CommandError, match="taken"):
        said()

    assert not KkmTransaction.objects.filter(raw=b"").exists()


def test_the_task_makes_months_ahead(old):
    journals_keep()

    for journal in (EDITS, sessions.LOG):
        assert journal.ends() > month_after(timezone.now(), 2)
    assert BodyArchive.objects.exists()


def test_the_doctor_misses_the_table_of_the_next_month_and_a_lost_archive(old, tmp_path):
    now = timezone.now()
    journals_keep()
    well = found(now)
    for file in tmp_path.iterdir():
        file.unlink()

    assert well == []
    assert [("no table for the next month" in text) for text in found(EDITS.ends())] == [True, True, False]
    assert "bodies-" in found(now)[0]


def test_the_doctor_notes_what_landed_in_the_default_table():
    ExchangeSession.objects.create(
        began_at=sessions.LOG.ends() + timedelta(days=1), milliseconds=1, bytes_in=1, bytes_out=1
    )

    assert "exchange_exchangesession" in found(timezone.now(), Level.NOTE)[0]
