"""What a receipt of УКМ 5 says, as the message every dialect makes of one."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from exchange.protocols.ukm5 import assumptions
from exchange.protocols.ukm5.values import Unclear, member, money, quantity, text
from registers.messages import Line, Payment, Receipt

ZERO = Decimal(0)


def read(told: Mapping[str, Any], *, kind: str, uid: str, number: int) -> Receipt:
    """Read a receipt; `uid` is its uid where no guid of a hold is told. Raises `Unclear`.

    One that was given up moves nothing: of it only what ends its hold is read, so that nothing else can be in the way.
    """
    known_as = guid(told) or uid
    if kind == "cancelled":
        return Receipt(uid=known_as, number=number, total=ZERO, lines=[])
    lines = [_line(place, item) for place, item in enumerate(_listed(told, "items"), start=1)]
    calculated = told.get("calculated")
    if isinstance(calculated, dict) and member(calculated, "amount") is not None:
        total = money(calculated, "amount", path="receipt.total")
    else:
        total = sum((line.amount for line in lines), ZERO)
    return Receipt(
        uid=known_as,
        number=number,
        total=total,
        lines=lines,
        payments=[_payment(one) for one in _listed(told, "payments")],
        cashier=text(told, "cashierName", "cashierId", limit=100),
        card=_card(told),
    )


def guid(told: Mapping[str, Any]) -> str:
    """Return the guid under which goods were held for the receipt; empty where none is told."""
    additional = told.get("additional")
    properties: Any = additional.get("properties") if isinstance(additional, dict) else None
    properties = properties or told.get("properties")
    if isinstance(properties, dict):
        properties = [{"id": name, "value": value} for name, value in properties.items()]
    for one in properties if isinstance(properties, list) else []:
        if isinstance(one, dict) and _is_guid(one):
            return assumptions.same_guid(_first(member(one, *assumptions.PROPERTY_VALUES)))
    return ""


def _is_guid(one: Mapping[str, Any]) -> bool:
    names = (one.get(name) for name in assumptions.PROPERTY_NAMES)
    return any(isinstance(name, str) and name.strip().upper() == assumptions.GUID for name in names)


def _first(value: Any) -> str:
    """Return the text of a property's value, which may be a list of values or one with a name of its own."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = member(value, "value", "name", "id")
    return value if isinstance(value, str) else ""


def _line(place: int, item: Mapping[str, Any]) -> Line:
    where = f"receipt.lines.{place}"
    product = item.get("productInfo")
    named: Mapping[str, Any] = product if isinstance(product, dict) else item
    price = money(item, "price", path=f"{where}.price")
    counted = quantity(item, "totalQuantity", "quantityByCashier", path=f"{where}.quantity")
    amount, discount = _amounts(item, price * counted, where)
    return Line(
        line=place,
        quantity=counted,
        price=price,
        amount=amount,
        sku=text(named, "scu", "sku", "article"),
        barcode=text(named, "barcode"),
        discount=discount,
        vat=text(named, "taxGroup"),
    )


def _amounts(item: Mapping[str, Any], at_price: Decimal, where: str) -> tuple[Decimal, Decimal]:
    """Return what the buyer pays for a line and what was taken off, as far as each is told."""
    whole = money(item, "totalAmount", path=f"{where}.amount") if member(item, "totalAmount") is not None else None
    discount = (
        money(item, "discountAmount", path=f"{where}.discount") if member(item, "discountAmount") is not None else None
    )
    if whole is None:
        whole = round(at_price, 2)
    if member(item, "totalWithDiscounts") is not None:
        paid = money(item, "totalWithDiscounts", path=f"{where}.amount")
    else:
        paid = whole - (discount or ZERO)
    return paid, whole - paid if discount is None else discount


def _payment(one: Mapping[str, Any]) -> Payment:
    said = text(one, "pType")
    kind = assumptions.PAYMENT_KINDS.get(said, said[:64])
    if kind == "card" and member(one, "qrRequisites") is not None:
        kind = assumptions.BY_QR
    return Payment(kind, money(one, "amount", path="receipt.payments"))


def _card(told: Mapping[str, Any]) -> str | None:
    """Return the number of the discount card, if one was shown."""
    additional = told.get("additional")
    if not isinstance(additional, dict):
        return None
    client = additional.get("client")
    number = text(client, "cardNumber") if isinstance(client, dict) else ""
    cards = additional.get("discountCards")
    if not number and isinstance(cards, list) and cards:
        card = cards[0]
        number = text(card, "cardNumber", "number", "id") if isinstance(card, dict) else _first(card)
    return number[:64] or None


def _listed(told: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of a list. Raises `Unclear` where there is something else."""
    value = told.get(name) or []
    if not isinstance(value, list):
        raise Unclear("unreadable", f"receipt.{name}")
    for place, one in enumerate(value, start=1):
        if not isinstance(one, dict):
            raise Unclear("unreadable", f"receipt.{name}.{place}")
        yield one
