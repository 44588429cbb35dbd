"""«Перемещение»: goods go from one warehouse to another."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from retail.models import Warehouse
from stock.models.documents import StockDocument


class StockTransfer(StockDocument):
    """Goods move from `warehouse` to `to_warehouse` of the same organization, both at once.

    Between organizations goods are sold: that is a wholesale invoice of the one and a goods receipt of the other, with
    prices and VAT that a transfer does not have.
    """

    to_warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("to warehouse"), on_delete=models.PROTECT, related_name="transfers_here"
    )

    class Meta:
        verbose_name = _("stock transfer")
        verbose_name_plural = _("stock transfers")
        permissions = [
            ("post_stocktransfer", _("Can post stock transfers")),
            ("reverse_stocktransfer", _("Can reverse stock transfers")),
        ]

    def clean(self) -> None:
        """Refuse a transfer that goes nowhere, or to another organization. Raises `ValidationError`."""
        if not (self.warehouse_id and self.to_warehouse_id):
            return
        if self.warehouse_id == self.to_warehouse_id:
            raise ValidationError({"to_warehouse": _("Goods move to another warehouse.")}, code="same_warehouse")
        if self.warehouse.organization_id != self.to_warehouse.organization_id:
            raise ValidationError(
                {
                    "to_warehouse": _(
                        "This warehouse belongs to another organization: goods are sold to it by a wholesale invoice "
                        "and come in by a goods receipt."
                    )
                },
                code="another_organization",
            )
