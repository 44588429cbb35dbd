"""The ledger of the books: append-only, corrected by an opposite entry."""

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from retail.fields import QuantityField
from retail.models import Sku, Warehouse
from stock.models.balances import Balance
from stock.models.documents import StockDocument


class MovementQuerySet(models.QuerySet["Movement"]):
    def with_balance(self) -> "MovementQuerySet":
        """Add `balance_id`, the balance that the movement changed."""
        balance = Balance.objects.filter(warehouse=OuterRef("warehouse"), sku=OuterRef("sku"))
        return self.annotate(balance_id=Subquery(balance.values("pk")))


class Movement(models.Model):
    """One change of what is on hand: `quantity` comes in above zero and goes out below it.

    `on_hand_after` is the balance this movement left, written under the warehouse's lock.

    It carries no foreign keys of the database, which would be checked line by line at the commit of a Z-report while
    the warehouse is locked. What it points at stays all the same: the balance, written in the same statement and never
    deleted, holds the warehouse and the SKU, and a posted document is kept by a trigger (docs/adr/0009).
    """

    document = models.ForeignKey(
        StockDocument,
        verbose_name=_("document"),
        on_delete=models.PROTECT,
        related_name="movements",
        db_constraint=False,
    )
    warehouse = models.ForeignKey(
        Warehouse,
        verbose_name=_("warehouse"),
        on_delete=models.PROTECT,
        related_name="movements",
        db_index=False,
        db_constraint=False,
    )
    sku = models.ForeignKey(Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="+", db_constraint=False)
    quantity = QuantityField(_("quantity"))
    on_hand_after = QuantityField(_("on hand after"))
    reversing = models.BooleanField(_("reversing"), default=False)
    made_at = models.DateTimeField(_("made at"))

    objects = MovementQuerySet.as_manager()

    class Meta:
        verbose_name = _("movement")
        verbose_name_plural = _("movements")
        constraints = [
            models.UniqueConstraint(
                fields=["document", "warehouse", "sku", "reversing"],
                name="%(app_label)s_%(class)s_once_per_document_and_sku",
            ),
            models.CheckConstraint(condition=~Q(quantity=0), name="%(app_label)s_%(class)s_moves_something"),
        ]
        indexes = [models.Index(fields=["warehouse", "sku", "id"])]

    def __str__(self) -> str:
        return f"{self.sku}: {self.quantity.normalize():+f}"
