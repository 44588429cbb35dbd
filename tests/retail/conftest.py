from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories.retail import PriceFactory, PriceTypeFactory, SkuFactory


@pytest.fixture
def price_history():
    """A SKU whose price was 1, is 2, and will be 3."""
    sku, price_type, now = SkuFactory(), PriceTypeFactory(name="Город"), timezone.now()
    return [
        PriceFactory(sku=sku, price_type=price_type, valid_from=now + timedelta(days=days), amount=amount)
        for days, amount in ((-2, 1), (-1, 2), (1, 3))
    ]
