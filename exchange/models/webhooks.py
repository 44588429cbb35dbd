"""Webhooks: whom we tell of what happens, what they were told, and how far we have come in telling.

    EventCursor ──(exchange.services.webhooks.collecting)──> OutgoingMessage ──(sending)──> WebhookEndpoint, or e-mail

Nothing here is written by the intake. An `OutgoingMessage` is delivered at least once and in no promised order.
"""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from exchange.choices import CHOSEN_EVENTS, EventKind, MessageLanguage, MessageState
from retail.fields import QuantityField
from stock.models import Balance


class WebhookEndpoint(models.Model):
    """A program of somebody's and what it is told of.

    The secret is not here: it is made of `salt` and our own key (`exchange.services.webhooks.signing`), and shown once.
    For a day after it was made anew, messages are signed by the one before it too. `failures` counts rounds that failed
    one after another, since `failing_since`; after some of them nothing is sent until `paused_until`, and then one
    message to try.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    url = models.CharField(_("address"), max_length=500)
    events = ArrayField(
        models.CharField(max_length=32, choices=[(event.value, event.label) for event in CHOSEN_EVENTS]),
        verbose_name=_("events"),
        default=list,
        blank=True,
    )
    stock_below = QuantityField(
        _("stock threshold"),
        default=Decimal(1),
        help_text=_("It is told once when less than this is available, and again after there was enough in between."),
    )
    language = models.CharField(
        _("language"), max_length=2, choices=MessageLanguage.choices, default=MessageLanguage.RUSSIAN
    )
    active = models.BooleanField(
        pgettext_lazy("endpoint", "active"),
        default=True,
        help_text=_("What happens while it is not active, it is not told afterwards."),
    )
    salt = models.CharField(_("salt"), max_length=64, default="", editable=False)
    previous_salt = models.CharField(_("previous salt"), max_length=64, default="", editable=False)
    secret_made_at = models.DateTimeField(_("secret made at"), null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True, editable=False)
    delivered_at = models.DateTimeField(_("last delivered at"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raises `ValidationError`."""
        if EventKind.STOCK in (self.events or []) and self.stock_below is None:
            raise ValidationError({"stock_below": _("Say below what stock it is told.")})


class OutgoingMessage(models.Model):
    """What somebody outside is told: an endpoint (`body` is JSON, byte for byte as it is sent), or a person by e-mail.

    `uid` is what the receiver knows a repeat by; `key` keeps an event from being told twice. It is due at `next_at`;
    one that is being sent belongs to whoever has the `claim`, until then. `tries` are the attempts: `{"at", "status",
    "seconds", "error"}`.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        verbose_name=_("endpoint"),
        on_delete=models.PROTECT,
        related_name="messages",
        null=True,
        blank=True,
        db_index=False,
    )
    email = models.EmailField(_("e-mail"), blank=True)
    uid = models.CharField(_("message id"), max_length=64, unique=True)
    key = models.CharField(pgettext_lazy("message", "told once by"), max_length=100)
    event = models.CharField(_("event"), max_length=32, choices=EventKind.choices)
    subject = models.CharField(pgettext_lazy("e-mail", "subject"), max_length=250, blank=True)
    body = models.TextField(_("body"))
    made_at = models.DateTimeField(_("made at"))
    state = models.CharField(_("state"), max_length=10, choices=MessageState.choices, default=MessageState.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt at"), null=True, blank=True)
    claim = models.CharField(_("who sends"), max_length=32, default="", db_default="", editable=False)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    status = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=500, blank=True)
    seconds = models.FloatField(_("seconds"), null=True, blank=True)
    tries = models.JSONField(_("log of attempts"), default=list, blank=True)

    class Meta:
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        default_permissions = ("view",)
        permissions = [("send_outgoingmessage", _("Can send outgoing messages again"))]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "email", "key"],
                nulls_distinct=False,
                name="%(app_label)s_%(class)s_event_once_per_receiver",
            ),
            models.CheckConstraint(
                condition=Q(endpoint=None) & ~Q(email="") | Q(endpoint__isnull=False, email=""),
                name="%(app_label)s_%(class)s_goes_to_one_receiver",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "next_at"],
                condition=Q(state__in=["waiting", "sending"]),
                name="exchange_message_to_send",
            ),
            models.Index(fields=["made_at"], name="exchange_message_made"),
        ]

    def __str__(self) -> str:
        return self.get_event_display()


class EventCursor(models.Model):
    """How far a source of events has been told: a journal by the ids of its rows, a warehouse's feed by its revision.

    `horizon` is an id that was there while `writers` (virtual transactions) were writing: once none of them is left,
    all that will ever be at or before it can be seen (docs/adr/0028).
    """

    source = models.CharField(_("source of events"), max_length=20)
    of = models.BigIntegerField(_("of which (0: the only one)"), default=0)
    position = models.BigIntegerField(_("told up to"), default=0)
    horizon = models.BigIntegerField(_("seen up to"), null=True, blank=True)
    writers = ArrayField(models.CharField(max_length=40), verbose_name=_("still writing"), default=list, blank=True)

    class Meta:
        verbose_name = _("place in a journal of events")
        verbose_name_plural = _("places in journals of events")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["source", "of"], name="%(app_label)s_%(class)s_one_place_per_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source}:{self.of}"


class LowStock(models.Model):
    """A balance of which an endpoint has been told that it is low; the row goes when there is enough again."""

    endpoint = models.ForeignKey(
        WebhookEndpoint, verbose_name=_("endpoint"), on_delete=models.CASCADE, related_name="+", db_index=False
    )
    balance = models.ForeignKey(Balance, verbose_name=_("balance"), on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("low stock that was told")
        verbose_name_plural = _("low stock that was told")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "balance"], name="%(app_label)s_%(class)s_told_once"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id}:{self.balance_id}"
