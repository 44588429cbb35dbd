"""What is read from a file before anybody asks what it means."""

import contextlib
import io
import zipfile
from datetime import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from retail.services import formulas, imports
from retail.services.imports import cells, sources
from tests.retail.files import csv_file, workbook

ROWS = [["sku", "barcode"], ["10001", "4600000000015"], ["Код № 2", "x"]]


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
def test_a_csv_is_read_whatever_wrote_it(encoding, delimiter):
    file = csv_file(*ROWS, encoding=encoding, delimiter=delimiter)

    assert list(sources.rows(file)) == [(1, ROWS[0]), (2, ROWS[1]), (3, ROWS[2])]


def test_a_workbook_is_read_with_its_own_kinds_of_values():
    file = workbook(["sku", "when"], [10001, datetime(2026, 12, 1)])  # noqa: DTZ001 - as Excel has it.

    assert list(sources.rows(file))[1] == (2, [10001, datetime(2026, 12, 1)])  # noqa: DTZ001


@pytest.mark.parametrize("make", [csv_file, workbook])
def test_empty_rows_are_left_out_and_the_others_keep_their_numbers(make):
    file = make(["sku"], [""], ["10001"])

    assert [number for number, _cells in sources.rows(file)] == [1, 3]


def test_a_quoted_cell_may_hold_a_delimiter_and_a_line_break():
    file = io.BytesIO(b'sku;name\r\n1;"a;\nb"\r\n2;c')

    assert list(sources.rows(file))[1:] == [(2, ["1", "a;\nb"]), (3, ["2", "c"])]


def _zip(**parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    file.seek(0)
    return file


@pytest.mark.parametrize(
    ("file", "words"),
    [
        pytest.param(lambda: io.BytesIO(b""), "empty", id="nothing"),
        pytest.param(lambda: io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "old Excel", id="xls"),
        pytest.param(lambda: _zip(readme="hello"), "cannot be read|can be read", id="some archive"),
        pytest.param(lambda: io.BytesIO(b"PK\x03\x04broken"), "can be read", id="broken archive"),
        pytest.param(lambda: io.BytesIO(b"sku\n" + b"x" * 200_000), "neither", id="endless cell"),
        pytest.param(lambda: io.BytesIO(b"sku\n\x98"), "neither", id="no encoding at all"),
    ],
)
def test_what_is_no_table_is_refused_in_words(file, words):
    with pytest.raises(sources.UnreadableFile, match=words):
        list(sources.rows(file()))


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(sources, "_MAX_UNPACKED", 1000)

    with pytest.raises(sources.UnreadableFile, match="too large"):
        list(sources.rows(workbook(*ROWS)))


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
) + "]>"  # fmt: skip
SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
TEXT = f'<worksheet {MAIN}><sheetData><row r="1"><c t="inlineStr"><is><t>&i;</t></is></c></row></sheetData></worksheet>'


def spoiled(part, content):
    """Return a workbook one part of which somebody has written by hand."""
    file = io.BytesIO()
    with zipfile.ZipFile(workbook(*ROWS)) as sound, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sound.namelist():
            made.writestr(name, content if name == part else sound.read(name))
    return file


@pytest.mark.parametrize(
    ("part", "content"),
    [
        (SHEET, LAUGHS + TEXT),
        (SHEET, '<!DOCTYPE a [<!ENTITY i SYSTEM "file:///etc/passwd">]>' + TEXT),
        ("xl/workbook.xml", f"{LAUGHS}<workbook {MAIN}>&i;</workbook>"),
        ("xl/workbook.xml", "<a>" * 1000),
        ("[Content_Types].xml", f"{LAUGHS}<Types>&i;</Types>"),
        ("xl/styles.xml", f"{LAUGHS}<styleSheet>&i;</styleSheet>"),
        ("xl/styles.xml", "no XML"),
        (SHEET, f'<worksheet {MAIN}><sheetData><row r="1"><c r="ZZZ1"><v>1</v></c></row></sheetData></worksheet>'),
    ],
)
def test_a_workbook_that_means_no_good_is_refused(part, content):
    with pytest.raises(sources.UnreadableFile):
        list(sources.rows(spoiled(part, content)))


def test_a_row_that_calls_itself_the_billionth_is_not_counted_up_to(monkeypatch):
    monkeypatch.setattr(sources, "_MAX_ROWS", 1000)
    row = '<row r="999999999"><c r="A999999999"><v>1</v></c></row>'

    found = list(sources.rows(spoiled(SHEET, f"<worksheet {MAIN}><sheetData>{row}</sheetData></worksheet>")))

    assert found == []


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["colour", "size"], "names none of the columns"),
        (["sku", "Код", "barcode"], "there twice"),
        (["sku", "colour"], "no column “Barcode”"),
    ],
)
def test_a_header_that_does_not_suit_is_refused_in_words(header, words, settings):
    settings.LANGUAGE_CODE = "en"

    with pytest.raises(imports.UnreadableFile, match=words):
        imports.read(kind="barcodes", file=csv_file(header))


def test_headers_are_known_in_both_languages_and_by_the_names_of_the_trade():
    source = imports.read(kind="barcodes", file=csv_file([" ШТРИХ-КОД ", "Код SKU", "Цвет", ""]))

    assert source.unknown == ["Цвет"]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("99,90", "99.90"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234.50", "1234.50"),
        (99.9, "99.9"),
        (0.1 + 0.2, "0.3"),
        (7, "7"),
        ("-1", "-1"),
    ],
)
def test_numbers_are_read_as_people_write_them(cell, value):
    assert cells.decimal(cell) == Decimal(value)


@pytest.mark.parametrize("cell", ["", "abc", "1,2,3", "1e400", "NaN", "inf", "٣", True, "1" * 40, float("nan")])
def test_what_is_no_number_is_refused_in_words(cell):
    with pytest.raises(ValidationError):
        cells.money(cell)


@pytest.mark.parametrize("cell", ["1.5", "x", 2.25])
def test_what_is_no_whole_number_is_refused_in_words(cell):
    with pytest.raises(ValidationError):
        cells.whole(cell)


@pytest.mark.parametrize("cell", ["-0.01", "1.001", "10000000000000"])
def test_what_is_no_price_is_refused_in_words(cell):
    with pytest.raises(ValidationError):
        cells.money(cell)


@given(st.text(max_size=30))
def test_no_text_breaks_a_reader(cell):
    for read in (cells.text, cells.code, cells.money, cells.whole, cells.boolean, cells.moment):
        with contextlib.suppress(ValidationError):
            read(cell)


@pytest.mark.parametrize("cell", ["да", "Yes", 1, True, "+", "истина"])
def test_yes_is_understood(cell):
    assert cells.boolean(cell) is True


@pytest.mark.parametrize("cell", ["нет", "No", 0, False, "-", "'-"])
def test_no_is_understood(cell):
    assert cells.boolean(cell) is False


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("31.12.2026", "2026-12-31T00:00:00+03:00"),
        ("31.12.2026 18:05", "2026-12-31T18:05:00+03:00"),
        ("2026-12-31 18:05:09", "2026-12-31T18:05:09+03:00"),
        (datetime(2026, 12, 31), "2026-12-31T00:00:00+03:00"),  # noqa: DTZ001
        (datetime(2026, 12, 31).date(), "2026-12-31T00:00:00+03:00"),  # noqa: DTZ001
    ],
)
def test_a_moment_is_one_of_the_current_time_zone(cell, moment):
    assert timezone.localtime(cells.moment(cell)).isoformat() == moment


@pytest.mark.parametrize("cell", ["32.12.2026", "12/31/2026", "tomorrow", 45000, "31.12.26"])
def test_what_is_no_moment_is_refused_in_words(cell):
    with pytest.raises(ValidationError):
        cells.moment(cell)


def test_a_code_that_excel_made_a_number_is_its_digits():
    assert cells.code(4600000000015.0) == cells.code(" 4600 0000 00015 ") == "4600000000015"


@pytest.mark.parametrize("cell", ["a\x00b", "a\x07b", datetime(2026, 1, 1)])  # noqa: DTZ001
def test_a_text_that_cannot_be_kept_is_refused(cell):
    with pytest.raises(ValidationError):
        cells.text(cell)


@given(st.text(max_size=20))
def test_a_formula_goes_out_disarmed_and_comes_back_as_it_was(text):
    armed = formulas.arm(text)

    assert not armed.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff20"))
    assert formulas.disarm(armed) == text or armed == text


def test_a_number_is_no_formula():
    assert formulas.arm(-5) == -5
