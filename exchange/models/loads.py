"""«Загрузка ККМ»: a merchandiser tells chosen registers to take goods and stock, in full or what changed.

Posting a full load makes every cursor given out before it too old: the register's next question is answered
"reload". Nothing is sent to a register; it comes for it. What it took is read from `registers.RegisterStatus`.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from exchange.choices import LoadKind
from registers.models import Register
from retail.models import Document


class RegisterLoad(Document):
    kind = models.CharField(_("what to load"), max_length=10, choices=LoadKind.choices, default=LoadKind.FULL)

    class Meta:
        verbose_name = _("register load")
        verbose_name_plural = _("register loads")

    def __str__(self) -> str:
        return f"{self.number}"


class RegisterLoadLine(models.Model):
    """A register of a load. On posting it gets `sequence` (full loads) and the feeds' revisions it should reach."""

    load = models.ForeignKey(RegisterLoad, verbose_name=_("load"), on_delete=models.CASCADE, related_name="lines")
    register = models.ForeignKey(Register, verbose_name=_("register"), on_delete=models.PROTECT, related_name="loads")
    sequence = models.BigIntegerField(_("full load"), null=True, blank=True, editable=False)
    goods_revision = models.BigIntegerField(_("goods up to"), null=True, blank=True, editable=False)
    stock_revision = models.BigIntegerField(_("stock up to"), null=True, blank=True, editable=False)

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
