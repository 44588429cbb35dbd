"""The log of exchange: each call of a device, and each document that it has posted.

What went over the wire is kept for some days (`EXCHANGE_LOG_DAYS`); that it went, and how it ended, stays. A posted
document stays, too: it is what the journal was made of.
"""

import zlib

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchange.choices import PostedKind, SessionResult
from exchange.models.equipment import Equipment
from registers.models import Register


class PostedDocument(models.Model):
    """A document as a device posted it, kept once however often it came."""

    equipment = models.ForeignKey(
        Equipment, verbose_name=_("equipment"), on_delete=models.PROTECT, related_name="posted", db_index=False
    )
    register = models.ForeignKey(Register, verbose_name=_("register"), on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(_("kind"), max_length=20, choices=PostedKind.choices)
    packed = models.BinaryField(_("as it came, packed"))
    body_hash = models.BinaryField(_("body hash"), max_length=32)
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("document of a device")
        verbose_name_plural = _("documents of devices")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["equipment", "body_hash"], name="%(app_label)s_%(class)s_body_once_per_equipment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {timezone.localtime(self.received_at):%d.%m.%Y %H:%M}"

    @property
    def raw(self) -> bytes:
        return zlib.decompress(bytes(self.packed))


class ExchangeSessionQuerySet(models.QuerySet["ExchangeSession"]):
    def with_bodies(self) -> "ExchangeSessionQuerySet":
        return self.exclude(asked=None, answered=None)


class ExchangeSession(models.Model):
    """One call: who asked for what, how it ended, how long it took. `shifts` are the shifts that it told of.

    `asked` and `answered` are the envelopes, packed; None once they are forgotten.
    """

    equipment = models.ForeignKey(
        Equipment,
        verbose_name=_("equipment"),
        on_delete=models.PROTECT,
        related_name="sessions",
        null=True,
        blank=True,
    )
    device_id = models.CharField(_("device id"), max_length=36, blank=True)
    operation = models.CharField(_("operation"), max_length=30, blank=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.SET_NULL,
        related_name="+",
        null=True,
        blank=True,
        db_index=False,
    )
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    began_at = models.DateTimeField(_("began at"))
    milliseconds = models.PositiveIntegerField(_("milliseconds"))
    bytes_in = models.PositiveIntegerField(_("bytes received"))
    bytes_out = models.PositiveIntegerField(_("bytes sent"))
    result = models.CharField(_("result"), max_length=10, choices=SessionResult.choices, default=SessionResult.DONE)
    summary = models.TextField(_("what went"), blank=True)
    error = models.TextField(_("error"), blank=True)
    shifts = models.JSONField(_("shifts"), default=list, blank=True)
    document = models.ForeignKey(
        PostedDocument,
        verbose_name=_("document"),
        on_delete=models.PROTECT,
        related_name="sessions",
        null=True,
        blank=True,
    )
    asked = models.BinaryField(_("asked, packed"), null=True, blank=True)
    answered = models.BinaryField(_("answered, packed"), null=True, blank=True)

    objects = ExchangeSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("call of a device")
        verbose_name_plural = _("exchange log")
        default_permissions = ("view",)
        indexes = [
            BrinIndex(fields=["began_at"], name="exchange_session_began"),
            models.Index(
                fields=["began_at"],
                condition=Q(asked__isnull=False) | Q(answered__isnull=False),
                name="exchange_session_with_bodies",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation or '?'} {timezone.localtime(self.began_at):%d.%m.%Y %H:%M:%S}"
