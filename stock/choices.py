"""Closed lists of stock."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class DocumentKind(models.TextChoices):
    GOODS_RECEIPT = "goods_receipt", _("Goods receipt")
    WHOLESALE_INVOICE = "wholesale_invoice", _("Wholesale invoice")
