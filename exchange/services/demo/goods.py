"""Groups, items, SKUs, barcodes and prices, made of the assortment; and how the other steps see them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from exchange.services.demo import places
from exchange.services.demo.assortment import Product, read
from retail.choices import ItemKind
from retail.fields import gs1_check_digit
from retail.models import Barcode, Characteristic, Item, ItemGroup, Pack, Price, PriceType, Sku, Unit, VatRate
from retail.services import catalogue, skus

KOPECK = Decimal("0.01")
DIME = Decimal("0.1")
PACK_DISCOUNT = Decimal("0.97")
FACTORS = {places.CITY: Decimal(1), places.REGION: Decimal("0.96"), places.WHOLESALE: Decimal("0.82")}
PURCHASE_FACTOR = Decimal("0.68")
FIRST_PLU = 101


@dataclass(frozen=True, eq=False)
class Ware:
    """A SKU as the other steps see it: `prices` in force now, by price type; `barcode` is empty for weighed goods."""

    sku: Sku
    product: Product
    barcode: str
    prices: dict[str, Decimal]

    @property
    def stock(self) -> tuple[Decimal, Decimal]:
        """The lowest and highest quantity on a shop's shelf; of whole packs there are few."""
        if self.sku.pack_id:
            return Decimal(6), Decimal(20)
        low, high = self.product.stock
        return Decimal(low), Decimal(high)

    @property
    def purchase_price(self) -> Decimal:
        return (self.prices[places.CITY] * PURCHASE_FACTOR).quantize(KOPECK)


def make(*, began: datetime) -> None:
    """Write everything that is sold, in a handful of statements. Takes the catalogue's lock."""
    catalogue.lock()
    products = read()
    groups = _make_groups(products)
    units = {unit.code: unit for unit in Unit.objects.all()}
    rates = {rate.code: rate for rate in VatRate.objects.all()}
    items = Item.objects.bulk_create(
        Item(
            group=groups[product.group],
            name=product.name,
            article=product.article,
            kind=ItemKind.SERVICE if product.service else ItemKind.GOODS,
            unit=units[product.unit],
            vat_rate=rates[product.vat],
            weighed=product.weighed,
            marking=product.marking,
        )
        for product in products
    )
    made = Sku.objects.bulk_create(_skus(list(zip(products, items, strict=True))))
    Barcode.objects.bulk_create(_barcodes(made))
    _make_prices(made, {product.article: product for product in products}, began)


def wares(*, at: datetime) -> list[Ware]:
    """Return what was made, in the order of SKUs, with the prices in force at a moment."""
    products = {product.article: product for product in read()}
    barcodes: dict[int, str] = {}
    for sku_id, value in Barcode.objects.order_by("pk").values_list("sku_id", "value"):
        barcodes.setdefault(sku_id, value)
    prices: dict[int, dict[str, Decimal]] = {}
    for price in Price.objects.in_force(at=at).select_related("price_type"):
        prices.setdefault(price.sku_id, {})[price.price_type.name] = price.amount
    known = Sku.objects.filter(item__article__in=products).select_related("item__vat_rate").order_by("pk")
    return [Ware(sku, products[sku.item.article], barcodes.get(sku.pk, ""), prices[sku.pk]) for sku in known]


def midnight(moment: datetime, *, days: int = 0) -> datetime:
    """Return the beginning of a moment's day, or of a day so many days away, by the server's clock."""
    day = timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=days)


def _make_groups(products: Sequence[Product]) -> dict[tuple[str, ...], ItemGroup]:
    paths = dict.fromkeys(product.group[:depth] for product in products for depth in (1, 2))
    groups: dict[tuple[str, ...], ItemGroup] = {}
    for depth in (1, 2):
        level = [path for path in paths if len(path) == depth]
        made = ItemGroup.objects.bulk_create(ItemGroup(name=path[-1], parent=groups.get(path[:-1])) for path in level)
        groups.update(zip(level, made, strict=True))
    return groups


def _skus(items: Sequence[tuple[Product, Item]]) -> list[Sku]:
    """Return a SKU of every item or of each of its variants, and one of its pack."""
    variants = Characteristic.objects.bulk_create(
        Characteristic(item=item, name=name) for product, item in items for name in product.characteristics
    )
    packs = Pack.objects.bulk_create(
        Pack(item=item, name=product.pack[0], quantity=product.pack[1]) for product, item in items if product.pack
    )
    varied = {variant.item_id for variant in variants}
    made = [Sku(item=item) for _product, item in items if item.pk not in varied]
    made += [Sku(item=variant.item, characteristic=variant) for variant in variants]
    made += [Sku(item=pack.item, pack=pack) for pack in packs]
    plu = FIRST_PLU
    for sku, code in zip(made, skus.next_codes(len(made)), strict=True):
        sku.code = code
        if sku.item.weighed:
            sku.plu = plu
            plu += 1
    return made


def _barcodes(made: Sequence[Sku]) -> Iterator[Barcode]:
    """Yield an EAN-13 for what is sold by the piece, an ITF-14 for packs, and a second EAN-13 for some."""
    for place, sku in enumerate(made, start=1):
        if sku.item.weighed or sku.item.kind == ItemKind.SERVICE:
            continue
        digits = f"46070{place:07d}"
        if sku.pack_id:
            digits = f"1{digits}"
        yield Barcode(sku=sku, value=digits + gs1_check_digit(digits))
        if place % 25 == 0:
            other = f"46071{place:07d}"
            yield Barcode(sku=sku, value=other + gs1_check_digit(other))


def _make_prices(made: Sequence[Sku], products: dict[str, Product], began: datetime) -> None:
    """Write a price of every type; some have risen a few days ago, some are to rise in a few days."""
    rng = Random("prices")
    old, recent, coming = (midnight(began, days=days) for days in (-60, -5, 3))
    types = {price_type.name: price_type for price_type in PriceType.objects.all()}
    rows = []
    for sku in made:
        fate = rng.random()
        for name, amount in _amounts(products[sku.item.article], packed=sku.pack_id is not None).items():
            moments = [(old, amount)]
            if fate < 0.12:
                moments = [(old, _tidy(amount * Decimal("0.94"))), (recent, amount)]
            elif fate > 0.92:
                moments.append((coming, _tidy(amount * Decimal("1.06"))))
            rows += [Price(price_type=types[name], sku=sku, valid_from=at, amount=sum_) for at, sum_ in moments]
    Price.objects.bulk_create(rows)


def _amounts(product: Product, *, packed: bool) -> dict[str, Decimal]:
    """Return what a SKU costs by each price type. A price printed on the goods is one for all who sell by retail."""
    price = product.price * (product.pack[1] if packed and product.pack else 1)
    if packed and not product.exact:
        price *= PACK_DISCOUNT
    return {
        name: _tidy(price * (1 if product.exact and name != places.WHOLESALE else factor))
        for name, factor in FACTORS.items()
    }


def _tidy(amount: Decimal) -> Decimal:
    return amount.quantize(DIME)
