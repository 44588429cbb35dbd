"""Every list leaves as a file: whole, narrowed as it is shown, and harmless to a spreadsheet."""

import csv
import io
import tracemalloc

import openpyxl
import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.site import Site
from registers.models import KkmTransaction
from retail.admin import exports
from retail.admin.exports import ExportAdmin
from retail.choices import DocumentState
from retail.models import Item
from stock.models import StockCount
from tests.config.everything import make_some
from tests.factories import registers
from tests.factories.people import UserFactory
from tests.retail.admin import page, signed_in

pytestmark = pytest.mark.django_db

# Settings of the system, which are read on the page; and people, of whom one at a time is told, on request.
WITHOUT = {
    "retail_apitoken",
    "retail_constants",
    "exchange_ukm5store",
    "exchange_ukm5unclaimed",
    "exchange_webhookendpoint",
    "billing_cardowner",
}


def name_of(model):
    return f"{model._meta.app_label}_{model._meta.model_name}"


OURS = {"retail", "registers", "stock", "exchange", "billing"}
EXPORTED = sorted(
    name_of(model) for model, shown in admin.site._registry.items() if getattr(shown, "resource_classes", None)
)


def export(client, name, *, resource=0, file_format=1, query=""):
    return client.post(f"{page(f'{name}_export')}{query}", {"format": file_format, "resource": resource})


def rows_of(response):
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=";"))


def variants():
    """(name of the list, place of the resource) of every file that can be asked for."""
    for model, shown in admin.site._registry.items():
        if isinstance(shown, ExportAdmin):
            yield from ((name_of(model), place) for place, _resource in enumerate(shown.resource_classes or []))


def test_every_list_of_the_trade_can_be_exported():
    ours = {name_of(model) for model in admin.site._registry if model._meta.app_label in OURS}

    assert ours - WITHOUT == set(EXPORTED)


def test_an_export_asks_as_much_for_many_rows_as_for_one():
    client = signed_in()

    def count(asked):
        with CaptureQueriesContext(connection) as queries:
            rows = rows_of(export(client, asked[0], resource=asked[1]))
        return len(rows), len(queries)

    make_some()
    few = {asked: count(asked) for asked in variants()}
    make_some()
    many = {asked: count(asked) for asked in variants()}

    assert {asked: queries for asked, (_rows, queries) in few.items()} == {
        asked: queries for asked, (_rows, queries) in many.items()
    }
    steady = {asked[0] for asked in few if not 1 < few[asked][0] < many[asked][0]}
    assert steady <= {"retail_unit", "retail_vatrate"}


def test_a_workbook_is_made_of_every_list():
    make_some()
    client = signed_in()

    for name in EXPORTED:
        response = export(client, name, file_format=0)
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)), read_only=True).active
        assert len(list(sheet.values)) > 1, name


def test_a_list_leads_to_its_export_and_whoever_may_not_see_it_gets_no_file(monkeypatch):
    monkeypatch.setattr(Site, "get_sidebar_list", lambda *args: [])
    superuser, nobody = signed_in(), signed_in(UserFactory())

    for name in EXPORTED:
        assert page(f"{name}_export") in superuser.get(page(f"{name}_changelist")).content.decode(), name
        assert export(nobody, name).status_code == 403, name


def test_what_registers_say_runs_no_formula():
    line = registers.ReceiptLineFactory(sku=None, sku_code="=1+1", barcode="@x", receipt__cashier="+7")
    registers.KkmTransactionFactory(uid="-2+3")
    client = signed_in()

    receipts, lines, transactions = (
        rows_of(export(client, *asked)) if len(asked) == 1 else rows_of(export(client, asked[0], resource=asked[1]))
        for asked in (("registers_receipt",), ("registers_receipt", 1), ("registers_kkmtransaction",))
    )

    cells = [cell for rows in (receipts, lines, transactions) for row in rows[1:] for cell in row]
    assert line.pk
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "@"} or cell == "-2+3"]


@pytest.mark.parametrize("name", ["=1+1", "a\x0bb", "\ufffe"])
def test_no_name_of_goods_spoils_a_workbook_or_runs_in_it(name):
    make_some()
    Item.objects.update(name=name)
    count = StockCount.objects.filter(state=DocumentState.DRAFT)[0]
    client = signed_in()

    answers = (
        client.get(page("stock_stockcount_sheet", count.pk)),
        export(client, "retail_item", file_format=0),
    )

    for response in answers:
        sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_a_file_holds_what_the_list_shows():
    shown, _other = (registers.ReceiptFactory() for _ in range(2))

    rows = rows_of(export(signed_in(), "registers_receipt", query=f"?register__id__exact={shown.register_id}"))

    assert len(rows) == 2
    assert str(shown.number) in rows[1]


def test_memory_does_not_grow_with_rows(monkeypatch):
    monkeypatch.setattr(exports, "_CHUNK", 50)
    first = registers.ReceiptFactory()
    journal = [
        KkmTransaction(
            register=first.register, number=10_000 + n, occurred_at=first.occurred_at, uid=f"t{n}", kind="sale",
            protocol="x", raw=b"x", body_hash=b"%032d" % n, received_at=first.occurred_at,
        )
        for n in range(2000)
    ]  # fmt: skip
    KkmTransaction.objects.bulk_create(journal)
    client = signed_in()

    def peak(query):
        tracemalloc.start()
        count = sum(1 for _line in export(client, "registers_kkmtransaction", query=query).streaming_content)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return count, highest

    peak("")
    rows, highest = peak("")

    assert rows == 2003
    assert highest < 1_000_000  # A tenth of what the rows themselves would take.
