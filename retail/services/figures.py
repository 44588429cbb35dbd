"""Amounts and quantities as people of the current language write them, one way on every page and in every refusal."""

from decimal import Decimal

from django.utils.formats import number_format


def money(amount: Decimal | None) -> str | None:
    """Return roubles with kopecks, in groups of three figures: 1 588 800,00."""
    return None if amount is None else number_format(amount, decimal_pos=2, force_grouping=True)


def quantity(number: Decimal) -> str:
    """Return a quantity without zeros at its end: 5 and 1 234,5, not 5,000 and 1234,500."""
    places = max(0, -int(number.normalize().as_tuple().exponent))
    return number_format(number, decimal_pos=places, force_grouping=True)
