"""Closed lists of registers: how a register controls stock, what it can report, where a transaction stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StockControl(models.TextChoices):
    """«Вариант контроля остатков»: what a register does about stock before it sells.

    Only registers «without prompts» are told of wholesale invoices when they are posted; the others hear the quantity
    with the next sale of the same SKU. `EXTERNAL` asks us before every line.
    """

    NONE = "none", _("No control")
    WITHOUT_PROMPTS = "without_prompts", _("Control without prompts for requisites")
    WITH_PROMPTS = "with_prompts", _("Control with prompts for requisites")
    EXTERNAL = "external", _("External stock control")


class TransactionKind(models.TextChoices):
    SALE = "sale", _("Sale")
    RETURN = "return", _("Return")
    CANCELLED = "cancelled", _("Cancelled receipt")
    SHIFT_OPEN = "shift_open", _("Shift opened")
    SHIFT_CLOSE = "shift_close", _("Shift closed")
    CASH_IN = "cash_in", _("Cash in")
    CASH_OUT = "cash_out", _("Cash out")


class TransactionState(models.TextChoices):
    """`ERROR_DESK`: recorded as it came, and something of it waits for a person."""

    ACCEPTED = "accepted", _("Accepted")
    ERROR_DESK = "error_desk", _("On the error desk")


class PaymentKind(models.TextChoices):
    CASH = "cash", _("Cash")
    CARD = "card", _("Payment card")
    SBP = "sbp", _("Fast Payments System")
    PREPAYMENT = "prepayment", _("Prepayment")
    CREDIT = "credit", _("On credit")
    GIFT_CARD = "gift_card", _("Gift card")
    BONUS = "bonus", _("Bonuses")
    OTHER = "other", _("Other")
