"""What a rule does, for the person who sets it: how many SKUs pass, which do not, and why. One statement."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from exchange.models import ExchangeRule
from exchange.services.rules import formats
from exchange.services.rules.readers import reader

PAGE = 25
PASSING = "passing"
FARTHEST = 4000
_PREVIEW = reader("preview.sql")
_SIGNS = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_", "\x00": None})


class Seen(msgspec.Struct, frozen=True):
    """A SKU that was looked for; `refusal` is empty if it goes."""

    refusal: str
    sku: int
    code: str
    name: str
    group: str
    price: Decimal | None
    available: Decimal


class Preview(msgspec.Struct, frozen=True):
    """`refused` counts by reason, most first; `found` is how many there are of what `page` shows a part of."""

    passing: int
    refused: Mapping[str, int]
    page: Sequence[Seen]
    number: int
    found: int

    @property
    def looked_at(self) -> int:
        return self.passing + sum(self.refused.values())

    @property
    def pages(self) -> int:
        return min(-(-self.found // PAGE), FARTHEST)


def look(
    *,
    rule: ExchangeRule,
    format_version: int | None,
    now: datetime,
    shown: str = "",
    search: str = "",
    number: int = 1,
) -> Preview:
    """Judge every SKU by a rule, and return the page of that number.

    `shown` is a reason (of `Refusal`), `PASSING`, or empty: all that do not pass. `search` is part of a name, or the
    beginning of a code, an article or a barcode; what is found by it is shown whether it passes or not, unless `shown`
    says otherwise. `format_version` None is our own HTTP service.
    """
    number = max(1, min(number, FARTHEST))
    words = search.translate(_SIGNS).split()
    rows = _PREVIEW.rows(
        rule=rule.pk,
        now=now,
        shown=shown,
        words=[f"%{word}%" for word in words] or None,
        start=f"{words[0]}%" if len(words) == 1 else None,
        limit=PAGE,
        offset=(number - 1) * PAGE,
        **formats.parameters(format_version),
    )
    counts = {row[0] or "": row[1] for row in rows if row[2] is None}
    found = [row for row in rows if row[2] is not None]
    passing = counts.pop("", 0)
    return Preview(
        passing=passing,
        refused=dict(sorted(counts.items(), key=lambda count: (-count[1], count[0]))),
        page=[Seen(row[0] or "", row[3], row[4], row[5], row[6] or "", row[7], row[8]) for row in found],
        number=number,
        found=found[0][1] if found else 0,
    )
