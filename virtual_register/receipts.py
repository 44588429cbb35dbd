"""Making a receipt: what is scanned becomes priced lines, by a till's own rules and without asking anybody."""

import random
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from uuid import uuid4

import msgspec
from msgspec import UNSET, UnsetType

from virtual_register.errors import RegisterError
from virtual_register.wire import Fiscal, Good, Line, Payment, Receipt, money, quantity

UNMARKED = frozenset({"", "none"})


class Item(msgspec.Struct, frozen=True):
    """Something put on the counter."""

    good: Good
    barcode: str
    quantity: Decimal
    price: Decimal
    marks: tuple[str, ...] = ()

    @property
    def amount(self) -> Decimal:
        return money(self.price * self.quantity)


def parse_quantity(text: str) -> Decimal:
    """Read a quantity or a sum. Raises `RegisterError` unless it is above zero with three decimals at most."""
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        raise RegisterError(f"{text} is not a number.") from None
    if not value.is_finite() or value <= 0 or value >= 10**9:
        raise RegisterError(f"{text}: a number above zero is needed.")
    if value != value.quantize(Decimal("0.001")):
        raise RegisterError(f"{text}: three decimals at most.")
    return value


def parse_money(text: str) -> Decimal:
    """Read a sum of money. Raises `RegisterError`."""
    value = parse_quantity(text)
    if value != money(value):
        raise RegisterError(f"{text}: kopecks have two decimals.")
    return money(value)


def split_code(text: str) -> tuple[str, str | None]:
    """Read "2*4600000000015" (or the other way round, as tills differ) into code and quantity."""
    first, star, second = text.partition("*")
    if not star:
        return text, None
    return (first, second) if len(first) > len(second) else (second, first)


def take(good: Good, barcode: str, asked: Decimal) -> Item:
    """Put a good on the counter. Raises `RegisterError` when a till would not let it through."""
    if good.withdrawn:
        raise RegisterError(f"{good.name} ({good.sku}) is no longer sold.")
    if not good.price:
        raise RegisterError(f"{good.name} ({good.sku}) has no price.")
    if not good.weighed and asked != asked.to_integral_value():
        raise RegisterError(f"{good.name} ({good.sku}) is sold by the piece: {asked} is not a whole number.")
    return Item(good, barcode, quantity(asked), money(good.price), _marks(good, barcode, asked))


def compose(
    items: Sequence[Item],
    *,
    number: int,
    fiscal: Fiscal,
    cashier: str,
    paid_by: str,
    card: str | None = None,
    of: str | UnsetType = UNSET,
    paid: bool = True,
    uid: str | None = None,
) -> Receipt:
    """Make a receipt of what lies on the counter; one that is given up is not `paid` and leaves no fiscal document."""
    lines = [
        Line(
            line=place,
            sku=item.good.sku,
            barcode=item.barcode,
            quantity=item.quantity,
            price=item.price,
            discount=Decimal("0.00"),
            amount=item.amount,
            vat=item.good.vat or "",
            marks=list(item.marks),
        )
        for place, item in enumerate(items, start=1)
    ]
    total = sum((line.amount for line in lines), Decimal("0.00"))
    return Receipt(
        uid=uid or str(uuid4()),
        number=number,
        cashier=cashier,
        total=total,
        lines=lines,
        payments=[Payment(paid_by, total)] if paid else [],
        card=card,
        of=of,
        fiscal=fiscal if paid else UNSET,
    )


def fiscal_document(register: str, document: int) -> Fiscal:
    """Make up what a fiscal drive would have signed: the numbers are of the right length and mean nothing."""
    drive = f"9999{int(''.join(filter(str.isdigit, register)) or 0) % 10**12:012d}"
    return Fiscal(drive=drive, document=document, sign=f"{random.Random(f'{drive}:{document}').randrange(10**10):010d}")


def _marks(good: Good, barcode: str, asked: Decimal) -> tuple[str, ...]:
    """Make up an identification code for each piece of marked goods, as a cashier would scan it from the pack."""
    if (good.marking or "") in UNMARKED or asked != asked.to_integral_value():
        return ()
    gtin = (barcode or "0").zfill(14)[-14:]
    return tuple(f"01{gtin}21{uuid4().hex[:13]}" for _piece in range(int(asked)))
