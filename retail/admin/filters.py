"""How lists of goods are narrowed."""

from collections.abc import Sequence
from typing import Any, TypeGuard

from django.contrib.admin import ModelAdmin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from retail.models import Barcode, ItemGroup, Price

Choices = Sequence[tuple[str, Any]]

MAX_KEY_DIGITS = 18


def is_key(value: str | None) -> TypeGuard[str]:
    """Tell whether what an address says can be the key of a row."""
    return bool(value and value.isascii() and value.isdecimal() and len(value) <= MAX_KEY_DIGITS)


class GroupFilter(DropdownFilter):
    """A group with everything below it."""

    title = _("group")
    parameter_name = "group"
    path = "group"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Choices:
        groups = ItemGroup.objects.with_tree_fields().order_siblings_by("name")
        return [(str(group.pk), "\u2003" * group.tree_depth + group.name) for group in groups]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not is_key(value):
            return queryset
        ids = [group.pk for group in ItemGroup.objects.descendants(int(value), include_self=True)]
        return queryset.filter(**{f"{self.path}__in": ids})


class SkuGroupFilter(GroupFilter):
    path = "item__group"


class OnSaleFilter(DropdownFilter):
    title = _("sale")
    parameter_name = "sale"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Choices:
        return [("on", _("On sale")), ("off", _("Withdrawn"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "on":
                return queryset.filter(withdrawn=False)
            case "off":
                return queryset.filter(withdrawn=True)
        return queryset


class LackingFilter(DropdownFilter):
    """SKUs that nobody can sell yet."""

    title = _("what is lacking")
    parameter_name = "lacking"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Choices:
        return [("barcode", _("Without a barcode")), ("price", _("Without a price"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "barcode":
                return queryset.exclude(Exists(Barcode.objects.filter(sku=OuterRef("pk"))))
            case "price":
                begun = Price.objects.filter(sku=OuterRef("pk"), valid_from__lte=timezone.now())
                return queryset.exclude(Exists(begun))
        return queryset


class PriceStateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Any]") -> Choices:
        return [("in_force", _("In force")), ("ahead", _("Ahead")), ("past", _("Past"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = timezone.now()
        match self.value():
            case "in_force":
                return queryset.filter(superseded=False, valid_from__lte=now)
            case "ahead":
                return queryset.filter(valid_from__gt=now)
            case "past":
                return queryset.filter(superseded=True, valid_from__lte=now)
        return queryset
