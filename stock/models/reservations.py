"""«Резерв»: goods held for a receipt that is being rung up, or for an order. One row a receipt, its lines inside it.

    Balance.reserved = what the open reservations of its warehouse hold of its SKU

A hold is open until one of three ends it: the receipt comes as a sale (committed), somebody gives it up (released), or
nothing more is heard of it (expired). Each of them is one conditional update of this row, under its lock, so that one
of them wins whatever comes at once. The row is locked before the feed of its warehouse.

The lines are a part of the row and no table of their own (docs/adr/0012): who waits for the lock of the row and gets it
then sees the lines as they are, in the same statement.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from registers.models import KkmTransaction, Register
from retail.models import Warehouse
from stock.choices import ReservationState
from stock.models.orders import CustomerOrder


class Held(NamedTuple):
    """A line of a hold: its number in the receipt, and so much of a SKU."""

    line: int
    sku_id: int
    quantity: Decimal


# The lines are a part of the row, which no lookup reaches into.
_HOLDING = "EXISTS (SELECT FROM stock_held(stock_reservation.lines) h WHERE h.sku_id = ANY (%s))"
_GOODS = """
    (SELECT string_agg(s.code || ' × ' || trim_scale(h.quantity), ', ' ORDER BY h.line)
     FROM stock_held(stock_reservation.lines) h JOIN retail_sku s ON s.id = h.sku_id)
"""


class ReservationQuerySet(models.QuerySet["Reservation"]):
    def open(self) -> "ReservationQuerySet":
        return self.filter(state=ReservationState.OPEN)

    def due(self, *, at: datetime) -> "ReservationQuerySet":
        """Keep open holds whose time has run out."""
        return self.open().filter(expires_at__lte=at)

    def late(self) -> "ReservationQuerySet":
        """Keep those whose sale came after the goods were let go."""
        return self.exclude(state=ReservationState.COMMITTED).exclude(transaction=None)

    def holding(self, *, skus: Iterable[int]) -> "ReservationQuerySet":
        """Keep open holds of any of these SKUs."""
        held = RawSQL(_HOLDING, [list(skus)], output_field=models.BooleanField())
        return self.open().filter(held)

    def with_goods(self) -> "ReservationQuerySet":
        """Add `goods`: codes and quantities of the lines, as a text for files."""
        return self.annotate(goods=RawSQL(_GOODS, [], output_field=models.TextField()))


class Reservation(models.Model):
    """A hold. Written only by the statements of `stock.services.reservations` and of the intake.

    `lines` is `{"<line>": {"sku": <id>, "quantity": "2.000"}}`; once ended, what was held when it ended. `transaction`
    is the sale that came for it, before or after the goods were let go. Without `expires_at` it never expires. What an
    order holds has no register, and the order's id in the place of a receipt's.
    """

    # Registers write here while a cashier waits, so the database checks no foreign keys (docs/adr/0009).
    register = models.ForeignKey(
        Register,
        verbose_name=_("register"),
        on_delete=models.PROTECT,
        related_name="reservations",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    warehouse = models.ForeignKey(
        Warehouse,
        verbose_name=_("warehouse"),
        on_delete=models.PROTECT,
        related_name="reservations",
        db_index=False,
        db_constraint=False,
    )
    order = models.ForeignKey(
        CustomerOrder,
        verbose_name=_("customer order"),
        on_delete=models.PROTECT,
        related_name="reservations",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )
    receipt_uid = models.CharField(_("receipt uid"), max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=ReservationState.choices, default=ReservationState.OPEN)
    lines = models.JSONField(_("lines"), default=dict)
    placed_at = models.DateTimeField(_("placed at"))
    changed_at = models.DateTimeField(_("changed at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("released by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    transaction = models.ForeignKey(
        KkmTransaction,
        verbose_name=_("sale"),
        on_delete=models.PROTECT,
        related_name="reservations",
        null=True,
        blank=True,
        db_index=False,
        db_constraint=False,
    )

    objects = ReservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        permissions = [("release_reservation", _("Can release what is held for a receipt"))]
        constraints = [
            models.UniqueConstraint(
                fields=["register", "receipt_uid"], name="%(app_label)s_%(class)s_once_per_receipt"
            ),
            models.CheckConstraint(
                condition=Q(state=ReservationState.OPEN, ended_at=None)
                | (~Q(state=ReservationState.OPEN) & Q(ended_at__isnull=False)),
                name="%(app_label)s_%(class)s_ended_unless_open",
            ),
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(state=ReservationState.OPEN, order__isnull=False),
                name="%(app_label)s_%(class)s_one_open_per_order",
            ),
            models.CheckConstraint(
                condition=Q(register=None) | Q(order=None),
                name="%(app_label)s_%(class)s_of_a_register_or_an_order",
            ),
        ]
        indexes = [
            # Not by expires_at, which every change of a hold moves: the open ones of a warehouse are few.
            models.Index(fields=["warehouse"], condition=Q(state=ReservationState.OPEN), name="stock_reservation_open"),
            models.Index(fields=["order"], condition=Q(order__isnull=False), name="stock_reservation_of_order"),
        ]

    def __str__(self) -> str:
        return self.receipt_uid

    @property
    def held(self) -> list[Held]:
        """Its lines in the order of the receipt."""
        return sorted(Held(int(line), value["sku"], Decimal(value["quantity"])) for line, value in self.lines.items())

    @property
    def is_late(self) -> bool:
        """Whether its sale came after the goods were let go."""
        return self.transaction_id is not None and self.state != ReservationState.COMMITTED
