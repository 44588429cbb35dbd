"""Closed lists of stock."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DocumentKind(models.TextChoices):
    GOODS_RECEIPT = "goods_receipt", _("Goods receipt")
    WHOLESALE_INVOICE = "wholesale_invoice", _("Wholesale invoice")
    CURRENT_SALES = "current_sales", _("Current sales")
    Z_REPORT = "z_report", _("Z-report")
    STOCK_COUNT = "stock_count", _("Stock count")
    STOCK_TRANSFER = "stock_transfer", _("Stock transfer")
    CUSTOMER_ORDER = "customer_order", _("Customer order")


class SalesKind(models.TextChoices):
    """The two ways in which a receipt moves goods; the values are those of `TransactionKind`."""

    SALE = "sale", _("Sale")
    RETURN = "return", _("Return")


class TotalBy(models.TextChoices):
    """What a total of a Z-report is broken down by."""

    VAT = "vat", _("VAT rate")
    PAYMENT = "payment", _("Kind of payment")


class DiscrepancyKind(models.TextChoices):
    """What a Z-report was compared with, or looked through for, when something did not agree."""

    COUNTER = "counter", _("Register's counter")
    POSTED_AMOUNT = "posted_amount", _("Amount in documents")
    MOVED_QUANTITY = "moved_quantity", _("Quantity in movements")
    UNKNOWN_LINES = "unknown_lines", _("Lines of unknown goods")
    TRANSACTION_GAP = "transaction_gap", _("Missing transaction numbers")
    RECEIPT_GAP = "receipt_gap", _("Missing receipt numbers")


class Agreement(models.TextChoices):
    """How a Z-report stands with what it is compared with.

    `PENDING`: something came since, or it was only just made. `ACCEPTED`: it differs, and a person has accepted all.
    """

    PENDING = "pending", _("Not compared yet")
    AGREES = "agrees", _("Agrees")
    DIFFERS = "differs", _("Differs")
    ACCEPTED = "accepted", _("Accepted with differences")


class ReservationState(models.TextChoices):
    """Where a hold stands. It is `OPEN` until the one of the other three that comes first."""

    OPEN = "open", pgettext_lazy("reservation", "Held")
    COMMITTED = "committed", pgettext_lazy("reservation", "Sold")
    RELEASED = "released", pgettext_lazy("reservation", "Released")
    EXPIRED = "expired", pgettext_lazy("reservation", "Expired")


class OrderStatus(models.TextChoices):
    """What was said of a customer order. Goods are held while it is `AGREED` and not yet sold."""

    NOT_AGREED = "not_agreed", pgettext_lazy("order", "Not agreed")
    AGREED = "agreed", pgettext_lazy("order", "Agreed")
    CANCELLED = "cancelled", pgettext_lazy("order", "Cancelled")


class OrderDeed(models.TextChoices):
    """What happens to a customer order in its life."""

    MADE = "made", pgettext_lazy("order", "Made")
    AGREED = "agreed", pgettext_lazy("order", "Agreed, the goods are held")
    CHANGED = "changed", pgettext_lazy("order", "Changed while agreed")
    TAKEN_BACK = "taken_back", pgettext_lazy("order", "Taken back, the goods are free")
    CANCELLED = "cancelled", pgettext_lazy("order", "Cancelled")
    REOPENED = "reopened", pgettext_lazy("order", "Taken up again")
    TOLD = "told", pgettext_lazy("order", "The courier's register took it")
    SOLD = "sold", pgettext_lazy("order", "Sold")
