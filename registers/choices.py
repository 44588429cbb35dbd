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
    """Where a transaction stands.

    `ERROR_DESK`: recorded as it came, and something of it waits for a person. `MENDED`: a person has dealt with that,
    and all of it is applied. `SET_ASIDE`: a person has decided that what is not applied stays out.
    """

    ACCEPTED = "accepted", _("Accepted")
    ERROR_DESK = "error_desk", _("On the error desk")
    MENDED = "mended", _("Mended")
    SET_ASIDE = "set_aside", _("Set aside")


class DeedKind(models.TextChoices):
    """What a person did to a transaction of the error desk."""

    RESUBMIT = "resubmit", _("Resubmitted")
    MAP = "map", _("Code mapped to a SKU")
    CORRECT = "correct", _("Corrected")
    ACCEPT = "accept", _("Accepted as it is")
    SET_ASIDE = "set_aside", _("Set aside")
    TAKE_BACK = "take_back", _("Taken back to the desk")
    RECORD = "record", _("Recorded from a conflict")


class Settlement(models.TextChoices):
    """How a person settled which of two bodies under one key is right."""

    FIRST = "first", _("The first is right")
    SECOND = "second", _("The second is right")
    BOTH = "both", _("Both happened")


class PaymentKind(models.TextChoices):
    CASH = "cash", _("Cash")
    CARD = "card", _("Payment card")
    SBP = "sbp", _("Fast Payments System")
    PREPAYMENT = "prepayment", _("Prepayment")
    CREDIT = "credit", _("On credit")
    GIFT_CARD = "gift_card", _("Gift card")
    BONUS = "bonus", _("Bonuses")
    OTHER = "other", _("Other")
