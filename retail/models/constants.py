"""«Константы»: the one row of chain-wide switches and numbers, edited on one page."""

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Constants(models.Model):
    """One row (pk 1, made by a migration). Read it with `Constants.objects.get()`."""

    sync_stock = models.BooleanField(
        _("Synchronize stock on registers over HTTP"),
        default=True,
        help_text=_("Off: registers asking for stock are told that synchronization is disabled."),
    )
    packet_size = models.PositiveIntegerField(
        _("Number of items per packet"),
        default=0,
        validators=[MaxValueValidator(100_000)],
        help_text=_("How many changed items one answer to a register carries; 0 sends all of them at once."),
    )
    discount_cards = models.BooleanField(_("Discount cards"), default=False)
    online_registers = models.BooleanField(_("On-line work with registers"), default=False)
    reservation_minutes = models.PositiveSmallIntegerField(
        _("Reservation lifetime, minutes"),
        default=15,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text=_("How long goods stay held for a receipt of which nothing more is heard."),
    )
    automatic_sku = models.BooleanField(
        _("Assign SKU codes automatically"),
        default=True,
        help_text=_("A SKU saved without a code gets the next free number."),
    )
    weighed_prefixes = models.CharField(
        _("Prefixes of weighed barcodes"),
        max_length=40,
        default="20",
        blank=True,
        validators=[RegexValidator(r"^(2\d)(,2\d)*$|^$", _("Two-digit prefixes from 20 to 29, separated by commas."))],
        help_text=_("A 13-digit barcode with such a prefix holds a 5-digit scales code and the weight in grams."),
    )
    history_months = models.PositiveSmallIntegerField(
        _("Keep the history of edits, months"),
        default=36,
        validators=[MaxValueValidator(1200)],
        help_text=_("Who changed what in reference data and settings. 0 keeps it for ever."),
    )

    class Meta:
        verbose_name = _("constants")
        verbose_name_plural = _("constants")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="%(app_label)s_%(class)s_is_one_row"),
        ]

    def __str__(self) -> str:
        return str(_("Constants"))
