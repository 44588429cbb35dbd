"""Two truths about stock in one row, and the feed made of those rows.

`on_hand` is what the books say (posted documents), `sold` what registers told that no posted document holds yet,
`reserved` what is held for open receipts and orders. Registers see `available = on_hand − sold − reserved`.

`WarehouseFeed.revision` is a counter. Every statement that changes `available` of some rows of a warehouse first locks
that warehouse's `WarehouseFeed` row (one writer at a time per warehouse, no other stock lock exists), takes the next
revisions and stamps them on the rows, so that "what changed after my cursor" is an index scan and never misses a late
commit. A change made by a wholesale invoice stamps `revision` alone; every other change stamps `sale_revision` too, and
registers that are not told of invoices follow that one.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from retail.fields import QuantityField
from retail.models import Sku, Warehouse


class WarehouseFeed(models.Model):
    """The lock and the counter of one warehouse; kept apart from `Warehouse`, which people edit.

    The epoch changes when revisions may have been lost (a restore, a rebuild): registers are then told to reload.
    """

    warehouse = models.OneToOneField(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.CASCADE, related_name="feed", primary_key=True
    )
    revision = models.BigIntegerField(_("revision"), default=0)
    epoch = models.CharField(_("epoch"), max_length=16)

    class Meta:
        verbose_name = _("stock feed")
        verbose_name_plural = _("stock feeds")

    def __str__(self) -> str:
        return f"{self.epoch}:{self.revision}"


class BalanceQuerySet(models.QuerySet["Balance"]):
    def with_available(self) -> "BalanceQuerySet":
        return self.annotate(available=F("on_hand") - F("sold") - F("reserved"))

    def below_zero(self) -> "BalanceQuerySet":
        """Keep those of which less than nothing is available, in the words of the index that finds them."""
        return self.filter(on_hand__lt=F("sold") + F("reserved"))

    def with_at_least(self, quantity: int) -> "BalanceQuerySet":
        """Keep those of which so much is available."""
        return self.annotate(available=F("on_hand") - F("sold") - F("reserved")).filter(available__gte=quantity)


class Balance(models.Model):
    """What is left of a SKU in a warehouse. Changed only by set-based statements under the warehouse's lock."""

    warehouse = models.ForeignKey(
        Warehouse,
        verbose_name=_("warehouse"),
        on_delete=models.PROTECT,
        related_name="balances",
        db_index=False,
    )
    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="balances", db_index=False
    )
    on_hand = QuantityField(_("on hand"), default=0)
    sold = QuantityField(_("sold"), default=0)
    reserved = QuantityField(_("reserved"), default=0)
    revision = models.BigIntegerField(_("revision"), default=0)
    sale_revision = models.BigIntegerField(_("revision of the last sale"), default=0)

    objects = BalanceQuerySet.as_manager()

    class Meta:
        verbose_name = _("balance")
        verbose_name_plural = _("balances")
        constraints = [
            models.UniqueConstraint(
                fields=["warehouse", "sku"], name="%(app_label)s_%(class)s_once_per_warehouse_and_sku"
            ),
            models.UniqueConstraint(
                fields=["warehouse", "revision"],
                condition=Q(revision__gt=0),
                name="%(app_label)s_%(class)s_revision_once_per_warehouse",
            ),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="%(app_label)s_%(class)s_reserved_not_negative"),
        ]
        indexes = [
            models.Index(
                fields=["warehouse", "sku"],
                condition=Q(on_hand__lt=F("sold") + F("reserved")),
                name="stock_balance_below_zero",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} – {self.warehouse}"
