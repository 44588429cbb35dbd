"""What a transaction says, taken apart: shifts, receipts, their lines and payments. Facts, read-only for people.

Receipts, lines and payments are written by one statement that has just read or written every row they point at, and
whatever they point at is never deleted, which triggers see to (migration 0005). So they carry no foreign-key
constraints of the database: those would lock a row of a SKU for every line sold (docs/adr/0009).
"""

from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from registers.choices import PaymentKind, TransactionKind
from registers.models.registers import Register
from registers.models.transactions import KkmTransaction
from retail.fields import MoneyField, QuantityField
from retail.models import Sku, Warehouse

_BLOOM: dict[str, Any] = {"opclasses": ["int8_bloom_ops"], "autosummarize": True, "pages_per_range": 32}


class Shift(models.Model):
    """A cashier's shift on a register, known from the first transaction that names its number.

    `opened_at` and `closed_at` are when the register said so; `counters` is what it counted itself, as it came.

    `totals` is what we count, kept as transactions are taken in, in the statement that takes them in: a flat map of a
    key to a decimal as a string. Keys: `sale.receipts`, `sale.lines`, `sale.total`, `sale.vat.<code as reported>`,
    `sale.paid.<kind of payment>`, the same with `return.`, and `cancelled.receipts`, `cash_in.total`,
    `cash_out.total`; a key that nothing was counted under is not there. The audit proves it against the receipts.

    A register whose fiscal drive or whose self was replaced may count its shifts from the beginning again. `era` tells
    shifts of one number apart: a shift opened under a number whose shift was closed before is the next era of it.
    """

    register = models.ForeignKey(
        Register, verbose_name=_("register"), on_delete=models.PROTECT, related_name="shifts", db_index=False
    )
    number = models.BigIntegerField(_("number"))
    era = models.PositiveSmallIntegerField(_("era"), default=0, editable=False)
    first_at = models.DateTimeField(_("first transaction at"))
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    counters = models.JSONField(_("register's counters"), null=True, blank=True)
    totals = models.JSONField(_("totals"), default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("shift")
        verbose_name_plural = _("shifts")
        constraints = [
            models.UniqueConstraint(
                fields=["register", "number", "era"],
                name="%(app_label)s_%(class)s_number_once_per_register_and_era",
            ),
        ]

    def __str__(self) -> str:
        return f"№ {self.number}"


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    """Numbers are named as the type of their columns: the blooms know no other."""

    def numbered(self, number: int) -> "ReceiptQuerySet":
        return self.filter(number=Cast(Value(number), models.BigIntegerField()))

    def fiscal(self, document: int) -> "ReceiptQuerySet":
        return self.filter(fiscal_document=Cast(Value(document), models.BigIntegerField()))


class Receipt(models.Model):
    """A receipt as the register printed it; its identity is that of its transaction.

    `warehouse` is where the register sold from when the receipt was taken in: a register moved later does not move
    its past. `order_uid`, `card_number` and `of_uid` are codes as reported, understood further up.
    """

    transaction = models.OneToOneField(
        KkmTransaction,
        verbose_name=_("transaction"),
        on_delete=models.PROTECT,
        related_name="receipt",
        primary_key=True,
        db_constraint=False,
    )
    register = models.ForeignKey(
        Register,
        verbose_name=_("register"),
        on_delete=models.PROTECT,
        related_name="receipts",
        db_index=False,
        db_constraint=False,
    )
    shift = models.ForeignKey(
        Shift, verbose_name=_("shift"), on_delete=models.PROTECT, related_name="receipts", db_constraint=False
    )
    warehouse = models.ForeignKey(
        Warehouse,
        verbose_name=_("warehouse"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    kind = models.CharField(_("kind"), max_length=12, choices=TransactionKind.choices)
    uid = models.CharField(_("receipt id"), max_length=64)
    number = models.BigIntegerField(_("receipt number"))
    occurred_at = models.DateTimeField(_("time"))
    cashier = models.CharField(_("cashier"), max_length=100, blank=True)
    order_uid = models.CharField(_("order"), max_length=64, blank=True)
    card_number = models.CharField(_("discount card"), max_length=64, blank=True)
    of_uid = models.CharField(_("returned receipt"), max_length=64, blank=True)
    total = MoneyField(_("total"))
    fiscal_drive = models.CharField(_("fiscal drive"), max_length=32, blank=True)
    fiscal_document = models.BigIntegerField(_("fiscal document"), null=True, blank=True)
    fiscal_sign = models.CharField(_("fiscal sign"), max_length=32, blank=True)

    objects = ReceiptQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        constraints = [
            models.UniqueConstraint(fields=["register", "uid"], name="%(app_label)s_%(class)s_uid_once_per_register"),
        ]
        indexes = [
            BrinIndex(fields=["occurred_at"], name="registers_receipt_occurred"),
            models.Index(fields=["of_uid"], condition=~Q(of_uid=""), name="registers_receipt_returned"),
            # A bloom for each range of blocks: a receipt costs next to nothing, and a number is looked for in a few.
            BrinIndex(fields=["number"], name="registers_receipt_number", **_BLOOM),
            BrinIndex(fields=["fiscal_document"], name="registers_receipt_fiscal", **_BLOOM),
        ]

    def __str__(self) -> str:
        return f"№ {self.number}"


class ReceiptLine(models.Model):
    """A line as reported. `sku` is NULL while nobody knows what `sku_code` and `barcode` mean."""

    receipt = models.ForeignKey(
        Receipt,
        verbose_name=_("receipt"),
        on_delete=models.PROTECT,
        related_name="lines",
        db_index=False,
        db_constraint=False,
    )
    line = models.PositiveIntegerField(_("line"))
    sku = models.ForeignKey(
        Sku,
        verbose_name=_("SKU"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_constraint=False,
    )
    sku_code = models.CharField(_("SKU code"), max_length=64, blank=True)
    barcode = models.CharField(_("barcode"), max_length=64, blank=True)
    quantity = QuantityField(_("quantity"))
    price = MoneyField(_("price"))
    discount = MoneyField(_("discount"))
    amount = MoneyField(_("amount"))
    vat = models.CharField(_("VAT"), max_length=10, blank=True)
    marks = models.JSONField(_("marks"), default=list, blank=True)

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        constraints = [
            models.UniqueConstraint(fields=["receipt", "line"], name="%(app_label)s_%(class)s_line_once_per_receipt"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="%(app_label)s_%(class)s_sells_something"),
        ]

    def __str__(self) -> str:
        return f"{self.line}"


class Payment(models.Model):
    receipt = models.ForeignKey(
        Receipt, verbose_name=_("receipt"), on_delete=models.PROTECT, related_name="payments", db_constraint=False
    )
    kind = models.CharField(_("kind"), max_length=12, choices=PaymentKind.choices)
    amount = MoneyField(_("amount"))

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="%(app_label)s_%(class)s_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount}"
