"""The kinds of value the books are kept in, and what each may hold."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
FARTHEST_AHEAD = timedelta(days=366)


class QuantityField(models.DecimalField):
    """A quantity of goods in the SKU's own unit: up to 12 digits before the point, grams and millilitres after it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 15)
        kwargs.setdefault("decimal_places", 3)
        super().__init__(*args, **kwargs)


class MoneyField(models.DecimalField):
    """An amount in roubles and kopecks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 15)
        kwargs.setdefault("decimal_places", 2)
        super().__init__(*args, **kwargs)


def validate_document_date(value: datetime) -> None:
    """Refuse what can only be a misprint: a document of the last century, or of more than a year ahead.

    Raises `ValidationError`.
    """
    if not FIRST_DAY <= value <= timezone.now() + FARTHEST_AHEAD:
        raise ValidationError(
            _("Look for a misprint in the date: documents are dated from the year 2000 to a year ahead."), code="date"
        )


def _inn_check_digit(digits: str, weights: tuple[int, ...]) -> int:
    return sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False)) % 11 % 10


def validate_inn(value: str) -> None:
    """Check the digits of an INN: 10 for a company, 12 for a person (order of the Federal Tax Service ММВ-7-6/435).

    Raises `ValidationError`.
    """
    if not re.fullmatch(r"\d{10}|\d{12}", value, re.ASCII):
        raise ValidationError(_("An INN has 10 digits (a company) or 12 (a person)."), code="inn")
    tail = (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    if len(value) == 10:
        expected = str(_inn_check_digit(value, tail[1:]))
        given = value[9]
    else:
        expected = f"{_inn_check_digit(value, tail)}{_inn_check_digit(value, (3, *tail))}"
        given = value[10:]
    if given != expected:
        raise ValidationError(_("The check digits of the INN do not agree: look for a misprint."), code="inn")


def validate_kpp(value: str) -> None:
    """Check the form of a KPP: 4 digits of the tax office, 2 digits or Latin letters of the reason, 3 of the order.

    A KPP carries no check digit, so its form is all that can be checked. Raises `ValidationError`.
    """
    if not re.fullmatch(r"\d{4}[0-9A-Z]{2}\d{3}", value, re.ASCII):
        raise ValidationError(_("A KPP has 9 signs: 4 digits, 2 digits or Latin letters, 3 digits."), code="kpp")


def gs1_check_digit(digits: str) -> str:
    """Return the GS1 check digit of the digits before it (GS1 General Specifications, 7.9)."""
    weights = (3 if place % 2 == 0 else 1 for place in range(len(digits)))
    return str(-sum(int(digit) * weight for digit, weight in zip(reversed(digits), weights, strict=True)) % 10)


def validate_barcode(value: str) -> None:
    """Check a barcode: printable, and with a right check digit where its length says it carries one.

    Raises `ValidationError`.
    """
    if not re.fullmatch(r"[!-~]{1,60}", value):
        raise ValidationError(
            _("A barcode is made of Latin letters, digits and signs, without spaces."), code="barcode"
        )
    if value.isdigit() and len(value) in (8, 12, 13, 14) and gs1_check_digit(value[:-1]) != value[-1]:
        raise ValidationError(
            _("The check digit of barcode %(value)s should be %(digit)s."),
            code="barcode",
            params={"value": value, "digit": gs1_check_digit(value[:-1])},
        )
