"""«Правило обмена»: which goods a register is told of, by what price, and how.

A rule belongs to a warehouse, whose retail price type prices the goods; a warehouse cannot be without one. Registers of
that warehouse get the rule through their equipment (`exchange.models.equipment`).

`revision` rises with every change of what the rule lets through: of the rule, of its parts, of its warehouse's price
type, of the tree of groups it filters by. The database's own triggers do that (migration 0004), whichever way a rule is
edited, and take the number from one sequence for all rules, so that it names the rule, too. A device or a cursor that
was served by another revision loads everything anew.
"""

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from exchange.choices import RuleMarking, TaxRate
from retail.models import ItemGroup, Sku, VatRate, Warehouse


class ExchangeRule(models.Model):
    """The filter is what all of its conditions let through.

    Goods are chosen by groups and by hand: without either everything is. What is added by hand goes although its group
    does not; what is left out by hand never goes. Empty `markings` allow every kind.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    warehouse = models.ForeignKey(
        Warehouse,
        verbose_name=_("warehouse"),
        on_delete=models.PROTECT,
        related_name="exchange_rules",
        help_text=_("Its retail price type prices the goods, and what is left in it is told."),
    )
    with_groups = models.BooleanField(_("upload groups"), default=True)
    balances = models.BooleanField(
        _("tell what is left"),
        default=True,
        help_text=_("Goods are told again when what is left of them changes."),
    )
    priced_only = models.BooleanField(
        _("only with a price above zero"),
        default=True,
        help_text=_("Otherwise goods without a price go, too, and the cashier enters it."),
    )
    in_stock_only = models.BooleanField(
        _("only in stock"),
        default=False,
        help_text=_("Goods disappear from the registers when they run out, and come back with a delivery."),
    )
    markings = ArrayField(
        models.CharField(max_length=10, choices=RuleMarking.choices),
        verbose_name=_("kinds of marking"),
        default=list,
        blank=True,
        help_text=_("Only goods of these kinds go. None chosen: all of them."),
    )
    package_size = models.PositiveIntegerField(
        _("goods in a package"),
        default=1000,
        validators=[MaxValueValidator(100_000)],
        help_text=_("0: all of them in one package."),
    )
    revision = models.BigIntegerField(_("revision"), default=0, editable=False)

    class Meta:
        verbose_name = _("exchange rule")
        verbose_name_plural = _("exchange rules")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.pk and self.warehouse_id and self.equipment.unfit(warehouse=self.warehouse_id).exists():
            raise ValidationError(
                {"warehouse": _("Registers that sell from another warehouse are served by this rule.")}
            )


class ExchangeRuleGroup(models.Model):
    """A group, with everything under it, that goes by a rule, or does not."""

    rule = models.ForeignKey(ExchangeRule, verbose_name=_("rule"), on_delete=models.CASCADE, related_name="groups")
    group = models.ForeignKey(ItemGroup, verbose_name=_("group"), on_delete=models.PROTECT, related_name="+")
    excluded = models.BooleanField(_("leave out"), default=False)

    class Meta:
        verbose_name = _("group of the rule")
        verbose_name_plural = _("groups of the rule")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "group"],
                name="%(app_label)s_%(class)s_once_per_rule",
                violation_error_message=_("This group stands in the rule already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group}"


class ExchangeRuleSku(models.Model):
    """A SKU that goes by a rule whatever its group, or never does."""

    rule = models.ForeignKey(ExchangeRule, verbose_name=_("rule"), on_delete=models.CASCADE, related_name="skus")
    sku = models.ForeignKey(Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="+")
    excluded = models.BooleanField(_("leave out"), default=False)

    class Meta:
        verbose_name = _("SKU of the rule")
        verbose_name_plural = _("SKUs of the rule")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "sku"],
                name="%(app_label)s_%(class)s_once_per_rule",
                violation_error_message=_("This SKU stands in the rule already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku}"


class ExchangeRuleVat(models.Model):
    """What is sent instead of a rate of VAT to a device whose format has no word for it.

    Without such a row the goods of that rate are left out there, and the preview says so.
    """

    rule = models.ForeignKey(ExchangeRule, verbose_name=_("rule"), on_delete=models.CASCADE, related_name="vat_rates")
    vat_rate = models.ForeignKey(VatRate, verbose_name=_("VAT rate"), on_delete=models.PROTECT, related_name="+")
    sent_as = models.CharField(_("send instead"), max_length=4, choices=TaxRate.choices)

    class Meta:
        verbose_name = _("substitute for a VAT rate")
        verbose_name_plural = _("substitutes for VAT rates")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "vat_rate"],
                name="%(app_label)s_%(class)s_once_per_rule",
                violation_error_message=_("This rate stands in the rule already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vat_rate} → {self.get_sent_as_display()}"
