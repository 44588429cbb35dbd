"""A file from its first row to its last: chunks, the command, memory."""

import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from retail.models import Price, Sku
from retail.services import imports
from retail.services.imports import imports as module
from tests.factories.retail import PriceTypeFactory, SkuFactory
from tests.retail.files import NOW, actions, csv_file, take_in

HEADER = ["sku", "name", "vat_rate"]


def _rows(count):
    return [[f"N{number}", f"Товар {number}", "22"] for number in range(count)]


@pytest.mark.django_db
def test_a_later_chunk_sees_what_an_earlier_one_has_written(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)

    outcomes = take_in("items", HEADER, *_rows(3), ["N0", "Renamed", ""])

    assert actions(outcomes) == ["new", "new", "new", "changed"]
    assert Sku.objects.get(code="N0").name == "Renamed"


@pytest.mark.django_db
def test_chunks_that_were_committed_stay_when_the_file_breaks_off(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 2)
    file = csv_file(HEADER, *_rows(2), ["x" * 200_000])

    with pytest.raises(imports.UnreadableFile):
        list(imports.read(kind="items", file=file).run(now=NOW, file_name="a.csv"))

    assert Sku.objects.count() == 2


@pytest.mark.django_db
def test_an_empty_file_is_refused():
    with pytest.raises(imports.UnreadableFile, match=r"empty|пуст"):
        imports.read(kind="items", file=csv_file([""]))


@pytest.mark.django_db(transaction=True)
def test_two_imports_of_the_same_file_at_once_make_everything_once():
    start = threading.Barrier(2, timeout=10)

    def work(_):
        try:
            start.wait()
            return take_in("items", [*HEADER, "group"], *[[*row, "Еда / Сыры"] for row in _rows(50)])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(work, range(2)))

    assert sorted(set(actions(both[0]) + actions(both[1]))) == ["new", "same"]
    assert Sku.objects.count() == 50


@pytest.mark.django_db
def test_memory_does_not_grow_with_the_file(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 50)
    SkuFactory(code="N0")
    PriceTypeFactory()

    def peak(count):
        file = csv_file(["sku", "price"], *[["N0", "5"] for _ in range(count)])
        source = imports.read(kind="prices", file=file)
        tracemalloc.start()
        for _outcome in source.check(now=NOW):
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(100)

    # A row that is kept takes half a kilobyte or more.
    assert (peak(5000) - peak(500)) / 4500 < 50


@pytest.fixture
def file(tmp_path):
    def write(*rows):
        path = tmp_path / "goods.csv"
        path.write_bytes(csv_file(*rows).getvalue())
        return path

    return write


@pytest.mark.django_db
def test_the_command_imports_and_tells_what_it_did(file, capsys):
    call_command("import_goods", file(HEADER, *_rows(3)), kind="items")

    assert Sku.objects.count() == 3
    assert "3" in capsys.readouterr().out


@pytest.mark.django_db
def test_the_command_fails_after_faulty_rows_and_imports_the_others(file, capsys):
    path = file([*HEADER, "colour"], *_rows(2), ["N9", "", ""])

    with pytest.raises(CommandError):
        call_command("import_goods", path, kind="items")

    told = capsys.readouterr().err
    assert "colour" in told
    assert "4" in told
    assert Sku.objects.count() == 2


@pytest.mark.django_db
def test_the_command_only_checks_when_asked_to(file):
    PriceTypeFactory()
    SkuFactory(code="1")

    call_command("import_goods", file(["sku", "price"], ["1", "5"]), kind="prices", dry_run=True)

    assert not Price.objects.exists()


@pytest.mark.django_db
def test_the_command_speaks_in_a_long_run(file, capsys, monkeypatch):
    monkeypatch.setattr("retail.management.commands.import_goods._EVERY_SECONDS", 0.0)

    call_command("import_goods", file(HEADER, *_rows(3)), kind="items")

    assert len(capsys.readouterr().out.splitlines()) == 4


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["no-such-file.csv", "."])
def test_the_command_refuses_what_is_no_file_in_one_line(name):
    with pytest.raises(CommandError):
        call_command("import_goods", name, kind="items")
