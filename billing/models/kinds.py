"""What cards are of: kinds with their thresholds, rules by which bonuses live, promotions."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from billing.choices import LifeLength, LifeRounding, LifeStart, ThresholdMeasure
from billing.fields import OF_A_DAY
from retail.fields import MoneyField

LONGEST_DAYS = 36_600


class BonusLifeRule(models.Model):
    """«Правило жизни бонусов»: when bonuses begin, and when they end.

    They begin at once (after 0 days), with the beginning of a day so many days later, or with the beginning of a day.
    From then on they live; an end is rounded up to the end of its day or its month. Days are those of the shop.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    starts = models.CharField(_("begin"), max_length=10, choices=LifeStart.choices, default=LifeStart.AFTER)
    starts_after_days = models.PositiveIntegerField(
        _("after so many days"), default=0, validators=[MaxValueValidator(LONGEST_DAYS)]
    )
    starts_on = models.DateField(_("on a date"), null=True, blank=True, validators=OF_A_DAY)
    lives = models.CharField(_("live"), max_length=10, choices=LifeLength.choices, default=LifeLength.FOREVER)
    lives_for = models.PositiveIntegerField(
        _("so many days or months"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
    )
    lives_until = models.DateField(_("until a date"), null=True, blank=True, validators=OF_A_DAY)
    rounding = models.CharField(_("rounding"), max_length=10, choices=LifeRounding.choices, default=LifeRounding.DAY)

    class Meta:
        verbose_name = _("bonus life rule")
        verbose_name_plural = _("bonus life rules")
        constraints = [
            models.CheckConstraint(
                condition=~Q(starts=LifeStart.ON) | Q(starts_on__isnull=False),
                name="%(app_label)s_%(class)s_says_on_what_date_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(lives__in=[LifeLength.DAYS, LifeLength.MONTHS])
                | Q(lives_for__isnull=False, lives_for__gt=0),
                name="%(app_label)s_%(class)s_says_how_long_it_lives",
            ),
            models.CheckConstraint(
                condition=~Q(lives=LifeLength.UNTIL) | Q(lives_until__isnull=False),
                name="%(app_label)s_%(class)s_says_until_what_date_it_lives",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CardKind(models.Model):
    """«Вид карты». Delays and lifetimes are in calendar days of the shop; no lifetime is for ever."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100, unique=True)
    turnover_delay = models.PositiveSmallIntegerField(_("delay of the accumulated sum, days"), default=0)
    turnover_life = models.PositiveIntegerField(
        _("lifetime of the accumulated sum, days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
    )
    receipts_delay = models.PositiveSmallIntegerField(_("delay of the number of receipts, days"), default=0)
    receipts_life = models.PositiveIntegerField(
        _("lifetime of the number of receipts, days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_DAYS)],
    )
    bonus_rule = models.ForeignKey(
        BonusLifeRule,
        verbose_name=_("bonus life rule"),
        on_delete=models.PROTECT,
        related_name="kinds",
        null=True,
        blank=True,
    )

    class Meta:
        verbose_name = _("kind of cards")
        verbose_name_plural = _("kinds of cards")

    def __str__(self) -> str:
        return self.name


class DiscountThreshold(models.Model):
    """Whoever has reached so much is suggested this discount; of several the largest."""

    kind = models.ForeignKey(
        CardKind, verbose_name=_("kind of cards"), on_delete=models.CASCADE, related_name="thresholds", db_index=False
    )
    measure = models.CharField(_("by"), max_length=10, choices=ThresholdMeasure.choices)
    reached = MoneyField(_("from"), validators=[MinValueValidator(Decimal(0))])
    percent = models.DecimalField(
        _("discount, %"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
    )

    class Meta:
        verbose_name = _("discount threshold")
        verbose_name_plural = _("discount thresholds")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "measure", "reached"], name="%(app_label)s_%(class)s_once_per_kind_and_measure"
            ),
            models.CheckConstraint(
                condition=Q(percent__gte=0, percent__lte=100), name="%(app_label)s_%(class)s_is_a_percentage"
            ),
            models.CheckConstraint(condition=Q(reached__gte=0), name="%(app_label)s_%(class)s_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.get_measure_display()} ≥ {self.reached}: {self.percent} %"


class Promotion(models.Model):
    """«Акция», as registers name it by its code."""

    code = models.CharField(_("code"), max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("promotion")
        verbose_name_plural = _("promotions")

    def __str__(self) -> str:
        return self.name
