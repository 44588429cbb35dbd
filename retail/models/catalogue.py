"""The counter of the catalogue feed.

Registers ask what changed after a revision. Every statement that changes what they are told about goods takes the
next revisions under the lock of this one row, which the database's own triggers do (migration 0002), so that no way
of editing (admin, import, SQL) can forget to. The epoch changes when revisions may have been lost (a restore).
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Catalogue(models.Model):
    """One row (pk 1). `prices_announced_at` is the moment up to which begun prices have been put into the feed."""

    revision = models.BigIntegerField(_("revision"), default=0)
    epoch = models.CharField(_("epoch"), max_length=16)
    prices_announced_at = models.DateTimeField(_("prices announced at"))

    class Meta:
        verbose_name = _("catalogue feed")
        verbose_name_plural = _("catalogue feed")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="%(app_label)s_%(class)s_is_one_row"),
        ]

    def __str__(self) -> str:
        return f"{self.epoch}:{self.revision}"
