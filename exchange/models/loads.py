"""«Загрузка ККМ»: a merchandiser tells chosen registers to take goods and stock, in full or what changed.

Posting a full load makes every cursor given out before it too old: the register's next question is answered
"reload". Nothing is sent to a register; it comes for it. What it took is read from `registers.RegisterStatus`.
"""

from django.db import models
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Least
from django.utils.translation import gettext_lazy as _

from exchange.choices import LoadKind, LoadProgress
from registers.models import Register
from retail.models import Document

STATUS = "register__status__"


class RegisterLoadQuerySet(models.QuerySet["RegisterLoad"]):
    def with_counts(self) -> "RegisterLoadQuerySet":
        """Add `registers`, how many are loaded, and `acknowledged`, how many of them have taken everything."""
        lines = RegisterLoadLine.objects.filter(load=OuterRef("pk"))
        done = lines.with_progress().filter(Q(progress=LoadProgress.ACKNOWLEDGED))
        return self.annotate(registers=_count(lines), acknowledged=_count(done))


class RegisterLoad(Document):
    kind = models.CharField(_("what to load"), max_length=10, choices=LoadKind.choices, default=LoadKind.FULL)

    objects = RegisterLoadQuerySet.as_manager()

    class Meta:
        verbose_name = _("register load")
        verbose_name_plural = _("register loads")

    def __str__(self) -> str:
        return f"№ {self.number or self.pk}"


class RegisterLoadLineQuerySet(models.QuerySet["RegisterLoadLine"]):
    def with_progress(self) -> "RegisterLoadLineQuerySet":
        """Add `progress` (of `LoadProgress`) and `percent`, how much of the two feeds the register has acknowledged.

        What a register took before a full load counts nothing: it begins anew. A draft waits at 0.
        """
        target = Coalesce("goods_revision", 0) + Coalesce("stock_revision", 0)
        taken = _of_target("goods", "acknowledged") + _of_target("stock", "acknowledged")
        given = _of_target("goods", "sent") + _of_target("stock", "sent")
        return self.alias(target=target, taken=taken, given=given).annotate(
            progress=Case(
                When(Q(goods_revision=None) | ~_HEARD, then=Value(LoadProgress.WAITING)),
                When(taken=F("target"), then=Value(LoadProgress.ACKNOWLEDGED)),
                When(given=F("target"), then=Value(LoadProgress.SENT)),
                When(Q(given__gt=0) | Q(taken__gt=0), then=Value(LoadProgress.LOADING)),
                default=Value(LoadProgress.WAITING),
                output_field=models.CharField(),
            ),
            percent=Case(
                When(Q(target__gt=0) & _HEARD, then=100 * F("taken") / F("target")),
                default=0,
                output_field=models.BigIntegerField(),
            ),
        )


class RegisterLoadLine(models.Model):
    """A register of a load. On posting it gets `sequence` (full loads) and the feeds' revisions it should reach.

    `stock_revision` stays empty where stock was not synchronized over HTTP when the load was posted.
    """

    load = models.ForeignKey(RegisterLoad, verbose_name=_("load"), on_delete=models.CASCADE, related_name="lines")
    register = models.ForeignKey(Register, verbose_name=_("register"), on_delete=models.PROTECT, related_name="loads")
    sequence = models.BigIntegerField(_("full load"), null=True, blank=True, editable=False)
    goods_revision = models.BigIntegerField(_("goods up to"), null=True, blank=True, editable=False)
    stock_revision = models.BigIntegerField(_("stock up to"), null=True, blank=True, editable=False)

    objects = RegisterLoadLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("register of a load")
        verbose_name_plural = _("registers of a load")
        constraints = [
            models.UniqueConstraint(fields=["load", "register"], name="%(app_label)s_%(class)s_register_once_per_load"),
            models.UniqueConstraint(
                fields=["register", "sequence"], name="%(app_label)s_%(class)s_sequence_once_per_register"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.register_id}"


_HEARD = Q(**{f"{STATUS}load__isnull": False}) & (Q(sequence=None) | Q(**{f"{STATUS}load__gte": F("sequence")}))


def _of_target(feed: str, step: str) -> Combinable:
    """Return how far a feed has come (`step`: sent or acknowledged), no further than the load asks."""
    return Least(Coalesce(f"{STATUS}{feed}_{step}", 0), Coalesce(f"{feed}_revision", 0))


def _count(lines: RegisterLoadLineQuerySet) -> Coalesce:
    """Count lines of the row at hand: in a subquery, so that only the rows of a page are counted."""
    counted = lines.order_by().values("load").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=models.IntegerField()), 0)
