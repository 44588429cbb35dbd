"""Goods that a rule may let through, for the tests of rules."""

from datetime import UTC, datetime
from decimal import Decimal

from django.db.models import F

from exchange.choices import FormatVersion
from exchange.services.rules import goods, positions
from retail.models import VatRate
from stock.models import Balance, WarehouseFeed
from tests.factories.retail import PriceFactory, SkuFactory

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATEST = FormatVersion.V3_3


def priced(rule, *, amount="99.00", rate="20", **kwargs):
    """Make a SKU with a price by the rule; at 20 %, which every format since 3.0 has a word for."""
    if "item" not in kwargs:
        kwargs.setdefault("item__vat_rate", VatRate.objects.get(code=rate))
    sku = SkuFactory(**kwargs)
    PriceFactory(sku=sku, price_type=rule.warehouse.retail_price_type, amount=Decimal(amount))
    return sku


def told(rule, *, after=None, version=LATEST):
    """Return what a device is told, by codes; those withdrawn with a minus."""
    rows = goods.changed(rule=rule, format_version=version, after=after, now=NOW)
    return sorted(f"{'-' if row.withdrawn else ''}{row.code}" for row in rows)


def here(rule):
    rule.refresh_from_db()
    return positions.now(rule=rule)


def leave(rule, sku, quantity):
    """Let so much of a SKU be left in the rule's warehouse, as a document would: with the feed's next revision."""
    feed = WarehouseFeed.objects.filter(warehouse=rule.warehouse)
    feed.update(revision=F("revision") + 1)
    Balance.objects.update_or_create(
        warehouse=rule.warehouse,
        sku=sku,
        defaults={"on_hand": quantity, "revision": feed.get().revision},
    )
