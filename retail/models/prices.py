"""Prices that begin at a moment: the one in force is the latest that has begun."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from retail.fields import MoneyField
from retail.models.skus import Sku


class PriceType(models.Model):
    """«Вид цен»: retail in the city, retail in the region, wholesale."""

    name = models.CharField(_("name"), max_length=100, unique=True)

    class Meta:
        verbose_name = _("price type")
        verbose_name_plural = _("price types")

    def __str__(self) -> str:
        return self.name


class PriceQuerySet(models.QuerySet["Price"]):
    def in_force(self, *, at: datetime) -> "PriceQuerySet":
        """Keep the latest begun price of each SKU and price type."""
        return (
            self.filter(valid_from__lte=at)
            .order_by("price_type_id", "sku_id", "-valid_from")
            .distinct("price_type_id", "sku_id")
        )


class Price(models.Model):
    """An amount from a moment on. Zero means "not for sale by this price type" from that moment."""

    price_type = models.ForeignKey(
        PriceType, verbose_name=_("price type"), on_delete=models.PROTECT, related_name="prices"
    )
    sku = models.ForeignKey(Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="prices", db_index=False)
    valid_from = models.DateTimeField(_("valid from"))
    amount = MoneyField(_("price"))

    objects = PriceQuerySet.as_manager()

    class Meta:
        verbose_name = _("price")
        verbose_name_plural = _("prices")
        constraints = [
            models.UniqueConstraint(
                fields=["sku", "price_type", "valid_from"],
                name="%(app_label)s_%(class)s_once_per_moment",
                violation_error_message=_("This SKU already has a price of this type from this moment."),
            ),
            models.CheckConstraint(
                condition=Q(amount__gte=0),
                name="%(app_label)s_%(class)s_not_negative",
                violation_error_message=_("A price is not negative."),
            ),
        ]
        indexes = [models.Index(fields=["valid_from"])]

    def __str__(self) -> str:
        return f"{self.amount}"
