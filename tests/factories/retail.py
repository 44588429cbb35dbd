"""What exists: organizations, goods, codes, prices."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from retail.choices import MarkingKind, TimeZone
from retail.fields import gs1_check_digit
from retail.models import (
    Barcode,
    Characteristic,
    Counterparty,
    Item,
    ItemGroup,
    Organization,
    Pack,
    Price,
    PriceType,
    Shop,
    Sku,
    Unit,
    VatRate,
    Warehouse,
)

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def make_inn(number: int) -> str:
    """Return the valid company's INN that begins with 77 and this number."""
    digits = f"77{number:07d}"
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    return f"{digits}{sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11 % 10}"


def make_ean13(number: int, *, prefix: str = "460") -> str:
    """Return the valid EAN-13 of this prefix and number."""
    digits = f"{prefix}{number:0{12 - len(prefix)}d}"
    return digits + gs1_check_digit(digits)


class OrganizationFactory(DjangoModelFactory):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"ООО «Ромашка {n}»")
    inn = factory.Sequence(make_inn)
    kpp = "770101001"


class CounterpartyFactory(DjangoModelFactory):
    class Meta:
        model = Counterparty

    name = factory.Sequence(lambda n: f"ООО «Поставщик {n}»")
    inn = factory.Sequence(lambda n: make_inn(5_000_000 + n))
    kpp = "770101001"


class ShopFactory(DjangoModelFactory):
    class Meta:
        model = Shop

    class Params:
        far = factory.Trait(time_zone=TimeZone.VLADIVOSTOK)

    code = factory.Sequence(lambda n: f"S{n}")
    name = factory.Sequence(lambda n: f"Магазин {n}")
    organization = factory.SubFactory(OrganizationFactory)
    time_zone = TimeZone.MOSCOW


class PriceTypeFactory(DjangoModelFactory):
    class Meta:
        model = PriceType

    name = factory.Sequence(lambda n: f"Розничная {n}")


class WarehouseFactory(DjangoModelFactory):
    class Meta:
        model = Warehouse

    name = factory.Sequence(lambda n: f"Склад {n}")
    organization = factory.SubFactory(OrganizationFactory)
    retail_price_type = factory.SubFactory(PriceTypeFactory)


class ItemGroupFactory(DjangoModelFactory):
    class Meta:
        model = ItemGroup

    name = factory.Sequence(lambda n: f"Группа {n}")
    parent = None


class ItemFactory(DjangoModelFactory):
    """A thing counted in pieces, at 22 %."""

    class Meta:
        model = Item

    class Params:
        by_weight = factory.Trait(weighed=True, unit=factory.LazyFunction(lambda: Unit.objects.get(code="166")))
        marked = factory.Trait(marking=MarkingKind.SHOES)

    name = factory.Sequence(lambda n: f"Товар {n}")
    article = factory.Sequence(lambda n: f"A-{n}")
    unit = factory.LazyFunction(lambda: Unit.objects.get(code="796"))
    vat_rate = factory.LazyFunction(lambda: VatRate.objects.get(code="22"))


class CharacteristicFactory(DjangoModelFactory):
    class Meta:
        model = Characteristic

    item = factory.SubFactory(ItemFactory)
    name = factory.Sequence(lambda n: f"размер {n}")


class PackFactory(DjangoModelFactory):
    class Meta:
        model = Pack

    item = factory.SubFactory(ItemFactory)
    name = factory.Sequence(lambda n: f"короб {n}")
    quantity = Decimal(12)


class BarcodeFactory(DjangoModelFactory):
    """A valid EAN-13."""

    class Meta:
        model = Barcode

    value = factory.Sequence(make_ean13)
    sku = factory.SubFactory("tests.factories.retail.SkuFactory")


class PriceFactory(DjangoModelFactory):
    class Meta:
        model = Price

    price_type = factory.SubFactory(PriceTypeFactory)
    sku = factory.SubFactory("tests.factories.retail.SkuFactory")
    valid_from = LONG_AGO
    amount = Decimal("99.00")


class SkuFactory(DjangoModelFactory):
    """A SKU as the database made it: its name and revision are those the triggers stamped.

    `barcoded=True` gives it a barcode; `priced=True, price__price_type=…, price__amount=…` a price.
    """

    class Meta:
        model = Sku

    class Params:
        by_weight = factory.Trait(
            item=factory.SubFactory(ItemFactory, by_weight=True), plu=factory.Sequence(lambda n: 100 + n)
        )
        marked = factory.Trait(item=factory.SubFactory(ItemFactory, marked=True))
        varied = factory.Trait(
            characteristic=factory.SubFactory(CharacteristicFactory, item=factory.SelfAttribute("..item"))
        )
        packed = factory.Trait(pack=factory.SubFactory(PackFactory, item=factory.SelfAttribute("..item")))
        barcoded = factory.Trait(barcode=factory.RelatedFactory(BarcodeFactory, "sku"))
        priced = factory.Trait(price=factory.RelatedFactory(PriceFactory, "sku"))

    code = factory.Sequence(lambda n: f"{500_000 + n}")
    item = factory.SubFactory(ItemFactory)

    @classmethod
    def _after_postgeneration(cls, instance: Sku, create: bool, results: Any = None) -> None:
        if create:
            instance.refresh_from_db(fields=["name", "revision"])
