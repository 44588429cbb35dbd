"""The journal of what registers reported, word for word.

A transaction is known by (register, number, time) and by (register, uid); both are unique for ever, and `body_hash`
tells the same event sent again from another one under the same key. Rows are never edited and never deleted.
"""

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registers.choices import TransactionKind, TransactionState
from registers.models.registers import Register


class KkmTransaction(models.Model):
    """One event as a register reported it.

    `raw` is the JSON (or line) exactly as it came, `body_hash` the SHA-256 of its canonical form. Of a message that
    could not be read, the fields that could not be read are NULL. `problems` is a list of
    `{"code", "attr", "params"}`, put into words when shown.
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
            models.Index(fields=["id"], condition=Q(state="error_desk"), name="registers_kkmtransaction_desk"),
            models.Index(
                fields=["register", "shift_number"],
                condition=Q(kind__in=["cash_in", "cash_out"]),
                name="registers_kkmtransaction_cash",
            ),
        ]

    def __str__(self) -> str:
        return f"№ {self.number}" if self.number is not None else f"№ ? ({self.pk})"


class TransactionConflict(models.Model):
    """Another body under the key of a known transaction: kept aside for a person, moving nothing."""

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

    class Meta:
        verbose_name = _("transaction conflict")
        verbose_name_plural = _("transaction conflicts")
        constraints = [
            models.UniqueConstraint(
                fields=["transaction", "body_hash"], name="%(app_label)s_%(class)s_body_once_per_transaction"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transaction_id}"
