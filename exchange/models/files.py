"""Files of transactions: what was handed over, how far it has been taken in, and the lines that nobody could read.

The original lies in the archive by its SHA-256 (`exchange.services.transaction_files.archive`).
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from exchange.choices import FileDialect, FileState
from exchange.models.equipment import Equipment
from registers.models import Register


class TransactionFile(models.Model):
    """A file of one register, or of a cash server whose register it is; the same content is the same file.

    `pieces` counts what has been taken in, in the order of the file: together with that, in one transaction, so that
    whoever goes on after a kill leaves out exactly so many. The other counts are of transactions, except
    `passed_over` and `quarantined`, which are of lines.
    """

    register = models.ForeignKey(
        Register, verbose_name=_("register"), on_delete=models.PROTECT, related_name="transaction_files"
    )
    dialect = models.CharField(_("dialect"), max_length=20, choices=FileDialect.choices)
    name = models.CharField(_("file"), max_length=255)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    size = models.BigIntegerField(_("size, bytes"))
    came_at = models.DateTimeField(_("came at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("handed over by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    state = models.CharField(_("state"), max_length=10, choices=FileState.choices, default=FileState.NEW)
    began_at = models.DateTimeField(_("began at"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    position = models.BigIntegerField(_("read, bytes"), default=0)
    pieces = models.BigIntegerField(_("pieces taken in"), default=0)
    lines = models.BigIntegerField(_("lines"), default=0)
    accepted = models.BigIntegerField(_("accepted"), default=0)
    duplicate = models.BigIntegerField(_("known already"), default=0)
    conflict = models.BigIntegerField(_("told otherwise before"), default=0)
    error_desk = models.BigIntegerField(_("on the error desk"), default=0)
    passed_over = models.BigIntegerField(_("lines passed over"), default=0)
    quarantined = models.BigIntegerField(_("lines in quarantine"), default=0)

    class Meta:
        verbose_name = _("file of transactions")
        verbose_name_plural = _("files of transactions")
        default_permissions = ("view",)
        permissions = [("load_transactionfile", _("Can load files of transactions"))]
        constraints = [
            models.UniqueConstraint(
                fields=["register", "dialect", "sha256"], name="%(app_label)s_%(class)s_content_once_per_register"
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"], condition=models.Q(state__in=["waiting", "loading"]), name="exchange_file_to_load"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class QuarantinedLine(models.Model):
    """Lines of a file that nobody could read, and why; `raw` is their beginning."""

    file = models.ForeignKey(
        TransactionFile, verbose_name=_("file"), on_delete=models.CASCADE, related_name="quarantine", db_index=False
    )
    number = models.BigIntegerField(_("line"))
    lines = models.PositiveIntegerField(_("lines"), default=1)
    code = models.CharField(_("reason"), max_length=64)
    params = models.JSONField(_("particulars"), default=dict, blank=True)
    raw = models.BinaryField(_("as it came"))

    class Meta:
        verbose_name = _("line in quarantine")
        verbose_name_plural = _("lines in quarantine")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["file", "number"], name="%(app_label)s_%(class)s_line_once_per_file"),
        ]

    def __str__(self) -> str:
        return f"{self.file_id}:{self.number}"


class EquipmentTill(models.Model):
    """A register of a cash server, by the number that its files give it."""

    equipment = models.ForeignKey(
        Equipment, verbose_name=_("equipment"), on_delete=models.CASCADE, related_name="tills"
    )
    code = models.CharField(_("number in files"), max_length=50)
    register = models.OneToOneField(
        Register, verbose_name=_("register"), on_delete=models.PROTECT, related_name="equipment_till"
    )

    class Meta:
        verbose_name = _("register of a cash server")
        verbose_name_plural = _("registers of a cash server")
        constraints = [
            models.UniqueConstraint(
                fields=["equipment", "code"],
                name="%(app_label)s_%(class)s_code_once",
                violation_error_message=_("This number stands here already."),
            ),
        ]

    def __str__(self) -> str:
        return self.code
