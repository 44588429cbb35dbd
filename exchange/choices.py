"""Closed lists of exchange."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LoadKind(models.TextChoices):
    FULL = "full", _("Full load")
    CHANGES = "changes", _("Changes only")
