"""The documents that take what registers sold into the books, and what in them does not agree.

They are made and posted by processing alone, and nobody reverses one: what was wrong or late comes as another document,
a Z-report that `corrects` the shift's own.
"""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from registers.models import Register, Shift
from retail.fields import MoneyField, QuantityField
from retail.models import Sku
from stock.choices import Agreement, DiscrepancyKind, SalesKind, TotalBy
from stock.models.documents import StockDocument
from stock.models.postings import UnsettledShift


class CurrentSales(StockDocument):
    """«Текущие продажи на ККМ»: what a register sold since the last such document of its shift."""

    register = models.ForeignKey(
        Register, verbose_name=_("register"), on_delete=models.PROTECT, related_name="current_sales"
    )
    shift = models.ForeignKey(
        Shift, verbose_name=_("shift"), on_delete=models.PROTECT, related_name="current_sales", db_index=False
    )
    sequence = models.PositiveIntegerField(_("number in the shift"))

    class Meta:
        verbose_name = _("current sales")
        verbose_name_plural = _("current sales")
        constraints = [
            models.UniqueConstraint(
                fields=["shift", "sequence"], name="%(app_label)s_%(class)s_sequence_once_per_shift"
            ),
        ]


def _value(agreement: Agreement) -> Value:
    return Value(agreement.value)


class ZReportQuerySet(models.QuerySet["ZReport"]):
    def with_agreement(self) -> "ZReportQuerySet":
        """Add `agreement`, a value of `Agreement`. That of a correction is that of the report it corrects."""
        waiting = Discrepancy.objects.open().filter(report=Coalesce(OuterRef("corrects"), OuterRef("pk")))
        return self.annotate(
            agreement=Case(
                When(Exists(UnsettledShift.objects.filter(shift=OuterRef("shift"))), then=_value(Agreement.PENDING)),
                When(Exists(waiting.filter(accepted_at=None)), then=_value(Agreement.DIFFERS)),
                When(Exists(waiting), then=_value(Agreement.ACCEPTED)),
                default=_value(Agreement.AGREES),
                output_field=models.CharField(choices=Agreement.choices),
            )
        )


def _total(key: str, output_field: "models.Field[Any, Any]") -> Coalesce:
    return Coalesce(Cast(KeyTextTransform(key, "totals"), output_field), Cast(Value(0), output_field))


def _money(verbose_name: Any, key: str) -> models.GeneratedField:
    expression = _total(key, MoneyField())
    return models.GeneratedField(
        verbose_name=verbose_name, expression=expression, output_field=MoneyField(), db_persist=True
    )


def _count(verbose_name: Any, key: str) -> models.GeneratedField:
    expression = _total(key, models.IntegerField())
    return models.GeneratedField(
        verbose_name=verbose_name, expression=expression, output_field=models.IntegerField(), db_persist=True
    )


class ZReport(StockDocument):
    """«Z-отчёт»: settles a closed shift. A shift has one of its own; what comes after it is told by its corrections.

    `totals` has the keys of `Shift.totals`. In the shift's own report it is the whole shift as it then was, in a
    correction what has come since: the reports of a shift add up to the shift. By VAT rate and kind of payment it is
    laid out in `ZReportTotal`. The document's lines are what it moved itself, after the shift's current sales.
    """

    register = models.ForeignKey(
        Register, verbose_name=_("register"), on_delete=models.PROTECT, related_name="z_reports"
    )
    shift = models.ForeignKey(Shift, verbose_name=_("shift"), on_delete=models.PROTECT, related_name="z_reports")
    corrects = models.ForeignKey(
        "self",
        verbose_name=_("corrects"),
        on_delete=models.PROTECT,
        related_name="corrections",
        null=True,
        blank=True,
    )
    totals = models.JSONField(_("totals"), default=dict, editable=False)
    sales = _money(_("sales"), "sale.total")
    returns = _money(_("returns"), "return.total")
    receipts = _count(_("sale receipts"), "sale.receipts")
    return_receipts = _count(_("return receipts"), "return.receipts")
    cancelled_receipts = _count(_("cancelled receipts"), "cancelled.receipts")
    cash_in = _money(_("cash in"), "cash_in.total")
    cash_out = _money(_("cash out"), "cash_out.total")

    objects = ZReportQuerySet.as_manager()  # type: ignore[assignment,misc]  # Not the manager of every document.

    class Meta:
        verbose_name = _("Z-report")
        verbose_name_plural = _("Z-reports")
        permissions = [("process_transactions", _("Can process transactions of registers"))]
        constraints = [
            models.UniqueConstraint(
                fields=["shift"], condition=Q(corrects=None), name="%(app_label)s_%(class)s_own_report_once_per_shift"
            ),
        ]

    @property
    def is_correction(self) -> bool:
        return self.corrects_id is not None


class SalesLine(models.Model):
    """What a document of sales holds of a SKU: sold or returned, at one VAT rate as registers reported it.

    Written by one statement that has just read what it points at, and without foreign keys of the database, as receipts
    are (docs/adr/0009): a SKU that was sold stays by a trigger, a posted document likewise.
    """

    document = models.ForeignKey(
        StockDocument,
        verbose_name=_("document"),
        on_delete=models.PROTECT,
        related_name="sales_lines",
        db_index=False,
        db_constraint=False,
    )
    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(_("kind"), max_length=6, choices=SalesKind.choices)
    vat = models.CharField(_("VAT"), max_length=10, blank=True)
    quantity = QuantityField(_("quantity"))
    amount = MoneyField(_("amount"))
    discount = MoneyField(_("discount"))

    class Meta:
        verbose_name = _("line of sales")
        verbose_name_plural = _("lines of sales")
        constraints = [
            models.UniqueConstraint(
                fields=["document", "sku", "kind", "vat"],
                name="%(app_label)s_%(class)s_once_per_document_sku_kind_and_vat",
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="%(app_label)s_%(class)s_sells_something"),
        ]

    def __str__(self) -> str:
        return f"{self.sku}: {self.quantity}"


class ZReportTotal(models.Model):
    """A Z-report's sales or returns at one VAT rate, or paid in one way; `key` is the rate's or the payment's code.

    `tax` is the VAT within `amount`; NULL for a payment and for a rate that has no percentage or that nobody knows.
    """

    report = models.ForeignKey(
        ZReport, verbose_name=_("Z-report"), on_delete=models.PROTECT, related_name="breakdown", db_index=False
    )
    kind = models.CharField(_("kind"), max_length=6, choices=SalesKind.choices)
    by = models.CharField(_("by"), max_length=7, choices=TotalBy.choices)
    key = models.CharField(_("code"), max_length=12, blank=True)
    amount = MoneyField(_("amount"))
    tax = MoneyField(_("VAT within it"), null=True, blank=True)

    class Meta:
        verbose_name = _("total of a Z-report")
        verbose_name_plural = _("totals of Z-reports")
        constraints = [
            models.UniqueConstraint(
                fields=["report", "kind", "by", "key"], name="%(app_label)s_%(class)s_once_per_report_kind_and_key"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}: {self.amount}"


class DiscrepancyQuerySet(models.QuerySet["Discrepancy"]):
    def open(self) -> "DiscrepancyQuerySet":
        """Leave out what a later correction has healed."""
        return self.filter(resolved_at=None)

    def waiting(self) -> "DiscrepancyQuerySet":
        """Leave those that nobody has accepted."""
        return self.open().filter(accepted_at=None)


class Discrepancy(models.Model):
    """Something in a shift's own Z-report that does not agree, until a correction heals it or a person accepts it.

    `expected` and `found` are roubles, pieces or numbers as `what` says; `difference` is found less expected. A figure
    that changes makes another row, and the old one is resolved: what a person accepted stays what he saw.
    """

    report = models.ForeignKey(
        ZReport, verbose_name=_("Z-report"), on_delete=models.PROTECT, related_name="discrepancies"
    )
    what = models.CharField(_("what"), max_length=20, choices=DiscrepancyKind.choices)
    key = models.CharField(_("figure"), max_length=40, blank=True)
    expected = QuantityField(_("expected"), max_digits=18, null=True, blank=True)
    found = QuantityField(_("found"), max_digits=18, null=True, blank=True)
    difference = QuantityField(_("difference"), max_digits=18)
    details = models.JSONField(_("details"), default=dict, blank=True)
    found_at = models.DateTimeField(_("found at"))
    resolved_at = models.DateTimeField(_("resolved at"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("accepted by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    reason = models.TextField(_("reason"), blank=True)

    objects = DiscrepancyQuerySet.as_manager()

    class Meta:
        verbose_name = _("discrepancy")
        verbose_name_plural = _("discrepancies")
        permissions = [("accept_discrepancy", _("Can accept discrepancies of Z-reports"))]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "what", "key"],
                condition=Q(resolved_at=None),
                name="%(app_label)s_%(class)s_open_once_per_report_and_figure",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | ~Q(reason=""),
                name="%(app_label)s_%(class)s_accepted_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.key}".strip()
