"""Bodies of old transactions leave the journal for files; what makes a repeat known stays."""

import gzip
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from registers.models import BodyArchive, KkmTransaction
from registers.services import archives
from tests.factories.registers import KkmTransactionFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MARCH = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.ARCHIVE_ROOT = str(tmp_path / "archive")
    settings.JOURNAL_BODIES_DAYS = 200
    return tmp_path / "archive"


def received(at: datetime = MARCH, **fields) -> KkmTransaction:
    return KkmTransactionFactory(received_at=at, occurred_at=at, **fields)


def only(folder: Path) -> Path:
    """The one file of the folder that holds anything."""
    [file] = [file for file in folder.iterdir() if file.stat().st_size]
    return file


def test_bodies_of_old_months_go_into_files_and_are_read_from_there(folder, monkeypatch):
    monkeypatch.setattr(archives, "PIECE", 2)
    told = [received(raw=raw) for raw in (b'{"a": "\xd0\x96\\n"}', b"\xff\x00", b"line\r\nline", b"{}", b"last")]
    kept = received(NOW - timedelta(days=100))
    before = {one.pk: (one.raw, one.body_hash) for one in told}

    assert archives.archive_due(now=NOW) == 5

    after = {one.pk: one for one in KkmTransaction.objects.all()}
    assert [bytes(after[pk].raw) for pk in before] == [b""] * 5
    assert {pk: (archives.body(after[pk]), bytes(after[pk].body_hash)) for pk in before} == before
    assert bytes(after[kept.pk].raw) == kept.raw
    assert [archive.bodies for archive in BodyArchive.objects.filter(month=date(2026, 3, 1))] == [5]
    lines = gzip.decompress(only(folder).read_bytes()).splitlines()
    assert [json.loads(line)["id"] for line in lines] == sorted(before)


def test_nothing_goes_unless_somebody_says_so(settings):
    settings.JOURNAL_BODIES_DAYS = 0
    received()

    assert archives.archive_due(now=NOW) == 0
    assert not BodyArchive.objects.exists()


@pytest.mark.parametrize("state", ["error_desk", "set_aside"])
def test_what_a_person_may_look_at_again_keeps_its_body(state):
    waiting = received(state=state)

    assert archives.archive_due(now=NOW) == 0
    assert archives.body(KkmTransaction.objects.get(pk=waiting.pk)) == waiting.raw


def test_a_run_that_was_broken_off_is_gone_on_with(monkeypatch):
    monkeypatch.setattr(archives, "PIECE", 1)
    told = [received(), received()]
    monkeypatch.setattr(archives, "_empty", lambda made: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        archives.archive(month=date(2026, 3, 1), now=NOW)
    monkeypatch.undo()

    assert date(2026, 3, 1) in archives.due(now=NOW)
    assert archives.archive(month=date(2026, 3, 1), now=NOW) == 2
    assert date(2026, 3, 1) not in archives.due(now=NOW)
    assert archives.archive(month=date(2026, 3, 1), now=NOW) == 0
    assert archives.body(KkmTransaction.objects.get(pk=told[1].pk)) == told[1].raw


def test_a_damaged_file_empties_nothing(folder, monkeypatch):
    told = received()
    monkeypatch.setattr(archives, "_empty", lambda made: 0)
    archives.archive(month=date(2026, 3, 1), now=NOW)
    monkeypatch.undo()
    file = only(folder)
    file.write_bytes(file.read_bytes()[:-1] + b"!")

    with pytest.raises(archives.ArchiveDamaged):
        archives.archive(month=date(2026, 3, 1), now=NOW)

    assert bytes(KkmTransaction.objects.get(pk=told.pk).raw) == told.raw


def test_of_two_at_once_the_second_leaves_the_first_ones_file(folder, monkeypatch):
    received()
    write = archives._write

    def overtaken(file, month):
        written = write(file, month)
        if not BodyArchive.objects.exists():
            monkeypatch.setattr(archives, "_write", write)
            archives.archive(month=month, now=NOW)
        return written

    monkeypatch.setattr(archives, "_write", overtaken)

    assert archives.archive(month=date(2026, 3, 1), now=NOW) == 0
    assert only(folder).name == BodyArchive.objects.get().file


@pytest.mark.parametrize("change", ["raw = 'another'", "raw = '', body_hash = 'x'", "raw = ''"])
def test_the_database_lets_nothing_else_become_of_what_came(change):
    received()
    archives.archive_due(now=NOW)
    later = received(MARCH + timedelta(days=40))
    [archive] = BodyArchive.objects.filter(month=date(2026, 3, 1))

    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('prilavok.archive', %s, true)", [str(archive.pk)])
        with pytest.raises(IntegrityError, match="stays as it came"), transaction.atomic():
            cursor.execute(f"UPDATE registers_kkmtransaction SET {change} WHERE id = {later.pk}")


def test_a_page_shows_an_archived_body_and_says_where_one_is_that_was_taken_away(signed_in, folder):
    told = received(raw=b'{"till": "archived words"}')
    archives.archive_due(now=NOW)
    page = reverse("admin:registers_kkmtransaction_change", args=[told.pk])

    shown = signed_in.get(page).content.decode()
    saved = signed_in.get(reverse("admin:registers_kkmtransaction_raw", args=[told.pk])).content
    only(folder).unlink()
    away = signed_in.get(page).content.decode()
    refused = signed_in.get(reverse("admin:registers_kkmtransaction_raw", args=[told.pk]))

    assert "archived words" in shown
    assert saved == told.raw
    assert BodyArchive.objects.get(month=date(2026, 3, 1)).file in away
    assert refused.status_code == 302
