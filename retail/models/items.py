"""What is sold, before it has a code: groups, items and their variants."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from tree_queries.models import TreeNode

from retail.choices import ItemKind, MarkingKind
from retail.fields import QuantityField


class ItemGroup(TreeNode):  # type: ignore[misc]  # The library is not typed.
    """A node of the tree of goods. `revision` is its place in the catalogue feed, stamped by the database."""

    name = models.CharField(_("name"), max_length=150)
    revision = models.BigIntegerField(_("revision"), default=0, editable=False)

    class Meta:
        verbose_name = _("item group")
        verbose_name_plural = _("item groups")
        constraints = [
            models.UniqueConstraint(
                fields=["parent", "name"],
                name="%(app_label)s_%(class)s_name_once_in_parent",
                nulls_distinct=False,
                violation_error_message=_("A group with this name already stands here."),
            ),
        ]
        indexes = [models.Index(fields=["revision"])]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    """A unit of measure; `code` is its code in ОКЕИ (796 piece, 166 kilogram), which fiscal documents need."""

    code = models.CharField(_("OKEI code"), max_length=4, unique=True)
    name = models.CharField(_("name"), max_length=50)
    short_name = models.CharField(_("short name"), max_length=10)

    class Meta:
        verbose_name = _("unit of measure")
        verbose_name_plural = _("units of measure")

    def __str__(self) -> str:
        return self.short_name


class VatRateQuerySet(models.QuerySet["VatRate"]):
    def valid(self, *, on: object) -> "VatRateQuerySet":
        return self.filter(Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on)


class VatRate(models.Model):
    """A rate of VAT as data: Russia had 20 % until the end of 2025 and has 22 % from 2026; 10, 0 and none stay.

    `code` is what registers are told and report ("22", "10", "0", "none"); `percent` is empty for "without VAT".
    """

    code = models.CharField(_("code"), max_length=10, unique=True)
    name = models.CharField(_("name"), max_length=50)
    percent = models.DecimalField(_("percent"), max_digits=5, decimal_places=2, null=True, blank=True)
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)

    objects = VatRateQuerySet.as_manager()

    class Meta:
        verbose_name = _("VAT rate")
        verbose_name_plural = _("VAT rates")
        constraints = [
            models.CheckConstraint(
                condition=Q(percent=None) | Q(percent__gte=0, percent__lt=100),
                name="%(app_label)s_%(class)s_percent_from_0_to_100",
                violation_error_message=_("The rate is a percentage from 0 to 100."),
            ),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=models.F("valid_from")),
                name="%(app_label)s_%(class)s_ends_after_it_begins",
                violation_error_message=_("The rate ends before it begins."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Item(models.Model):
    """«Номенклатура»: a thing the chain deals in. It is sold through its SKUs."""

    group = models.ForeignKey(
        ItemGroup, verbose_name=_("group"), on_delete=models.PROTECT, related_name="items", null=True, blank=True
    )
    name = models.CharField(_("name"), max_length=200)
    full_name = models.CharField(_("name on the receipt"), max_length=250, blank=True)
    article = models.CharField(_("article"), max_length=50, blank=True, db_index=True)
    kind = models.CharField(_("kind"), max_length=10, choices=ItemKind.choices, default=ItemKind.GOODS)
    unit = models.ForeignKey(Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="+")
    vat_rate = models.ForeignKey(VatRate, verbose_name=_("VAT rate"), on_delete=models.PROTECT, related_name="+")
    weighed = models.BooleanField(_("weighed"), default=False)
    marking = models.CharField(
        _("marking"), max_length=10, choices=MarkingKind.choices, default=MarkingKind.NONE, blank=True
    )
    withdrawn = models.BooleanField(
        _("withdrawn"), default=False, help_text=_("Registers are told once that it is no longer sold.")
    )

    class Meta:
        verbose_name = _("item")
        verbose_name_plural = _("items")

    def __str__(self) -> str:
        return self.name


class Characteristic(models.Model):
    """A variant of an item: a size, a colour, a taste."""

    item = models.ForeignKey(Item, verbose_name=_("item"), on_delete=models.CASCADE, related_name="characteristics")
    name = models.CharField(_("name"), max_length=100)

    class Meta:
        verbose_name = _("characteristic")
        verbose_name_plural = _("characteristics")
        constraints = [
            models.UniqueConstraint(
                fields=["item", "name"],
                name="%(app_label)s_%(class)s_once_per_item",
                violation_error_message=_("The item already has this characteristic."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Pack(models.Model):
    """A package of an item sold as a whole: a block, a box; `quantity` is how many base units it holds."""

    item = models.ForeignKey(Item, verbose_name=_("item"), on_delete=models.CASCADE, related_name="packs")
    name = models.CharField(_("name"), max_length=50)
    quantity = QuantityField(_("quantity in base units"))

    class Meta:
        verbose_name = _("pack")
        verbose_name_plural = _("packs")
        constraints = [
            models.UniqueConstraint(
                fields=["item", "name"],
                name="%(app_label)s_%(class)s_once_per_item",
                violation_error_message=_("The item already has this pack."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="%(app_label)s_%(class)s_holds_something",
                violation_error_message=_("A pack holds more than nothing."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
