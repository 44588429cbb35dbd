"""Where goods lie. What is left of them is kept by `stock`; a register only says which warehouse it sells from."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from retail.models.organizations import Organization, Shop
from retail.models.prices import PriceType


class Warehouse(models.Model):
    """A stock of goods shared by the registers that sell from it.

    `retail_price_type` prices the goods for those registers. Nothing here changes when goods move: the counter that
    writers lock is `stock.WarehouseFeed`, so that a person editing this row cannot write an old counter back.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    organization = models.ForeignKey(
        Organization, verbose_name=_("organization"), on_delete=models.PROTECT, related_name="warehouses"
    )
    shop = models.ForeignKey(
        Shop, verbose_name=_("shop"), on_delete=models.PROTECT, related_name="warehouses", null=True, blank=True
    )
    retail_price_type = models.ForeignKey(
        PriceType, verbose_name=_("retail price type"), on_delete=models.PROTECT, related_name="warehouses"
    )

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")

    def __str__(self) -> str:
        return self.name
