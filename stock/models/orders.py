"""«Заказ покупателя»: goods promised to a customer, and handed over by a courier with a register.

An order moves no books: it is a promise, and its **state** as a document says whether it may still change. It is a
draft until it is sold, and then posted: kept as it was sold, by the same triggers as every posted document. It is never
reversed; what a customer gives back is a return, and the order stays sold.

Its **status** says what people have agreed. While it is agreed and not sold, its goods are held by a `Reservation` that
never expires; taken back or cancelled, they are free. A sale that names the order commits what it holds, and marks it
sold whatever its status: what happened at a till is a fact.

Registers hear of orders by `OrderHandout`, a row for each order and register it was ever given to, in the order of the
register's own revisions (`OrderFeed`). Whatever changes what a courier should know stamps the row under that lock.
"""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registers.models import Receipt, Register
from retail.fields import MoneyField
from retail.models import Counterparty
from stock.choices import OrderDeed, OrderStatus
from stock.models.documents import StockDocument


def new_uid() -> str:
    """Return an id by which registers name an order: nobody can guess another one's."""
    return str(uuid4())


class CustomerOrder(StockDocument):
    """An order of a customer. Its warehouse is where it is assembled, and where its goods are held.

    `courier` is the register that delivers it, `receipt` the sale that it became. `customer` and `phone` are as the
    customer gave them; `counterparty` is there for those who are billed.
    """

    uid = models.CharField(_("id for registers"), max_length=36, unique=True, default=new_uid, editable=False)
    status = models.CharField(
        pgettext_lazy("order", "status"),
        max_length=10,
        choices=OrderStatus.choices,
        default=OrderStatus.NOT_AGREED,
        editable=False,
    )
    customer = models.CharField(_("customer"), max_length=150)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    address = models.CharField(_("delivery address"), max_length=250, blank=True)
    counterparty = models.ForeignKey(
        Counterparty,
        verbose_name=_("counterparty"),
        on_delete=models.PROTECT,
        related_name="customer_orders",
        null=True,
        blank=True,
    )
    courier = models.ForeignKey(
        Register,
        verbose_name=_("courier's register"),
        on_delete=models.PROTECT,
        related_name="customer_orders",
        null=True,
        blank=True,
        help_text=_("It sells from the warehouse of the order. Once the order is agreed, it hears of it."),
    )
    delivery_date = models.DateField(_("delivery date"), null=True, blank=True)
    delivery_from = models.TimeField(pgettext_lazy("delivery", "from"), null=True, blank=True)
    delivery_to = models.TimeField(pgettext_lazy("delivery", "to"), null=True, blank=True)
    prepaid = MoneyField(
        _("prepaid"), default=0, validators=[MinValueValidator(0, _("What was prepaid is not negative."))]
    )
    # Written by the statement that takes the receipt in, which has just written it too (docs/adr/0009). What makes it
    # unique is a condition's constraint: a plain one would make it a key, and its writing a lock that events wait for.
    receipt = models.ForeignKey(
        Receipt,
        verbose_name=_("sold by receipt"),
        on_delete=models.PROTECT,
        related_name="customer_orders",
        null=True,
        blank=True,
        editable=False,
        db_constraint=False,
        db_index=False,
    )

    class Meta:
        verbose_name = _("customer order")
        verbose_name_plural = _("customer orders")
        permissions = [
            ("agree_customerorder", _("Can agree customer orders and take them back")),
            ("cancel_customerorder", _("Can cancel customer orders")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["receipt"],
                condition=Q(receipt__isnull=False),
                name="%(app_label)s_%(class)s_sold_once_by_a_receipt",
            ),
            models.CheckConstraint(
                condition=Q(prepaid__gte=0),
                name="%(app_label)s_%(class)s_prepaid_not_negative",
                violation_error_message=_("What was prepaid is not negative."),
            ),
            models.CheckConstraint(
                condition=Q(delivery_from=None) | Q(delivery_to=None) | Q(delivery_to__gt=F("delivery_from")),
                name="%(app_label)s_%(class)s_delivery_ends_after_it_begins",
                violation_error_message=_("The delivery ends after it begins."),
            ),
        ]
        indexes = [
            models.Index(fields=["delivery_date"], name="stock_order_delivery"),
            models.Index(fields=["courier"], condition=Q(receipt=None), name="stock_order_of_courier"),
        ]

    @property
    def is_sold(self) -> bool:
        return self.receipt_id is not None

    @property
    def holds(self) -> bool:
        """Whether its goods are held for it."""
        return self.status == OrderStatus.AGREED and not self.is_sold

    def clean(self) -> None:
        """Refuse a courier that sells other goods, and a delivery that ends first. Raises `ValidationError`."""
        errors: dict[str, Any] = {}
        if self.courier and self.warehouse_id and self.courier.warehouse_id != self.warehouse_id:
            errors["courier"] = ValidationError(
                _("This register sells from another warehouse: its sale would not take the goods of the order."),
                code="another_warehouse",
            )
        if self.delivery_from and self.delivery_to and self.delivery_to <= self.delivery_from:
            errors["delivery_to"] = ValidationError(_("The delivery ends after it begins."), code="delivery_ends_first")
        if errors:
            raise ValidationError(errors)


class OrderEvent(models.Model):
    """One thing that happened to an order: it only grows. `by` is a person, `register` the one that took or sold it."""

    order = models.ForeignKey(CustomerOrder, verbose_name=_("order"), on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(_("time"))
    deed = models.CharField(_("what happened"), max_length=10, choices=OrderDeed.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
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
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("event of an order")
        verbose_name_plural = _("events of orders")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.deed}"


class OrderFeed(models.Model):
    """The lock and the counter of what one register hears of orders. Its epoch is that of the catalogue."""

    register = models.OneToOneField(
        Register,
        verbose_name=_("register"),
        on_delete=models.CASCADE,
        related_name="order_feed",
        primary_key=True,
        db_constraint=False,
    )
    revision = models.BigIntegerField(_("revision"), default=0)

    class Meta:
        verbose_name = _("order feed")
        verbose_name_plural = _("order feeds")

    def __str__(self) -> str:
        return f"{self.revision}"


class OrderHandout(models.Model):
    """An order in the feed of a register: to be delivered by it (`live`), or not any more.

    `told_at` is when the register first took it since it was given to it.
    """

    order = models.ForeignKey(CustomerOrder, verbose_name=_("order"), on_delete=models.CASCADE, related_name="handouts")
    register = models.ForeignKey(
        Register,
        verbose_name=_("register"),
        on_delete=models.PROTECT,
        related_name="order_handouts",
        db_index=False,
        db_constraint=False,
    )
    revision = models.BigIntegerField(_("revision"))
    live = models.BooleanField(_("to be delivered"), default=True)
    told_at = models.DateTimeField(_("taken at"), null=True, blank=True)

    class Meta:
        verbose_name = _("handed-out order")
        verbose_name_plural = _("handed-out orders")
        constraints = [
            models.UniqueConstraint(
                fields=["order", "register"], name="%(app_label)s_%(class)s_once_per_order_and_register"
            ),
            models.UniqueConstraint(
                fields=["register", "revision"], name="%(app_label)s_%(class)s_revision_once_per_register"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} – {self.register_id}"
