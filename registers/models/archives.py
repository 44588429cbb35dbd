"""Where the bodies of old transactions are, once they have left the journal (docs/adr/0030)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class BodyArchive(models.Model):
    """A file with the bodies of the transactions that were received in a month of UTC; `month` is its first day.

    The row is written once the file is complete and was read again; `emptied_at` says when its bodies had left the
    journal. `places` are `[id, offset]` of each piece of the file: the id it begins with, and where.
    """

    month = models.DateField(_("month"), unique=True)
    file = models.CharField(_("file"), max_length=100)
    size = models.BigIntegerField(_("size, bytes"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    bodies = models.BigIntegerField(_("bodies"))
    places = models.JSONField(_("pieces"), default=list)
    made_at = models.DateTimeField(_("made at"))
    emptied_at = models.DateTimeField(_("emptied at"), null=True, blank=True)

    class Meta:
        verbose_name = _("archive of bodies")
        verbose_name_plural = _("archives of bodies")
        default_permissions = ()

    def __str__(self) -> str:
        return self.file
