"""Closed lists of exchange."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LoadKind(models.TextChoices):
    FULL = "full", _("Full load")
    CHANGES = "changes", _("Changes only")


class LoadProgress(models.TextChoices):
    """How far a register has come since a load was posted; it acknowledges what it took by asking for what follows."""

    WAITING = "waiting", _("Waiting for the register")
    LOADING = "loading", _("Loading")
    SENT = "sent", _("Sent")
    ACKNOWLEDGED = "acknowledged", _("Acknowledged")


class Ukm5Access(models.TextChoices):
    """How УКМ 5 is let in: not at all, by the secret of a store in the address, or from allowed networks."""

    OFF = "off", _("Not let in")
    SECRET = "secret", _("By the secret of its store")
    NETWORK = "network", _("From allowed networks")
