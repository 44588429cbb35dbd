"""What registers sold, on its way into the books: what no document holds yet, and which document took in what.

    sold of a balance = lines of unposted receipts + mended lines without a document   (goods; a sale +, a return −)

A line counts once: either with its receipt (it had a SKU when it was taken in) or by itself (it has a `MendedLine`).
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registers.models import Receipt, ReceiptLine, Shift
from retail.models import Warehouse
from stock.models.documents import StockDocument


class UnpostedReceipt(models.Model):
    """A sale or a return that no document holds. Written by the intake with the receipt, deleted by who posts it.

    The intake writes one for every receipt, so it has no index but its key and no constraint but that.
    """

    pk = models.CompositePrimaryKey("shift", "receipt")
    shift = models.ForeignKey(
        Shift,
        verbose_name=_("shift"),
        on_delete=models.PROTECT,
        related_name="unposted",
        db_index=False,
        db_constraint=False,
    )
    receipt = models.ForeignKey(
        Receipt,
        verbose_name=_("receipt"),
        on_delete=models.PROTECT,
        related_name="unposted",
        db_index=False,
        db_constraint=False,
    )
    warehouse = models.ForeignKey(
        Warehouse,
        verbose_name=_("warehouse"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    class Meta:
        verbose_name = _("receipt in no document")
        verbose_name_plural = _("receipts in no document")

    def __str__(self) -> str:
        return f"{self.receipt_id}"


class UnsettledShift(models.Model):
    """A closed shift that changed since its Z-report was last settled, or that has none yet.

    Written by a trigger of `registers_shift` (migration 0006), deleted by processing.
    """

    shift = models.OneToOneField(
        Shift,
        verbose_name=_("shift"),
        on_delete=models.PROTECT,
        related_name="unsettled",
        primary_key=True,
        db_constraint=False,
    )

    class Meta:
        verbose_name = _("shift to be settled")
        verbose_name_plural = _("shifts to be settled")

    def __str__(self) -> str:
        return f"{self.shift_id}"


class ReceiptPosting(models.Model):
    """Which document took a receipt into the books. Its key is what makes that happen once."""

    receipt = models.OneToOneField(
        Receipt,
        verbose_name=_("receipt"),
        on_delete=models.PROTECT,
        related_name="posting",
        primary_key=True,
        db_constraint=False,
    )
    document = models.ForeignKey(
        StockDocument,
        verbose_name=_("document"),
        on_delete=models.PROTECT,
        related_name="receipt_postings",
        db_constraint=False,
    )

    class Meta:
        verbose_name = _("posting of a receipt")
        verbose_name_plural = _("postings of receipts")

    def __str__(self) -> str:
        return f"{self.receipt_id} – {self.document_id}"


class MendedLine(models.Model):
    """A line whose SKU nobody knew when it was taken in, and a person told later. It is posted by itself.

    `document` is NULL until then: its quantity stands in `sold` from the moment it was mended.
    """

    line = models.OneToOneField(
        ReceiptLine,
        verbose_name=_("receipt line"),
        on_delete=models.PROTECT,
        related_name="mended",
        primary_key=True,
        db_constraint=False,
    )
    mended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("mended by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    mended_at = models.DateTimeField(_("mended at"))
    document = models.ForeignKey(
        StockDocument,
        verbose_name=_("document"),
        on_delete=models.PROTECT,
        related_name="mended_lines",
        null=True,
        blank=True,
    )

    class Meta:
        verbose_name = _("mended line")
        verbose_name_plural = _("mended lines")
        indexes = [models.Index(fields=["line"], condition=Q(document=None), name="stock_mendedline_waiting")]

    def __str__(self) -> str:
        return f"{self.line_id}"
