"""Every list leaves as a file: whole, narrowed as it is shown, and harmless to a spreadsheet."""

import csv
import io
import tracemalloc

import openpyxl
import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registers.models import KkmTransaction, Receipt
from retail.admin.exports import ExportAdmin
from tests.config.everything import make_some
from tests.factories import registers, stock
from tests.factories.people import UserFactory
from tests.retail.admin import page, signed_in

pytestmark = pytest.mark.django_db

# Settings of the system, which are read on the page.
WITHOUT = {"retail_apitoken", "retail_constants"}


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
    for model, shown in admin.site._registry.items():
        if isinstance(shown, ExportAdmin):
            yield from ((name_of(model), place) for place, _resource in enumerate(shown.resource_classes or []))


def test_every_list_of_the_trade_can_be_exported():
    ours = {name_of(model) for model in admin.site._registry if model._meta.app_label in OURS}

    assert ours - WITHOUT == set(EXPORTED)


@pytest.mark.parametrize(("name", "resource"), sorted(variants()))
def test_an_export_asks_as_much_for_many_rows_as_for_one(name, resource):
    client = signed_in()

    def count():
        with CaptureQueriesContext(connection) as queries:
            rows = rows_of(export(client, name, resource=resource))
        return len(rows), len(queries)

    make_some()
    count()
    few, statements = count()
    make_some()
    many, of_many = count()

    assert 1 < few < many or name in {"retail_unit", "retail_vatrate"}
    assert of_many == statements


@pytest.mark.parametrize("name", EXPORTED)
def test_a_workbook_is_made_of_every_list(name):
    make_some()

    response = export(signed_in(), name, file_format=0)

    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)), read_only=True).active
    assert len(list(sheet.values)) > 1


@pytest.mark.parametrize("name", EXPORTED)
def test_a_list_leads_to_its_export_and_whoever_may_not_see_it_gets_no_file(name):
    shown = signed_in().get(page(f"{name}_changelist"))

    assert page(f"{name}_export") in shown.content.decode()
    assert export(signed_in(UserFactory()), name).status_code == 403


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


def test_a_file_holds_what_the_list_shows():
    shown, _other = (registers.ReceiptFactory() for _ in range(2))

    rows = rows_of(export(signed_in(), "registers_receipt", query=f"?register__id__exact={shown.register_id}"))

    assert len(rows) == 2
    assert str(shown.number) in rows[1]


def test_memory_does_not_grow_with_rows():
    warehouse_of = stock.BalanceFactory()
    first = registers.ReceiptFactory()
    for start in range(0, 20_000, 5000):
        journal = [
            KkmTransaction(
                register=first.register, number=10_000 + n, occurred_at=first.occurred_at, uid=f"t{n}", kind="sale",
                protocol="x", raw=b"x" * 200, body_hash=b"%032d" % n, received_at=first.occurred_at,
            )
            for n in range(start, start + 5000)
        ]  # fmt: skip
        KkmTransaction.objects.bulk_create(journal)
        Receipt.objects.bulk_create(
            Receipt(
                transaction=told, register=first.register, shift=first.shift, warehouse=warehouse_of.warehouse,
                kind="sale", uid=told.uid, number=told.number, occurred_at=told.occurred_at, total=1,
            )
            for told in journal
        )  # fmt: skip
    client = signed_in()

    def peak(query):
        tracemalloc.start()
        response = export(client, "registers_receipt", query=query)
        count = sum(1 for _line in response.streaming_content)
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return count, highest

    peak("?kind__exact=return")
    some, of_some = peak(f"?kind__exact=sale&shift__id__exact={first.shift_id}")

    assert some > 20_000
    assert of_some < 30_000_000
