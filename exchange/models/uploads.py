"""Per-receipt upload: a register that does not hand over itself, but keeps what it sold until we come for it.

A register tells that it has closed a receipt; a task then fetches from its address everything that it has not handed
over yet. The tells are only counted here: `told` and `served` say how much is outstanding, and the row says when the
register is due whether anybody tells or not. What a person sets is `SETTINGS`, and saved alone: the rest is the state,
which tells and fetches write at any moment.
"""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from exchange.choices import Circuit, FetchReason, UploadMode
from registers.models import Register

MOST_FAILURES = 5  # in a row, before the circuit opens
_key = RegexValidator(r"^[\x21-\x7e]*$", _("A key is made of Latin letters, digits and signs, without spaces."))


class UploadSourceQuerySet(models.QuerySet["UploadSource"]):
    def due(self, *, now: datetime) -> "UploadSourceQuerySet":
        """Keep what is to be fetched now: nobody is at it, and it is not given a rest after failures."""
        return self.filter(
            Q(claimed_until=None) | Q(claimed_until__lte=now),
            Q(retry_at=None) | Q(retry_at__lte=now),
            due_at__lte=now,
            # Not by a join: an update of joined rows would not look at the row again after waiting for its lock.
            register__in=Register.objects.active().values("pk"),
        )


class UploadSource(models.Model):
    """Where and when what a register sold is fetched. A register without one hands over by itself.

    `wanted` counts the tells that ask for a fetch at once; `retry_at` is when it may be asked again after a failure.
    """

    SETTINGS = ("mode", "minutes", "address", "key")

    register = models.OneToOneField(
        Register, verbose_name=_("register"), on_delete=models.CASCADE, related_name="upload"
    )
    mode = models.CharField(_("when to fetch"), max_length=10, choices=UploadMode.choices, default=UploadMode.RECEIPT)
    minutes = models.PositiveSmallIntegerField(
        _("every, minutes"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
    )
    address = models.CharField(
        _("register's address"),
        max_length=300,
        help_text=_("Before “/sales” of its pull service, such as http://192.168.10.21:9100. In an allowed network."),
    )
    key = models.CharField(_("key for the register"), max_length=200, blank=True, validators=[_key])
    hook_digest = models.CharField(
        _("hook's digest"), max_length=64, null=True, blank=True, unique=True, editable=False
    )

    cursor = models.CharField(_("acknowledged up to"), max_length=200, blank=True, editable=False)
    told = models.BigIntegerField(_("tells"), default=0, editable=False)
    served = models.BigIntegerField(_("tells served"), default=0, editable=False)
    wanted = models.BigIntegerField(_("fetches asked for"), default=0, editable=False)
    reason = models.CharField(
        _("why"), max_length=12, choices=FetchReason.choices, default=FetchReason.CATCH_UP, editable=False
    )
    last_tell_at = models.DateTimeField(_("last tell"), null=True, blank=True, editable=False)
    behind_since = models.DateTimeField(_("behind since"), null=True, blank=True, editable=False)
    due_at = models.DateTimeField(_("to be fetched at"), default=timezone.now, editable=False)
    claim = models.UUIDField(_("who fetches"), null=True, blank=True, editable=False)
    claimed_until = models.DateTimeField(_("being fetched until"), null=True, blank=True, editable=False)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    retry_at = models.DateTimeField(_("not asked before"), null=True, blank=True, editable=False)
    last_fetched_at = models.DateTimeField(_("last fetch"), null=True, blank=True, editable=False)
    last_error = models.CharField(_("last error"), max_length=32, blank=True, editable=False)
    last_error_detail = models.CharField(_("particulars"), max_length=200, blank=True, editable=False)

    objects = UploadSourceQuerySet.as_manager()

    class Meta:
        verbose_name = _("per-receipt upload")
        verbose_name_plural = _("per-receipt uploads")
        permissions = [("fetch_uploadsource", _("Can have the sales of a register fetched"))]
        constraints = [
            models.CheckConstraint(condition=Q(minutes__gte=1), name="%(app_label)s_%(class)s_minutes_positive"),
            models.CheckConstraint(
                condition=Q(served__lte=F("told")), name="%(app_label)s_%(class)s_served_no_more_than_told"
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_mode_display())

    @property
    def outstanding(self) -> int:
        """How many tells no fetch has followed."""
        return self.told - self.served

    def circuit(self, *, now: datetime) -> Circuit:
        """Tell whether it is asked as usual, left alone for a while, or tried once."""
        if self.failures < MOST_FAILURES:
            return Circuit.CLOSED
        return Circuit.OPEN if self.retry_at and self.retry_at > now else Circuit.HALF_OPEN


class UploadFetch(models.Model):
    """A visit to a register that brought something, failed, or was asked for by a person. Kept for some days."""

    source = models.ForeignKey(
        UploadSource,
        verbose_name=_("per-receipt upload"),
        on_delete=models.CASCADE,
        related_name="fetches",
        db_index=False,
    )
    began_at = models.DateTimeField(_("began at"))
    reason = models.CharField(_("why"), max_length=12, choices=FetchReason.choices)
    milliseconds = models.PositiveIntegerField(_("took, ms"))
    packets = models.PositiveIntegerField(_("packets"), default=0)
    accepted = models.PositiveIntegerField(_("accepted"), default=0)
    duplicate = models.PositiveIntegerField(_("known already"), default=0)
    conflict = models.PositiveIntegerField(_("told otherwise before"), default=0)
    error_desk = models.PositiveIntegerField(_("on the error desk"), default=0)
    error = models.CharField(_("error"), max_length=32, blank=True)
    error_detail = models.CharField(_("particulars"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("fetch of sales")
        verbose_name_plural = _("fetches of sales")
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["source", "-began_at"], name="exchange_fetch_of_source"),
            models.Index(fields=["began_at"], name="exchange_fetch_began"),
        ]

    def __str__(self) -> str:
        return f"{self.began_at:%Y-%m-%d %H:%M:%S}"
