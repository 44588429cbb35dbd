"""What the chain sells, as families of assortment.toml spell it out."""

import tomllib
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

BRAND_FACTORS = (Decimal("1.00"), Decimal("1.08"), Decimal("1.17"), Decimal("0.93"))
PIECE, KILOGRAM = "796", "166"


@dataclass(frozen=True)
class Product:
    """An item to be made. `price` is in roubles for one of its unit; an `exact` one is printed on the goods or law.

    `stock` is a shop's lowest and highest quantity, `pack` the name of a package and how many it holds; `demand` says
    how often customers take it.
    """

    article: str
    group: tuple[str, ...]
    name: str
    unit: str
    vat: str
    marking: str
    weighed: bool
    service: bool
    supplier: str
    price: Decimal
    exact: bool
    stock: tuple[int, int]
    demand: int
    characteristics: tuple[str, ...]
    pack: tuple[str, int] | None


def read() -> list[Product]:
    """Return every product, in the order of the file."""
    families = tomllib.loads(Path(__file__).with_name("assortment.toml").read_text(encoding="utf-8"))["family"]
    return [made for family in families for made in _products(family)]


def _products(family: dict[str, Any]) -> list[Product]:
    brands: list[str | None] = family.get("brands", [None])
    variants: list[tuple[str, int]] = family["variants"]
    choices = product(zip(brands, BRAND_FACTORS, strict=False), variants)
    return [
        _product(family, number, brand, factor, variant, price)
        for number, ((brand, factor), (variant, price)) in enumerate(choices, start=1)
    ]


def _product(
    family: dict[str, Any], number: int, brand: str | None, factor: Decimal, variant: str, price: int
) -> Product:
    weighed = family.get("weighed", False)
    exact = family.get("exact", False)
    return Product(
        article=f"{family['article']}-{number:03d}",
        group=tuple(family["group"].split(" / ")),
        name=" ".join(filter(None, (family.get("name"), brand and f"«{brand}»", variant))),
        unit=KILOGRAM if weighed else PIECE,
        vat=family.get("vat", "22"),
        marking=family.get("marking", ""),
        weighed=weighed,
        service=family.get("service", False),
        supplier=family.get("supplier", ""),
        price=_shop_price(price * factor, exact=exact),
        exact=exact,
        stock=tuple(family.get("stock", (60, 160))),
        demand=family.get("demand", 1),
        characteristics=_characteristics(family),
        pack=tuple(family["pack"]) if "pack" in family else None,
    )


def _shop_price(amount: Decimal, *, exact: bool) -> Decimal:
    """Make a price as shops write them: 96.90."""
    whole = amount.quantize(Decimal(1))
    return whole if exact else whole - Decimal("0.10")


def _characteristics(family: dict[str, Any]) -> tuple[str, ...]:
    axes = [family[axis] for axis in ("colours", "sizes") if axis in family]
    return tuple(", ".join(values) for values in product(*axes)) if axes else ()
