# ruff: noqa: F811 - fixtures of another module.
"""Folders of tills in which something is wrong: one file, one name, one till holds up no other, and nothing is lost."""

import os
from datetime import timedelta

import pytest

from exchange.choices import FileState
from exchange.models import TransactionFile
from exchange.services.putting import put as put_in_place
from exchange.services.transaction_files import folders, loading
from registers.models import KkmTransaction
from tests.exchange.test_shtrih_files import receipt
from tests.exchange.test_shtrih_report import HEAD
from tests.exchange.test_transaction_files import _archive, handed, lines, told  # noqa: F401
from tests.exchange.test_transaction_folders import NOW, equipment, folder, looked, milk, put  # noqa: F401
from tests.stock.holding import balance

pytestmark = pytest.mark.django_db


def test_reports_that_were_taken_long_ago_hold_up_no_new_one(equipment, folder, milk, monkeypatch):
    monkeypatch.setattr(folders, "AT_ONCE", 2)
    for number in range(3):
        put(folder, "@\n1\n1\n", name=f"{number}.txt", at=NOW - timedelta(days=1))
    put(folder, HEAD + receipt(1))

    assert looked() == (1, 0, 0)


def test_a_name_in_the_encoding_of_an_old_till_is_kept_readably(equipment, folder, milk):
    path = put(folder, HEAD + receipt(1))
    os.rename(path, os.path.join(os.fsencode(folder), "отчёт.txt".encode("cp1251")))

    assert looked() == (1, 0, 0)
    assert TransactionFile.objects.get().name == "отчёт.txt"


def test_a_file_that_nobody_may_read_holds_up_neither_reports_nor_goods(equipment, folder, milk, monkeypatch):
    put(folder, HEAD + receipt(1), name="a.txt")
    put(folder, HEAD + receipt(2), name="b.txt")
    opened = os.open

    def refused(path, *given):
        if str(path).endswith("a.txt"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *given)

    monkeypatch.setattr(folders.os, "open", refused)

    assert looked() == (1, 0, 1)


def test_what_ends_within_a_line_is_waited_for(equipment, folder, milk):
    whole = HEAD + receipt(1)
    at = NOW - folders.CUT_OFF + timedelta(seconds=1)
    put(folder, whole.rstrip()[:-1], at=at)

    assert looked() == (0, 0, 1)

    put(folder, whole, at=at)
    assert looked() == (1, 0, 0)
    assert TransactionFile.objects.get().conflict == 0


def test_a_report_that_grows_after_it_was_taken_is_taken_to_its_end_once(equipment, folder, milk):
    whole = HEAD + receipt(1) + receipt(2)
    path = put(folder, whole[:-40])
    assert looked() == (1, 0, 0)

    path.write_bytes(b"@" + whole[1:].encode("cp1251"))
    written = (NOW - timedelta(minutes=1)).timestamp()
    os.utime(path, (written, written))

    assert looked() == (1, 0, 0)
    assert (KkmTransaction.objects.count(), balance(equipment.register, milk).sold) == (2, 2)
    assert looked() == (0, 0, 0)


def test_a_report_that_another_back_office_has_taken_is_left_alone(equipment, folder, milk):
    put(folder, "@" + (HEAD + receipt(1))[1:])

    assert looked() == (0, 0, 0)
    assert not TransactionFile.objects.exists()


def test_a_link_in_the_place_of_our_draft_leads_nowhere(tmp_path):
    (tmp_path / "theirs").write_bytes(b"theirs")
    (tmp_path / ".goods.txt.part").symlink_to(tmp_path / "theirs")

    put_in_place(tmp_path / "goods.txt", [b"ours"])

    assert ((tmp_path / "goods.txt").read_bytes(), (tmp_path / "theirs").read_bytes()) == (b"ours", b"theirs")


def test_a_file_that_nobody_foresaw_holds_up_no_other(equipment, milk, monkeypatch):
    first, second = (handed(equipment.register, lines(told(number))) for number in (1, 2))
    load = loading.load

    def fails(*, file, now):
        if file.pk == first.pk:
            raise RuntimeError
        return load(file=file, now=now)

    monkeypatch.setattr(loading, "load", fails)

    assert loading.load_due(now=NOW) == 1
    second.refresh_from_db()
    assert second.state == FileState.DONE


def test_who_watches_and_goes_away_does_not_make_the_file_a_bad_one(equipment, milk):
    file = handed(equipment.register, lines(told(1)))

    def gone(_file):
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        loading.load(file=file, now=NOW, told=gone)

    file.refresh_from_db()
    assert file.state == FileState.LOADING
