"""The rows that must exist before anything else: constants, the catalogue counter, units and VAT rates.

Laid after every migration (and so after every flush of a test database); what people have edited stays as it is.
"""

import secrets
from datetime import UTC, date, datetime
from decimal import Decimal

from retail.models import Catalogue, Constants, Unit, VatRate

UNITS = [("796", "штука", "шт"), ("166", "килограмм", "кг"), ("112", "литр", "л"), ("006", "метр", "м")]
VAT_RATES = [
    ("22", "НДС 22 %", Decimal(22), date(2026, 1, 1), None),
    ("20", "НДС 20 %", Decimal(20), date(2019, 1, 1), date(2025, 12, 31)),
    ("10", "НДС 10 %", Decimal(10), date(2004, 1, 1), None),
    ("0", "НДС 0 %", Decimal(0), date(2001, 1, 1), None),
    ("none", "Без НДС", None, date(2001, 1, 1), None),
]


def lay() -> None:
    """Create what is missing. Source of the rates: article 164 of the Tax Code as amended for 2026 (425-ФЗ)."""
    Constants.objects.get_or_create(pk=1)
    Catalogue.objects.get_or_create(
        pk=1, defaults={"epoch": secrets.token_hex(6), "prices_announced_at": datetime(2000, 1, 1, tzinfo=UTC)}
    )
    if not Unit.objects.exists():
        Unit.objects.bulk_create(Unit(code=code, name=name, short_name=short) for code, name, short in UNITS)
    if not VatRate.objects.exists():
        VatRate.objects.bulk_create(
            VatRate(code=code, name=name, percent=percent, valid_from=begins, valid_to=ends)
            for code, name, percent, begins, ends in VAT_RATES
        )
