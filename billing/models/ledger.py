"""The ledger of cards: operations, the lots they make, and entries, which only grow.

An operation is a fact with an id that is unique for ever. An accrual makes a lot of each measure it names; a lot begins
and ends at moments that were computed when it was recorded. Whatever changes what remains of a lot that has begun is an
entry, with the card's version and the balance it left. A debt is a lot below zero, met by whatever is accrued next.

    Lot.remaining = Σ of its entries, once it has begun
    DiscountCard.bonuses = Σ remaining of its lots of bonuses that have begun = Σ of the card's entries of bonuses

Nothing here is checked by foreign keys of the database: rows are written under the card's lock by functions that have
just read what they point at, and what they point at is never deleted, which triggers see to (migration 0002).
"""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.utils.translation import gettext_lazy as _

from billing.choices import (
    CardDocumentKind,
    EntryKind,
    Measure,
    OperationKind,
    OperationSource,
    OperationState,
    WaitingState,
)
from billing.models.cards import DiscountCard
from billing.models.kinds import Promotion
from registers.models import KkmTransaction, Register
from retail.fields import MoneyField
from retail.models import Document


class CardDocument(Document):
    """A document that moves figures of cards; each kind adds its own table."""

    kind = models.CharField(_("kind"), max_length=20, choices=CardDocumentKind.choices, editable=False)

    class Meta:
        verbose_name = _("document of discount cards")
        verbose_name_plural = _("documents of discount cards")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"


class BillingOperation(models.Model):
    """«Операция биллинга»: one fact about a card.

    The amounts are what was asked; of a reversal, how much of each it takes back. `of` is the uid that a reversal
    takes back, which may come later. `result` is the answer to whoever brought it first. `overdrawn`: what happened at
    the till took more than there was. `register` is the one that reported it.
    """

    uid = models.CharField(_("unique id"), max_length=64)
    card = models.ForeignKey(
        DiscountCard,
        verbose_name=_("discount card"),
        on_delete=models.PROTECT,
        related_name="operations",
        db_index=False,
        db_constraint=False,
    )
    kind = models.CharField(_("kind"), max_length=10, choices=OperationKind.choices)
    bonuses = MoneyField(_("bonuses"))
    turnover = MoneyField(_("accumulated sum"))
    receipts = models.IntegerField(_("receipts"))
    occurred_at = models.DateTimeField(_("occurred at"))
    recorded_at = models.DateTimeField(_("recorded at"))
    register = models.ForeignKey(
        Register,
        verbose_name=_("register"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    receipt_uid = models.CharField(_("receipt id"), max_length=64, blank=True)
    promotion_code = models.CharField(_("promotion's code"), max_length=64, blank=True)
    promotion = models.ForeignKey(
        Promotion,
        verbose_name=_("promotion"),
        on_delete=models.PROTECT,
        related_name="operations",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    of = models.CharField(_("takes back"), max_length=64, blank=True)
    source = models.CharField(_("came"), max_length=10, choices=OperationSource.choices)
    digest = models.BinaryField(_("digest of its meaning"), max_length=32)
    state = models.CharField(_("state"), max_length=10, choices=OperationState.choices)
    overdrawn = models.BooleanField(_("overdrawn"), default=False)
    result = models.JSONField(_("first answer"))

    class Meta:
        verbose_name = _("billing operation")
        verbose_name_plural = _("billing operations")
        constraints = [
            # Not `unique=True`, which makes a second index for searches by a beginning.
            models.UniqueConstraint(fields=["uid"], name="%(app_label)s_%(class)s_uid_once_for_ever"),
            models.CheckConstraint(
                condition=Q(kind=OperationKind.CORRECT) | Q(bonuses__gte=0, turnover__gte=0, receipts__gte=0),
                name="%(app_label)s_%(class)s_amounts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(kind=OperationKind.REVERSE) | Q(of=""), name="%(app_label)s_%(class)s_reverses_if_of"
            ),
        ]
        indexes = [
            models.Index(fields=["card", "id"], name="billing_operation_of_card"),
            models.Index(fields=["of"], condition=~Q(of=""), name="billing_operation_reversed"),
            models.Index(
                fields=["register", "receipt_uid"], condition=~Q(receipt_uid=""), name="billing_operation_of_receipt"
            ),
            models.Index(fields=["card"], condition=Q(overdrawn=True), name="billing_operation_overdrawn"),
            # Operations come nearly in the order of time: a day of the past is found in 1 ms, without it in a scan.
            BrinIndex(fields=["occurred_at"], name="billing_operation_by_time", pages_per_range=32),
        ]

    def __str__(self) -> str:
        return self.uid


class Lot(models.Model):
    """«Партия»: what was accrued at once and lives as one. A debt is below zero and lives until it is met.

    It lives from `active_from` until just before `expires_at` (never, if NULL). `activated`: it counts on the card; one
    that begins later does so once the night's document has taken it in. What remains of it is spent, expired, or taken
    back, and the entries tell which.
    """

    card = models.ForeignKey(
        DiscountCard,
        verbose_name=_("discount card"),
        on_delete=models.PROTECT,
        related_name="lots",
        db_index=False,
        db_constraint=False,
    )
    measure = models.CharField(_("measure"), max_length=10, choices=Measure.choices)
    amount = MoneyField(_("amount"))
    remaining = MoneyField(_("remaining"))
    active_from = models.DateTimeField(_("begins"))
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)
    activated = models.BooleanField(_("has begun"))
    operation = models.ForeignKey(
        BillingOperation,
        verbose_name=_("operation"),
        on_delete=models.PROTECT,
        related_name="lots",
        db_constraint=False,
    )
    # Indexes look at this and not at what remains, so that taking a part of a lot touches none of them.
    open = models.GeneratedField(
        expression=ExpressionWrapper(~Q(remaining=0), output_field=models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
        verbose_name=_("not used up"),
    )

    class Meta:
        verbose_name = _("lot")
        verbose_name_plural = _("lots")
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0, remaining__gte=0) & Q(remaining__lte=models.F("amount"))
                | Q(amount__lt=0, remaining__lte=0, activated=True, expires_at=None)
                & Q(remaining__gte=models.F("amount")),
                name="%(app_label)s_%(class)s_remains_between_nothing_and_all",
            ),
        ]
        indexes = [
            models.Index(
                fields=["card", "measure", "expires_at", "id"],
                condition=Q(activated=True, open=True),
                name="billing_lot_live",
            ),
            models.Index(fields=["card"], condition=Q(amount__lt=0, open=True), name="billing_lot_debt"),
            models.Index(fields=["card"], condition=Q(activated=False, open=True), name="billing_lot_pending"),
            models.Index(
                fields=["active_from", "card"], condition=Q(activated=False, open=True), name="billing_lot_to_begin"
            ),
            models.Index(
                fields=["expires_at", "card"], condition=Q(activated=True, open=True), name="billing_lot_to_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} {self.remaining}/{self.amount}"


class LedgerEntry(models.Model):
    """One change of what remains of a lot that has begun. Written by an operation or by a document; never edited."""

    card = models.ForeignKey(
        DiscountCard,
        verbose_name=_("discount card"),
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
        db_constraint=False,
    )
    measure = models.CharField(_("measure"), max_length=10, choices=Measure.choices)
    lot = models.ForeignKey(
        Lot, verbose_name=_("lot"), on_delete=models.PROTECT, related_name="entries", db_constraint=False
    )
    kind = models.CharField(_("what happened"), max_length=10, choices=EntryKind.choices)
    delta = MoneyField(_("change"))
    balance_after = MoneyField(_("balance after"))
    version = models.BigIntegerField(_("card's version"))
    operation = models.ForeignKey(
        BillingOperation,
        verbose_name=_("operation"),
        on_delete=models.PROTECT,
        related_name="entries",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    document = models.ForeignKey(
        CardDocument,
        verbose_name=_("document"),
        on_delete=models.PROTECT,
        related_name="entries",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger entries")
        constraints = [
            models.CheckConstraint(
                condition=Q(operation__isnull=False) | Q(document__isnull=False),
                name="%(app_label)s_%(class)s_says_by_what",
            ),
        ]
        indexes = [
            models.Index(fields=["card", "version", "id"], name="billing_entry_of_card"),
            # What nights write names no operation: an index of all would be a third larger, and twice as slow to write.
            models.Index(fields=["operation"], condition=Q(operation__isnull=False), name="billing_entry_of_operation"),
            models.Index(
                fields=["document", "card"], condition=Q(document__isnull=False), name="billing_entry_of_document"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} {self.delta:+}"


class WaitingRecord(models.Model):
    """What a receipt says of a card and cannot be applied: it waits for a person, and the receipt does not.

    `record` is what the register said, `uid` what it is known under. `problem` is `{"code", "params"}`.
    """

    transaction = models.ForeignKey(
        KkmTransaction,
        verbose_name=_("transaction"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    position = models.PositiveIntegerField(_("position"))
    uid = models.CharField(_("unique id"), max_length=64)
    card_number = models.CharField(_("discount card"), max_length=64, blank=True)
    record = models.JSONField(_("as it came"))
    problem = models.JSONField(_("problem"))
    state = models.CharField(_("state"), max_length=10, choices=WaitingState.choices, default=WaitingState.WAITING)
    came_at = models.DateTimeField(_("came at"))
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("billing record that waits")
        verbose_name_plural = _("billing records that wait")
        constraints = [
            models.UniqueConstraint(
                fields=["transaction", "position"], name="%(app_label)s_%(class)s_once_per_transaction_and_position"
            ),
        ]
        indexes = [
            models.Index(fields=["card_number"], condition=Q(state=WaitingState.WAITING), name="billing_record_waits"),
        ]

    def __str__(self) -> str:
        return self.uid
