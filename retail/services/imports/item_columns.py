"""The columns of a file of items, and how their cells are read."""

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Field, Model
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from retail.choices import ItemKind, MarkingKind
from retail.models import Characteristic, Item, ItemGroup, Sku
from retail.services.imports import cells
from retail.services.imports.columns import Column

_STEP = re.compile(r"\s*(?:>|(?<=\s)/(?=\s|$))\s*")  # A slash without spaces is part of a name: "Tea/coffee".


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _checked(model: type[Model], name: str, read: Callable[[Any], Any] = cells.text) -> Callable[[Any], Any]:
    """Read a cell and check it as the model's field does."""
    field = _field(model, name)

    def checked(cell: Any) -> Any:
        value = read(cell)
        field.run_validators(value)
        return value

    return checked


def _choice(choices: Iterable[tuple[str, Any]], words: dict[str, str]) -> Callable[[Any], str]:
    """Read one of the choices by its value or by its label in any of our languages."""

    @cache
    def known() -> dict[str, str]:
        labels = {value.casefold(): value for value, _label in choices} | words
        for language, _name in settings.LANGUAGES:
            with override(language):
                labels.update({str(label).casefold(): value for value, label in choices})
        return labels

    def choice(cell: Any) -> str:
        word = cells.text(cell)
        try:
            return known()[word.casefold()]
        except KeyError:
            raise ValidationError(_("“%(value)s” is not one of the choices."), params={"value": word[:50]}) from None

    return choice


def _vat(cell: Any) -> str:
    if isinstance(cell, float) and 0 < cell < 1:  # Excel's 22 % is 0.22.
        cell = round(cell * 100, 2)
    return cells.text(cell)


def _group(cell: Any) -> tuple[str, ...]:
    names = tuple(_STEP.split(cells.text(cell)))
    if not all(names) or len(names) > 20:
        raise ValidationError(_("A group is written as its path: Food / Dairy / Milk."))
    field = _field(ItemGroup, "name")
    for name in names:
        field.run_validators(name)
    return names


SKU = Column(
    "sku",
    _("SKU code"),
    _checked(Sku, "code", cells.code),
    _("Empty: the item is found by its article or name, and a new SKU gets the next free code."),
    "",
    ("код", "код sku"),
)
NAME = Column(
    "name",
    _("Name"),
    _checked(Item, "name"),
    _("Needed for a new item."),
    "Молоко 3,2 %, 1 л",
    ("наименование", "номенклатура", "товар"),
)
FULL_NAME = Column(
    "full_name",
    _("Name on the receipt"),
    _checked(Item, "full_name"),
    _("Empty: the name."),
    "",
    ("полное наименование", "наименование для печати"),
)
ARTICLE = Column(
    "article", _("Article"), _checked(Item, "article"), _("The maker's or your own article."), "ML-32", ("артикул",)
)
GROUP = Column(
    "group",
    _("Group"),
    _group,
    _("The path from the top; groups that are missing are made."),
    "Продукты / Молочные",
    ("группа",),
)
CHARACTERISTIC = Column(
    "characteristic",
    _("Characteristic"),
    _checked(Characteristic, "name"),
    _("A size, a colour; each has a row of its own."),
    "",
    ("характеристика",),
)
UNIT = Column(
    "unit",
    _("Unit"),
    cells.text,
    _("Short name or OKEI code; empty: pieces, or kilograms of a weighed item."),
    "шт",
    ("единица", "ед. изм.", "единица измерения"),
)
VAT_RATE = Column(
    "vat_rate", _("VAT rate"), _vat, _("22, 10, 0 or none; needed for a new item."), "10", ("ндс", "ставка ндс")
)
KIND = Column(
    "kind",
    _("Kind"),
    _choice(ItemKind.choices, {"товар": ItemKind.GOODS, "услуга": ItemKind.SERVICE}),
    _("Goods or service; empty: goods."),
    "",
    ("вид номенклатуры", "вид"),
)
WEIGHED = Column("weighed", _("Weighed"), cells.boolean, _("Yes or no; empty: no."), "", ("весовой",))
MARKING = Column(
    "marking",
    _("Marking"),
    _choice(MarkingKind.choices, {"-": "", "no": "", "none": "", "нет": "", "не маркируется": ""}),
    _("The group of obligatory marking, or no."),
    "",
    ("маркировка",),
)
PLU = Column(
    "plu",
    _("Scales code"),
    _checked(Sku, "plu", cells.whole),
    _("The number that scales print, up to 5 digits."),
    "",
    ("plu", "код весов"),
)
WITHDRAWN = Column(
    "withdrawn", _("Withdrawn"), cells.boolean, _("Yes takes the SKU off sale."), "", ("снят с продажи",)
)

ALL = (
    SKU,
    NAME,
    FULL_NAME,
    ARTICLE,
    GROUP,
    CHARACTERISTIC,
    UNIT,
    VAT_RATE,
    KIND,
    WEIGHED,
    MARKING,
    PLU,
    WITHDRAWN,
)
TITLES = {column.name: column.title for column in ALL}
