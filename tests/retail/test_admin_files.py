"""Files in the admin: what an import shows before it writes, and what an export gives away."""

import csv
import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from retail.admin import imports as module
from retail.choices import Role
from retail.models import FileImport, Item, Price
from tests.factories.people import UserFactory
from tests.factories.retail import (
    BarcodeFactory,
    CounterpartyFactory,
    ItemGroupFactory,
    PriceFactory,
    PriceTypeFactory,
    SkuFactory,
)
from tests.retail.admin import page, signed_in
from tests.retail.files import csv_file, workbook

pytestmark = pytest.mark.django_db

HEADER = ["sku", "name", "vat_rate"]


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def _send(client, name, file):
    upload = SimpleUploadedFile("goods.csv", file.getvalue())
    return client.post(page(f"{name}_import"), {"import_file": upload, "format": "0", "resource": "0"})


def _confirm(client, name, response):
    return client.post(page(f"{name}_process_import"), response.context["confirm_form"].initial, follow=True)


def _messages(response):
    return [message.level_tag for message in response.context["messages"]]


def test_an_import_shows_what_it_would_change_and_then_does_it():
    client = signed_in()
    SkuFactory(code="1", item__name="Сыр")

    shown = _send(client, "retail_item", csv_file(HEADER, ["1", "Сыр 2", ""], ["2", "Хлеб", "10"]))

    result = shown.context["result"]
    assert (result.writes, result.faulty) == (2, 0)
    assert "Сыр 2" in shown.content.decode()
    assert Item.objects.get().name == "Сыр"
    done = _confirm(client, "retail_item", shown)
    assert _messages(done) == ["success"]
    assert set(Item.objects.values_list("name", flat=True)) == {"Сыр 2", "Хлеб"}
    assert str(FileImport.objects.get()) == "goods.csv"


@pytest.mark.parametrize("make", [csv_file, workbook])
def test_a_workbook_and_a_csv_are_told_apart_by_themselves(make):
    client = signed_in()
    PriceTypeFactory()
    SkuFactory(code="1")

    _confirm(client, "retail_price", _send(client, "retail_price", make(["sku", "price"], ["1", "5.50"])))

    assert Price.objects.get().amount == 5.5


def test_faulty_rows_are_shown_with_their_numbers_and_left_out_on_confirmation():
    client = signed_in()
    file = csv_file([*HEADER, "colour"], ["1", "Сыр", ""], ["2", "Хлеб", "10"])

    shown = _send(client, "retail_item", file)

    text = shown.content.decode()
    assert shown.context["result"].faults[0].number == 2
    assert "colour" in text
    done = _confirm(client, "retail_item", shown)
    assert _messages(done) == ["success", "warning"]
    assert Item.objects.get().name == "Хлеб"


def test_there_is_nothing_to_confirm_where_nothing_would_be_written():
    client = signed_in()
    SkuFactory(code="1", item__name="Сыр")

    same = _send(client, "retail_item", csv_file(HEADER, ["1", "Сыр", ""]))
    faulty = _send(client, "retail_item", csv_file(HEADER, ["9", "", ""]))

    assert "confirm_form" not in same.context
    assert "confirm_form" not in faulty.context


@pytest.mark.parametrize(
    "file",
    [
        io.BytesIO(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        csv_file(["colour", "size"], ["red", "M"]),
        io.BytesIO(b"PK\x03\x04broken"),
        io.BytesIO(b"sku;name\n1;" + b"x" * 200_000),
    ],
)
def test_a_file_that_is_no_table_is_refused_in_words(file):
    shown = _send(signed_in(), "retail_item", file)

    assert shown.status_code == 200
    assert shown.context["form"].errors.get("import_file") or shown.context["result"].broken
    assert "confirm_form" not in shown.context


def test_a_file_longer_than_a_request_should_take_is_sent_to_the_command(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 2)
    rows = [[f"N{number}", "Сыр", "22"] for number in range(3)]

    shown = _send(signed_in(), "retail_item", csv_file(HEADER, *rows))

    assert "import_goods" in shown.content.decode()
    assert "confirm_form" not in shown.context


def test_a_file_is_confirmed_once():
    client = signed_in()
    shown = _send(client, "retail_item", csv_file(HEADER, ["2", "Хлеб", "10"]))
    _confirm(client, "retail_item", shown)

    again = _confirm(client, "retail_item", shown)

    assert _messages(again)[-1] == "error"
    assert Item.objects.count() == 1


@pytest.mark.parametrize("name", ["secret.csv", "../secret.csv", "/etc/passwd", "6f9619ff8b86d011b42d00cf4fc964ff"])
def test_a_file_that_was_not_uploaded_here_is_neither_read_nor_removed(name, media):
    (media / "imports").mkdir()
    secrets = [media / "secret.csv", media / "imports" / "secret.csv"]
    for secret in secrets:
        secret.write_bytes(csv_file(HEADER, ["2", "Хлеб", "10"]).getvalue())
    posted = {"import_file_name": name, "original_file_name": "x", "format": "0", "resource": "0"}

    response = signed_in().post(page("retail_item_process_import"), posted, follow=True)

    assert _messages(response) == ["error"]
    assert all(secret.exists() for secret in secrets)
    assert not Item.objects.exists()


def test_a_file_that_nobody_confirmed_is_gone_after_a_day(media, monkeypatch):
    client = signed_in()
    _send(client, "retail_item", csv_file(HEADER, ["2", "Хлеб", "10"]))
    assert len(list((media / "imports").iterdir())) == 1
    monkeypatch.setattr("retail.admin.uploads.KEPT_SECONDS", -1)

    _send(client, "retail_item", csv_file(HEADER, ["3", "Сыр", "10"]))

    assert len(list((media / "imports").iterdir())) == 1


@pytest.mark.parametrize("name", ["retail_item", "retail_barcode", "retail_price"])
def test_the_page_tells_the_columns_and_gives_a_template_that_it_takes(name):
    client = signed_in()

    shown = client.get(page(f"{name}_import"))
    template = io.BytesIO(b"".join(client.get(page(f"{name}_import_template")).streaming_content))

    assert all(str(column.title) in shown.content.decode() for column in shown.context["columns"])
    checked = _send(client, name, template)
    assert checked.context["result"].counted.rows == 1
    assert not checked.context["result"].unknown


def test_an_accountant_may_export_goods_but_not_import_them():
    client = signed_in(UserFactory(role=Role.ACCOUNTANT))

    assert client.get(page("retail_item_import")).status_code == 403
    assert client.post(page("retail_item_process_import")).status_code == 403
    assert client.get(page("retail_item_import_template")).status_code == 403
    assert client.get(page("retail_item_export")).status_code == 200
    assert signed_in(UserFactory()).get(page("retail_item_export")).status_code == 403


def _export(name, *, file_format, **query):
    client = signed_in()
    url = page(f"{name}_export")
    response = client.post(f"{url}?{query['query']}" if query else url, {"format": file_format, "resource": "0"})
    return io.BytesIO(b"".join(response.streaming_content))


def _csv_rows(file):
    return list(csv.reader(io.StringIO(file.getvalue().decode("utf-8-sig")), delimiter=";"))


def _workbook_rows(file):
    return [list(row) for row in openpyxl.load_workbook(file).active.iter_rows(values_only=True)]


@pytest.mark.parametrize(("file_format", "rows_of"), [("0", _workbook_rows), ("1", _csv_rows)])
def test_an_export_disarms_formulas_and_leaves_numbers_alone(file_format, rows_of):
    CounterpartyFactory(name="=HYPERLINK(1)", address="+7 900", inn="7707083893")

    header, row = rows_of(_export("retail_counterparty", file_format=file_format))

    assert len(header) == 4
    assert row[0] == "'=HYPERLINK(1)"
    assert row[3] == "'+7 900"
    assert row[1] == "7707083893"


@pytest.mark.parametrize("file_format", ["0", "1"])
@pytest.mark.parametrize("name", ["retail_item", "retail_barcode", "retail_price"])
def test_what_was_exported_is_imported_as_the_same(name, file_format):
    group = ItemGroupFactory(name="Молоко", parent=ItemGroupFactory(name="Еда"))
    sku = SkuFactory(
        by_weight=True, item__name="-Сыр", item__group=group, item__marking="dairy", varied=True, withdrawn=True
    )
    BarcodeFactory(sku=sku)
    PriceFactory(sku=sku, amount="10.50")

    checked = _send(signed_in(), name, _export(name, file_format=file_format))

    assert [problem for outcome in checked.context["result"].faults for problem in outcome.problems] == []
    assert checked.context["result"].counted["same"] == 1


def test_an_export_is_what_the_filters_and_the_search_leave():
    SkuFactory(code="A", withdrawn=True)
    SkuFactory(code="B", withdrawn=True, item__name="Сыр")
    SkuFactory(code="C")

    rows = _csv_rows(_export("retail_sku", file_format="1", query="sale=off&q=сыр"))

    assert [row[0] for row in rows[1:]] == ["B"]


@pytest.mark.parametrize("name", ["retail_item", "retail_sku", "retail_barcode", "retail_price"])
def test_an_export_takes_the_same_number_of_queries_for_many_rows(name):
    def queries():
        with CaptureQueriesContext(connection) as taken:
            assert _export(name, file_format="1").getvalue()
        return len(taken)

    SkuFactory(barcoded=True, priced=True, item__group=ItemGroupFactory())
    few = queries()
    for _ in range(10):
        SkuFactory(barcoded=True, priced=True, varied=True, item__group=ItemGroupFactory())

    assert queries() == few


def test_a_sheet_of_excel_holds_no_more_than_it_can(monkeypatch):
    monkeypatch.setattr("retail.admin.exports._SHEET_ROWS", 1)
    SkuFactory.create_batch(2)

    response = signed_in().post(page("retail_sku_export"), {"format": "0", "resource": "0"}, follow=True)

    assert _messages(response) == ["error"]
