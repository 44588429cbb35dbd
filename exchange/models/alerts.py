"""Alerts: what is watched, who is told, and what has been wrong since when.

AlertRule ── every minute ──> Alert (one open for each rule and subject) ──> OutgoingMessage
"""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange.choices import AlertKind, MessageLanguage
from exchange.models.webhooks import WebhookEndpoint
from registers.models import Register
from retail.models import Shop

OF_REGISTERS = (AlertKind.SILENT, AlertKind.BEHIND)
EVERYWHERE = (AlertKind.NIGHT,)


class AlertRule(models.Model):
    """What is watched, from what on it is wrong, and who is told.

    `threshold` is minutes for `SILENT`, `LATE` and `NIGHT`, changes for `BEHIND`, transactions for `DESK`, and for
    `DISCREPANCY` the least difference, in whatever the figure is counted. Registers are watched from `hours_from` to
    `hours_to` by the clock of their shop, which may pass midnight; silence is counted from the beginning of the hours.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    kind = models.CharField(_("what is watched"), max_length=12, choices=AlertKind.choices)
    threshold = models.PositiveIntegerField(_("threshold"))
    shop = models.ForeignKey(
        Shop, verbose_name=_("shop"), on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    register = models.ForeignKey(
        Register, verbose_name=_("register"), on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    hours_from = models.TimeField(_("watched from"), null=True, blank=True)
    hours_to = models.TimeField(_("watched to"), null=True, blank=True)
    emails = ArrayField(models.EmailField(), verbose_name=_("e-mails"), default=list, blank=True)
    endpoint = models.ForeignKey(
        WebhookEndpoint,
        verbose_name=_("webhook endpoint"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )
    repeat_minutes = models.PositiveIntegerField(
        _("repeat after, minutes"), null=True, blank=True, help_text=_("Empty: it is told once, and when it is over.")
    )
    language = models.CharField(
        _("language of e-mails"), max_length=2, choices=MessageLanguage.choices, default=MessageLanguage.RUSSIAN
    )
    active = models.BooleanField(pgettext_lazy("rule", "active"), default=True)

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(hours_from=None, hours_to=None) | Q(hours_from__isnull=False, hours_to__isnull=False),
                name="%(app_label)s_%(class)s_hours_wholly_or_not",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse what would be silently passed over. Raises `ValidationError`."""
        wrong: dict[str, Any] = {}
        if (self.hours_from is None) != (self.hours_to is None):
            wrong["hours_to"] = _("Say both from when and to when, or neither.")
        elif self.hours_from is not None and self.hours_from == self.hours_to:
            wrong["hours_to"] = _("The hours end when they begin: leave both empty to watch round the clock.")
        elif self.hours_from is not None and self.kind not in OF_REGISTERS:
            wrong["hours_from"] = _("Hours are for registers that are silent or behind.")
        if self.kind in EVERYWHERE and (self.shop_id or self.register_id):
            wrong["shop" if self.shop_id else "register"] = _("The night is one for the whole chain.")
        if self.shop_id and self.register_id:
            wrong["register"] = _("Choose a shop or a register.")
        if self.repeat_minutes == 0:
            wrong["repeat_minutes"] = _("A minute is the least; empty: it is not repeated.")
        if self.threshold == 0 and self.kind and self.kind != AlertKind.DISCREPANCY:
            wrong["threshold"] = _("The threshold is more than zero.")
        if wrong:
            raise ValidationError(wrong)


class AlertQuerySet(models.QuerySet["Alert"]):
    def open(self) -> "AlertQuerySet":
        return self.filter(closed_at=None)

    def unseen(self) -> "AlertQuerySet":
        """Keep the open ones that nobody has acknowledged."""
        return self.open().filter(acknowledged_at=None)


class Alert(models.Model):
    """Something that is wrong, or was: from `opened_at` to `closed_at`, last found so at `seen_at`.

    `subject` is "app.model:pk" of what it is about, or ":0" for a list as a whole; `params` are put into words when it
    is shown (`exchange.services.alerts.words`). Somebody who acknowledges it knows: it is repeated no more.
    """

    rule = models.ForeignKey(AlertRule, verbose_name=_("rule"), on_delete=models.PROTECT, related_name="alerts")
    subject = models.CharField(_("subject"), max_length=100)
    params = models.JSONField(_("particulars"), default=dict)
    opened_at = models.DateTimeField(_("began at"))
    seen_at = models.DateTimeField(_("last found at"))
    told_at = models.DateTimeField(_("told at"))
    closed_at = models.DateTimeField(_("over at"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("acknowledged by"),
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
    )

    objects = AlertQuerySet.as_manager()

    class Meta:
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        default_permissions = ("view",)
        permissions = [("acknowledge_alert", _("Can acknowledge alerts"))]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "subject"],
                condition=Q(closed_at=None),
                name="%(app_label)s_%(class)s_one_open_per_rule_and_subject",
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], name="exchange_alert_opened")]

    def __str__(self) -> str:
        return str(self.rule)
