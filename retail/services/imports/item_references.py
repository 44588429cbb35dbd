"""What items refer to: units, rates of VAT, and the tree of groups, which grows by what files name."""

import contextlib
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from retail.models import ItemGroup, Unit, VatRate

Path = tuple[str, ...]


class References:
    """Resolves what cells name. Rates must be valid on the day of the import."""

    def __init__(self, *, today: date) -> None:
        self._today = today
        self._units: dict[str, Unit] = {}
        for unit in Unit.objects.all():
            for word in (unit.code, unit.name, unit.short_name, f"{unit.short_name}."):
                self._units[word.casefold()] = unit
        self._rates: dict[str, VatRate] = {}
        for rate in VatRate.objects.order_by("valid_from"):
            for word in (rate.code, rate.name, _rate_word(rate.percent)):
                self._rates[word.casefold()] = rate
        self._groups: dict[Path, ItemGroup] = {}
        self._new_groups: list[tuple[int, ItemGroup]] = []

    def begin_chunk(self) -> None:
        """Read the groups as they now are: other people move them, too."""
        groups = ItemGroup.objects.with_tree_fields().tree_fields(tree_names="name")
        self._groups = {tuple(name.casefold() for name in group.tree_names): group for group in groups}
        self._new_groups = []

    def resolve(self, name: str, value: Any) -> Unit | VatRate | ItemGroup:
        """Return what a cell of the column `name` means. Raises `ValidationError`."""
        if name == "group":
            return self._group(value)
        return self._unit(value) if name == "unit" else self._rate(value)

    def save(self) -> None:
        """Make the groups that the chunk named first, from the top of the tree downwards."""
        for depth in sorted({depth for depth, _group in self._new_groups}):
            ItemGroup.objects.bulk_create(group for level, group in self._new_groups if level == depth)

    def _unit(self, word: str) -> Unit:
        try:
            return self._units[word.casefold()]
        except KeyError:
            raise ValidationError(_("There is no unit of measure “%(value)s”."), params={"value": word[:50]}) from None

    def _rate(self, word: str) -> VatRate:
        plain = word.casefold().replace("ндс", "").replace("vat", "").replace("%", "").replace(",", ".").strip()
        with contextlib.suppress(InvalidOperation):
            plain = _rate_word(Decimal(plain))
        rate = self._rates.get(word.casefold()) or self._rates.get(plain)
        if rate is None:
            raise ValidationError(_("There is no VAT rate “%(value)s”."), params={"value": word[:50]})
        if rate.valid_from > self._today or (rate.valid_to and rate.valid_to < self._today):
            raise ValidationError(
                _("The rate %(rate)s is not in force on %(day)s."),
                params={"rate": rate, "day": date_format(self._today, "SHORT_DATE_FORMAT")},
            )
        return rate

    def _group(self, path: Path) -> ItemGroup:
        key = tuple(name.casefold() for name in path)
        if key not in self._groups:
            parent = self._group(path[:-1]) if len(path) > 1 else None
            group = ItemGroup(name=path[-1], parent=parent)
            self._new_groups.append((len(path), group))
            self._groups[key] = group
        return self._groups[key]


def _rate_word(percent: Decimal | None) -> str:
    return "без" if percent is None else f"{percent.normalize():f}"
