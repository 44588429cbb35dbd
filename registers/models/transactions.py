"""The journal of what registers reported, word for word.

A transaction is known by (register, number, time) and by (register, uid); both are unique for ever, and `body_hash`
tells the same event sent again from another one under the same key. Rows are never deleted, and what came is never
changed, which triggers see to (migrations 0005 and 0009). What a person did about a transaction of the error desk is a
`TransactionDeed`.
"""

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registers.choices import DeedKind, Settlement, TransactionKind, TransactionState
from registers.models.registers import Register


class KkmTransaction(models.Model):
    """One event as a register reported it.

    `raw` is the JSON (or line) exactly as it came, `body_hash` the SHA-256 of its canonical form. Of a message that
    could not be read, the fields that could not be read are NULL until a person has corrected it. `problems` is what
    waits for a person, a list of `{"code", "attr", "params"}`, put into words when shown; what has been dealt with
    stands in the deeds.

    A correction never changes a key that could be read, and leaves an unreadable `uid` NULL: so the very bytes, sent
    once more, are known as a repeat.
    """

    register = models.ForeignKey(
        Register,
        verbose_name=_("register"),
        on_delete=models.PROTECT,
        related_name="transactions",
        db_index=False,
    )
    number = models.BigIntegerField(_("number"), null=True, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"), null=True, blank=True)
    uid = models.CharField(_("unique id"), max_length=64, null=True, blank=True)  # noqa: DJ001 - NULL is "unreadable".
    kind = models.CharField(_("kind"), max_length=12, choices=TransactionKind.choices, blank=True)
    shift_number = models.BigIntegerField(_("shift"), null=True, blank=True)
    amount = models.DecimalField(_("amount"), max_digits=15, decimal_places=2, null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=TransactionState.choices, default=TransactionState.ACCEPTED
    )
    problems = models.JSONField(_("problems"), default=list, blank=True)
    protocol = models.CharField(_("protocol"), max_length=20)
    raw = models.BinaryField(_("as it came"))
    body_hash = models.BinaryField(_("body hash"), max_length=32)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("KKM transaction")
        verbose_name_plural = _("KKM transactions")
        constraints = [
            models.UniqueConstraint(
                fields=["register", "number", "occurred_at"],
                name="%(app_label)s_%(class)s_number_and_time_once_per_register",
            ),
            models.UniqueConstraint(fields=["register", "uid"], name="%(app_label)s_%(class)s_uid_once_per_register"),
            models.UniqueConstraint(
                fields=["register", "body_hash"],
                condition=Q(uid=None) | Q(number=None) | Q(occurred_at=None),
                name="%(app_label)s_%(class)s_unreadable_body_once_per_register",
            ),
        ]
        indexes = [
            BrinIndex(fields=["received_at"], name="registers_kkmtransaction_came"),
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=["error_desk", "mended", "set_aside"]),
                name="registers_kkmtransaction_desk",
            ),
            models.Index(
                fields=["register", "shift_number"],
                condition=Q(kind__in=["cash_in", "cash_out"]),
                name="registers_kkmtransaction_cash",
            ),
        ]

    def __str__(self) -> str:
        return f"№ {self.number}" if self.number is not None else f"№ ? ({self.pk})"


class UnbilledTransaction(models.Model):
    """A transaction whose operations on discount cards have not been given to the ledger of cards: its queue.

    Written by the statement that takes the transaction apart, and only where it carries any. `records` is its
    `billing`, as it came. Whoever applies them takes the row away.
    """

    transaction = models.OneToOneField(
        KkmTransaction,
        verbose_name=_("transaction"),
        on_delete=models.PROTECT,
        related_name="+",
        primary_key=True,
        db_constraint=False,
    )
    records = models.JSONField(_("billing records"))

    class Meta:
        verbose_name = _("transaction with unapplied billing")
        verbose_name_plural = _("transactions with unapplied billing")
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.transaction_id}"


class TransactionDeed(models.Model):
    """What a person did to a transaction of the error desk: who, when, why. Only grows.

    `problems` are those it dealt with. `body` is the corrected body, as JSON of KKMTransfer, whatever dialect the
    transaction came in.
    """

    transaction = models.ForeignKey(
        KkmTransaction, verbose_name=_("transaction"), on_delete=models.PROTECT, related_name="deeds"
    )
    kind = models.CharField(_("what was done"), max_length=10, choices=DeedKind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, verbose_name=_("by"), on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("at"))
    reason = models.TextField(_("reason"), blank=True)
    problems = models.JSONField(_("problems"), default=list, blank=True)
    body = models.TextField(_("corrected body"), blank=True)

    class Meta:
        verbose_name = _("deed of the error desk")
        verbose_name_plural = _("deeds of the error desk")

    def __str__(self) -> str:
        return f"{self.transaction_id} {self.kind}"


class TransactionConflictQuerySet(models.QuerySet["TransactionConflict"]):
    def open(self) -> "TransactionConflictQuerySet":
        return self.filter(settled_at=None)


class TransactionConflict(models.Model):
    """Another body under the key of a known transaction: kept aside for a person, moving nothing by itself.

    `recorded` is the transaction that was made of it when a person said that both happened.
    """

    transaction = models.ForeignKey(
        KkmTransaction,
        verbose_name=_("transaction"),
        on_delete=models.PROTECT,
        related_name="conflicts",
        db_index=False,
    )
    raw = models.BinaryField(_("as it came"))
    body_hash = models.BinaryField(_("body hash"), max_length=32)
    protocol = models.CharField(_("protocol"), max_length=20)
    received_at = models.DateTimeField(_("received at"))
    settlement = models.CharField(
        _("settled as"), max_length=6, choices=Settlement.choices, blank=True, default="", db_default=""
    )
    settled_at = models.DateTimeField(_("settled at"), null=True, blank=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("settled by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    reason = models.TextField(_("reason"), blank=True, default="", db_default="")
    recorded = models.OneToOneField(
        KkmTransaction,
        verbose_name=_("recorded as"),
        on_delete=models.PROTECT,
        related_name="conflict_of",
        null=True,
        blank=True,
    )

    objects = TransactionConflictQuerySet.as_manager()

    class Meta:
        verbose_name = _("transaction conflict")
        verbose_name_plural = _("transaction conflicts")
        constraints = [
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None, settlement="")
                | Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(settlement=""),
                name="%(app_label)s_%(class)s_settled_wholly_or_not",
            ),
            models.UniqueConstraint(
                fields=["transaction", "body_hash"], name="%(app_label)s_%(class)s_body_once_per_transaction"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(settled_at=None), name="registers_conflict_open"),
        ]

    def __str__(self) -> str:
        return f"{self.transaction_id}"
