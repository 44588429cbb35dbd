"""What the database itself says of documents of sales: once each, and kept as they were posted."""

from contextlib import contextmanager
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from retail.choices import DocumentState
from stock.choices import SalesKind, TotalBy
from stock.models import (
    CurrentSales,
    MendedLine,
    ReceiptPosting,
    SalesLine,
    StockDocument,
    UnpostedReceipt,
    ZReport,
    ZReportTotal,
)
from tests.factories.registers import ReceiptFactory, ReceiptLineFactory, ShiftFactory
from tests.factories.stock import CurrentSalesFactory, SalesLineFactory, ZReportFactory
from tests.stock.conftest import NOW

pytestmark = pytest.mark.django_db


@contextmanager
def refused(name):
    """Expect the database's refusal of that constraint or trigger, whose name a driver tells beside the message."""
    with pytest.raises(IntegrityError) as found, transaction.atomic():
        yield
    assert name in found.value.__cause__.diag.constraint_name


def posted(document):
    StockDocument.objects.filter(pk=document.pk).update(state=DocumentState.POSTED, posted_at=NOW)
    return document


def total(report, **fields):
    given = {"kind": SalesKind.SALE, "by": TotalBy.VAT, "key": "22", "amount": Decimal(1), **fields}
    return ZReportTotal.objects.create(report=report, **given)


def test_a_shift_has_one_z_report_of_its_own():
    report = ZReportFactory()
    ZReportFactory(shift=report.shift, corrects=report)
    ZReportFactory(shift=report.shift, corrects=report)

    with refused("own_report_once_per_shift"):
        ZReportFactory(shift=report.shift)


def test_current_sales_are_counted_within_their_shift():
    sales = CurrentSalesFactory(sequence=1)
    CurrentSalesFactory(sequence=1)

    with refused("sequence_once_per_shift"):
        CurrentSalesFactory(shift=sales.shift, sequence=1)


def test_a_document_holds_a_sku_once_by_kind_and_vat():
    line = SalesLineFactory(vat="22")
    SalesLineFactory(document=line.document, sku=line.sku, vat="10")
    SalesLineFactory(document=line.document, sku=line.sku, vat="22", kind=SalesKind.RETURN)

    with refused("once_per_document_sku_kind_and_vat"):
        SalesLineFactory(document=line.document, sku=line.sku, vat="22")


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_line_sells_something(quantity):
    with refused("salesline_sells_something"):
        SalesLineFactory(quantity=quantity)


def test_a_report_has_a_total_once():
    report = ZReportFactory()
    total(report)
    total(report, kind=SalesKind.RETURN)
    total(report, by=TotalBy.PAYMENT)

    with refused("once_per_report_kind_and_key"):
        total(report)


def test_a_receipt_waits_once_and_is_posted_once():
    receipt, document = ReceiptFactory(), CurrentSalesFactory()
    UnpostedReceipt.objects.create(shift=receipt.shift, receipt=receipt, warehouse=receipt.warehouse)
    ReceiptPosting.objects.create(receipt=receipt, document=document)

    with refused("stock_unpostedreceipt_pkey"):
        UnpostedReceipt.objects.bulk_create(
            [UnpostedReceipt(shift=receipt.shift, receipt=receipt, warehouse=receipt.warehouse)]
        )
    with refused("stock_receiptposting_pkey"):
        ReceiptPosting.objects.bulk_create([ReceiptPosting(receipt=receipt, document=CurrentSalesFactory())])


@pytest.mark.parametrize("factory", [CurrentSalesFactory, ZReportFactory])
def test_a_document_of_sales_is_never_reversed(factory):
    document = posted(factory())

    with refused("sales_are_not_reversed"):
        StockDocument.objects.filter(pk=document.pk).update(state=DocumentState.REVERSED, reversed_at=NOW)


def test_a_posted_document_keeps_what_it_says():
    sales, report = posted(CurrentSalesFactory()), posted(ZReportFactory())

    with refused("stock_currentsales_kept_once_posted"):
        CurrentSales.objects.filter(pk=sales.pk).update(sequence=99)
    with refused("stock_zreport_kept_once_posted"):
        ZReport.objects.filter(pk=report.pk).update(totals={})


def test_a_posted_document_keeps_its_lines():
    line = SalesLineFactory()
    posted(line.document)

    with refused("stock_salesline_kept_once_posted"):
        SalesLine.objects.update(amount=0)
    with refused("stock_salesline_kept_once_posted"):
        SalesLine.objects.all().delete()
    with refused("stock_salesline_kept_once_posted"):
        SalesLineFactory(document=line.document)


def test_a_posted_report_keeps_its_totals():
    report = ZReportFactory()
    total(report)
    posted(report)

    with refused("stock_zreporttotal_kept_once_posted"):
        ZReportTotal.objects.update(amount=0)
    with refused("stock_zreporttotal_kept_once_posted"):
        ZReportTotal.objects.all().delete()
    with refused("stock_zreporttotal_kept_once_posted"):
        total(report, key="10")


def test_a_receipt_stays_in_its_document():
    ReceiptPosting.objects.create(receipt=ReceiptFactory(), document=CurrentSalesFactory())

    with refused("stock_receiptposting_kept_once_posted"):
        ReceiptPosting.objects.update(document=CurrentSalesFactory())
    with refused("stock_receiptposting_kept_once_posted"):
        ReceiptPosting.objects.all().delete()


def test_a_mended_line_may_go_until_a_document_holds_it():
    waiting, held = (MendedLine.objects.create(line=ReceiptLineFactory(), mended_at=NOW) for _line in range(2))
    MendedLine.objects.filter(pk=held.pk).update(document=CurrentSalesFactory())

    waiting.delete()
    with refused("stock_mendedline_kept_once_posted"):
        MendedLine.objects.filter(pk=held.pk).update(document=None)


def test_the_figures_of_a_report_are_those_of_its_totals():
    report = ZReportFactory(
        totals={"sale.total": "10.50", "sale.receipts": "2", "return.total": "0.50", "cash_out.total": "7.00"}
    )

    report.refresh_from_db()

    assert (report.sales, report.returns, report.cash_in, report.cash_out) == (
        Decimal("10.50"),
        Decimal("0.50"),
        0,
        Decimal("7.00"),
    )
    assert (report.receipts, report.return_receipts, report.cancelled_receipts) == (2, 0, 0)


def test_a_shift_that_was_closed_waits_to_be_settled_whoever_wrote_it():
    shift = ShiftFactory()
    shift.closed_at = NOW
    shift.save()
    shift.save()

    with connection.cursor() as cursor:
        cursor.execute("SELECT shift_id FROM stock_unsettledshift")
        assert cursor.fetchall() == [(shift.pk,)]


def test_documents_are_told_by_kind_and_number():
    assert str(ZReport(kind="z_report", number="000007")) == "Z-report 000007"
