"""Closed lists of billing."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Measure(models.TextChoices):
    """What is counted on a card."""

    BONUSES = "bonuses", _("Bonuses")
    # Translators: «Накопление», the accumulated sum of purchases.
    TURNOVER = "turnover", _("Accumulated sum")
    RECEIPTS = "receipts", _("Receipts")


class ThresholdMeasure(models.TextChoices):
    """What a discount is reached by."""

    TURNOVER = "turnover", _("Accumulated sum")
    RECEIPTS = "receipts", _("Receipts")


class CardStatus(models.TextChoices):
    """Where a card stands. An issued one becomes active by its first operation."""

    ISSUED = "issued", pgettext_lazy("card", "Issued")
    ACTIVE = "active", pgettext_lazy("card", "Active")
    BLOCKED = "blocked", pgettext_lazy("card", "Blocked")
    CLOSED = "closed", pgettext_lazy("card", "Closed")


class NumberKind(models.TextChoices):
    """How a number is read off a card."""

    BARCODE = "barcode", _("Barcode")
    TRACK = "track", _("Magnetic track")
    NUMBER = "number", pgettext_lazy("card", "Number")


class OperationKind(models.TextChoices):
    ACCRUE = "accrue", _("Accrual")
    REDEEM = "redeem", _("Redemption")
    REVERSE = "reverse", pgettext_lazy("operation", "Reversal")
    CORRECT = "correct", _("Correction")


class OperationSource(models.TextChoices):
    """Which way an operation came first."""

    ONLINE = "online", _("On-line")
    RECEIPT = "receipt", _("From a receipt")
    FILE = "file", _("From a file")
    DOCUMENT = "document", _("From a document")


class OperationState(models.TextChoices):
    """`VOIDED`: its reversal had come before it, so it took no effect."""

    APPLIED = "applied", pgettext_lazy("operation", "Applied")
    VOIDED = "voided", pgettext_lazy("operation", "Voided")


class EntryKind(models.TextChoices):
    """Why a lot changed; together with its lot and its operation an entry explains a figure."""

    ACCRUED = "accrued", _("Accrued")
    BEGUN = "begun", _("Begun")
    REDEEMED = "redeemed", _("Redeemed")
    RETURNED = "returned", _("Returned to the card")
    TAKEN_BACK = "taken_back", _("Taken back")
    OWED = "owed", _("Owed")
    MET = "met", _("Debt met")
    EXPIRED = "expired", pgettext_lazy("bonuses", "Expired")
    CORRECTED = "corrected", pgettext_lazy("ledger entry", "Corrected")
    MOVED = "moved", _("Moved to another card")


class CardDocumentKind(models.TextChoices):
    ACCRUAL = "accrual", _("Accrual on discount cards")
    WRITE_OFF = "write_off", _("Write-off from discount cards")
    CORRECTION = "correction", _("Correction of discount cards")


class CorrectionStage(models.TextChoices):
    """How far a correction has come. It is edited while written or refused, and takes effect once approved."""

    WRITTEN = "written", pgettext_lazy("correction", "Draft")
    SUBMITTED = "submitted", pgettext_lazy("correction", "Awaits approval")
    REFUSED = "refused", pgettext_lazy("correction", "Refused")
    APPROVED = "approved", pgettext_lazy("correction", "Approved")


class NightState(models.TextChoices):
    """Where a run of the night stands. What one that is done could not write, the next night's takes."""

    RUNNING = "running", pgettext_lazy("night", "Running")
    DONE = "done", pgettext_lazy("night", "Done")


class ChunkState(models.TextChoices):
    PLANNED = "planned", pgettext_lazy("chunk", "Planned")
    DONE = "done", pgettext_lazy("chunk", "Done")
    FAILED = "failed", pgettext_lazy("chunk", "Failed")


class LifeStart(models.TextChoices):
    AFTER = "after", _("After so many days")
    ON = "on", _("On a date")


class LifeLength(models.TextChoices):
    DAYS = "days", _("So many days")
    MONTHS = "months", _("So many months")
    UNTIL = "until", _("Until a date, and on it")
    FOREVER = "forever", _("For ever")


class LifeRounding(models.TextChoices):
    NONE = "none", _("To the minute")
    DAY = "day", _("To the end of the day")
    MONTH = "month", _("To the end of the month")


class WaitingState(models.TextChoices):
    WAITING = "waiting", pgettext_lazy("billing record", "Waits")
    APPLIED = "applied", pgettext_lazy("billing record", "Applied")
    SET_ASIDE = "set_aside", pgettext_lazy("billing record", "Set aside")
