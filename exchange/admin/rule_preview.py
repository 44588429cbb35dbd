"""The preview on the page of a rule: what it is asked, and its counts, chips and rows in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exchange.choices import ExchangeKind, FormatVersion, Refusal
from exchange.models import ExchangeRule
from exchange.services.rules import preview
from retail.admin.edit_words import NOTHING
from retail.admin.filters import is_key

OWN = "http"
OWN_TITLE = gettext_lazy("HTTP service of Prilavok")
LONGEST = 100
COLOURS: dict[str, str] = {
    Refusal.WITHDRAWN: "",
    Refusal.LEFT_OUT: "",
    Refusal.GROUP_OUT: "",
    Refusal.NOT_CHOSEN: "",
    Refusal.MARKING: "",
    Refusal.NO_PRICE: "warning",
    Refusal.ZERO_PRICE: "warning",
    Refusal.NOT_IN_STOCK: "info",
    Refusal.VAT: "danger",
    Refusal.FORMAT: "danger",
}


@dataclass(frozen=True)
class Chip:
    """A button that shows one reason: how many there are, and whether it is the one that is looked at."""

    value: str
    title: str
    count: str
    chosen: bool


@dataclass(frozen=True)
class Row:
    """A SKU in words; `reason` is empty if it goes."""

    sku: int
    code: str
    name: str
    group: str
    price: str
    available: str
    reason: str
    colour: str


def controls(rule: ExchangeRule, *, url: str) -> dict[str, Any]:
    """Return what the panel begins with: the formats, that of the rule's equipment chosen."""
    used = list(rule.equipment.order_by("pk").values_list("exchange_kind", "format_version"))
    first = next(iter(used), (ExchangeKind.WEB_SERVICE, FormatVersion.V3_1))
    chosen = OWN if first[0] == ExchangeKind.HTTP else str(first[1])
    versions = [(str(version.value), _("EquipmentService %(version)s") % {"version": version.label})
                for version in reversed(FormatVersion)]  # fmt: skip
    return {"url": url, "formats": [*versions, (OWN, OWN_TITLE)], "chosen": chosen}


def seen(rule: ExchangeRule, *, asked: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Look at the rule as it is asked; what makes no sense is left out of the question."""
    shown = asked.get("preview_shown", asked.get("preview_current", ""))
    if shown not in {*Refusal.values, preview.PASSING}:
        shown = ""
    page = asked.get("preview_page", "1")
    found = preview.look(
        rule=rule,
        format_version=_version(asked.get("preview_format", "")),
        now=now,
        shown=shown,
        search=asked.get("preview_search", "")[:LONGEST],
        number=int(page) if is_key(page) else 1,
    )
    refused = found.looked_at - found.passing
    chips = [
        Chip(preview.PASSING, _("Go"), _figure(found.passing), shown == preview.PASSING),
        Chip("", _("Do not go"), _figure(refused), shown == ""),
        *(
            Chip(reason, str(Refusal(reason).label), _figure(count), shown == reason)
            for reason, count in found.refused.items()
        ),
    ]
    if shown and shown not in {preview.PASSING, *found.refused}:
        chips.append(Chip(shown, str(Refusal(shown).label), "0", chosen=True))
    return {
        "seen": found,
        "shown": shown,
        "chips": chips,
        "rows": [_row(row) for row in found.page],
        "before": found.number - 1,
        "after": found.number + 1 if found.number < found.pages else 0,
        "share": 100 * found.passing // found.looked_at if found.looked_at else 0,
        "passing": _figure(found.passing),
        "looked_at": _figure(found.looked_at),
        "found": _figure(found.found),
    }


def _row(seen: preview.Seen) -> Row:
    return Row(
        sku=seen.sku,
        code=seen.code,
        name=seen.name,
        group=seen.group or NOTHING,
        price=NOTHING if seen.price is None else _figure(seen.price),
        available=_figure(seen.available),
        reason=str(Refusal(seen.refusal).label) if seen.refusal else "",
        colour=COLOURS[seen.refusal] if seen.refusal else "success",
    )


def _figure(value: int | Decimal) -> str:
    return number_format(value, force_grouping=True)


def _version(asked: str) -> int | None:
    if asked == OWN:
        return None
    return int(asked) if is_key(asked) and int(asked) in FormatVersion.values else FormatVersion.V3_1.value
