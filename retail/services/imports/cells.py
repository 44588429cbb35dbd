"""Values of cells, as people and spreadsheets write them. Every reader raises `ValidationError` in words.

Readers get what is in the cell: text from CSV, also numbers, dates and booleans from Excel.
"""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from retail.services import formulas

_YES = {"1", "true", "yes", "y", "да", "д", "истина", "+", "x", "х"}
_NO = {"0", "false", "no", "n", "нет", "н", "ложь", "-"}
_MOMENT = re.compile(
    r"(?:(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})|(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2}))"
    r"(?:[ T](?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?)?"
)


def text(cell: Any) -> str:
    """Read a text. A number from Excel becomes its digits: 4600000000015.0 is "4600000000015"."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime | date | time):
        raise ValidationError(_("This is a date: format the column as text."))
    value = formulas.disarm(str(cell)).strip()
    if any(ord(sign) < 32 for sign in value.replace("\n", " ").replace("\t", " ")):
        raise ValidationError(_("The text holds signs that cannot be kept."))
    return " ".join(value.split())


def code(cell: Any) -> str:
    """Read a code, in which spaces mean nothing."""
    return text(cell).replace(" ", "")


def decimal(cell: Any) -> Decimal:
    """Read a number written with a point or a comma, perhaps with spaces between thousands."""
    if isinstance(cell, float) and abs(cell) < 1e15:  # False of what is not a number, too.
        return Decimal(repr(round(cell, 6)))
    written = re.sub(r"[\s\u00a0\u202f]", "", str(cell)).replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,20}(\.\d{0,10})?", written, re.ASCII):
        raise ValidationError(_("“%(value)s” is not a number."), params={"value": str(cell)[:50]})
    return Decimal(written)


def money(cell: Any) -> Decimal:
    """Read an amount in roubles with at most two digits of kopecks."""
    value = decimal(cell).normalize()
    if value < 0:
        raise ValidationError(_("A price is not negative."))
    if value != value.quantize(Decimal("0.01")):
        raise ValidationError(_("“%(value)s”: kopecks have two digits."), params={"value": str(cell)[:50]})
    if value >= Decimal(10) ** 13:
        raise ValidationError(_("The amount is too large."))
    return value.quantize(Decimal("0.01"))


def whole(cell: Any) -> int:
    """Read a whole number."""
    value = decimal(cell)
    if value != value.to_integral_value():
        raise ValidationError(_("“%(value)s” is not a whole number."), params={"value": str(cell)[:50]})
    return int(value)


def boolean(cell: Any) -> bool:
    """Read yes or no, in English, Russian, digits or signs."""
    if isinstance(cell, bool):
        return cell
    word = text(cell).casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise ValidationError(_("“%(value)s” is neither yes nor no."), params={"value": word[:50]})


def moment(cell: Any) -> datetime:
    """Read a date, with or without a time, in the current time zone: 31.12.2026, 2026-12-31 18:00, or Excel's own."""
    if isinstance(cell, datetime):
        return timezone.make_aware(cell) if timezone.is_naive(cell) else cell
    if isinstance(cell, date):
        return timezone.make_aware(datetime.combine(cell, time()))
    match = _MOMENT.fullmatch(str(cell).strip())
    try:
        if match:
            part = {name: int(digits) for name, digits in match.groupdict(default="0").items()}
            naive = datetime(  # noqa: DTZ001 - made aware in the next line.
                part["year"] or part["y"],
                part["month"] or part["m"],
                part["day"] or part["d"],
                part["hour"],
                part["minute"],
                part["second"],
            )
            return timezone.make_aware(naive)
    except ValueError:
        pass
    raise ValidationError(
        _("“%(value)s” is not a date: write 31.12.2026 or 31.12.2026 18:00."), params={"value": str(cell)[:50]}
    )
