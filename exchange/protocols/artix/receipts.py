"""A document of a sale or a return, as the message every dialect makes of one."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from exchange.protocols.artix import assumptions
from exchange.protocols.artix.values import code, is_told, listed, money, quantity, text
from registers.messages import BillingRecord, Fiscal, Line, Payment, Receipt

ZERO, KOPECK = Decimal("0.00"), Decimal("0.01")
LONGEST_UID = 64


def is_given_up(told: Mapping[str, Any]) -> bool:
    """Tell whether a payment of it failed so that the receipt was given up as a whole. Raises `Unclear`."""
    return any(code(one, "opcode") == assumptions.PAID for _place, one in listed(told, "failedmoneypositions"))


def read(told: Mapping[str, Any], *, kind: str, uid: str, cash: str, kinds: Mapping[str, str]) -> Receipt:
    """Read a receipt; `kinds` are our kinds of payment by the till's codes. Raises `Unclear`.

    One that was given up moves nothing: of it only its number is read, so that nothing else can be in the way.
    """
    printed = code(told, "docnum") or 0
    if kind == "cancelled":
        return Receipt(uid=uid, number=printed, total=ZERO, lines=[])
    lines = [_line(place, one, kind) for place, one in listed(told, "inventpositions")]
    total = sum((line.amount for line in lines), ZERO)
    if is_told(told, "docsum"):
        total = abs(money(told, "docsum", path="receipt.total"))
    document = code(told, "frdocnum")
    return Receipt(
        uid=uid,
        number=printed,
        total=total,
        lines=lines,
        payments=[Payment(kinds.get(said, said), amount) for said, amount in payments(told)],
        cashier=text(told, "usercode")[:100],
        card=card(told) or None,
        of=_sale(told, cash) if kind == "return" else None,
        fiscal=Fiscal(document=document) if document else Fiscal(),
    )


def payments(told: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
    """Return what was kept of the buyer's money, or given back, by the till's codes, less change. Raises `Unclear`."""
    sums: dict[str, Decimal] = {}
    for place, one in listed(told, "moneypositions"):
        amount = abs(money(one, "sumb", path=f"receipt.payments.{place}"))
        operation, said = code(one, "opcode"), text(one, "valcode")
        known = operation in assumptions.CHANGE | assumptions.GIVEN_BACK | {assumptions.PAID}
        by = said if known else f"{said} ({text(one, 'opcode')})"
        sums[by] = sums.get(by, ZERO) + (-amount if operation in assumptions.CHANGE else amount)
    return [(said, amount) for said, amount in sums.items() if amount]


def billing(told: Mapping[str, Any], receipt: Receipt, kind: str) -> list[BillingRecord]:
    """Return what a receipt does to its card: a return takes back so much of what its sale did. Raises `Unclear`."""
    if not receipt.card:
        return []
    given = taken = ZERO
    for place, one in listed(told, "inventpositions"):
        where = f"receipt.lines.{place}.bonuses"
        given += sum((abs(money(bonus, "amount", path=where)) for _n, bonus in listed(one, "bonuspositions")), ZERO)
        for _n, discount in listed(one, "discountpositions"):
            if text(discount, "disctype").lower() == assumptions.BY_BONUS:
                taken += abs(money(discount, "discsum", path=where))
    if kind == "sale":
        redeemed = BillingRecord(kind="redeem", uid=_operation(receipt.uid, "r"), bonuses=taken)
        accrued = BillingRecord(
            kind="accrue", uid=_operation(receipt.uid, "a"), bonuses=given, turnover=receipt.total, receipts=1
        )
        return [redeemed, accrued] if taken else [accrued]
    if not receipt.of:
        return []
    accrued = BillingRecord(
        kind="reverse",
        uid=_operation(receipt.uid, "a"),
        bonuses=given,
        turnover=receipt.total,
        of=_operation(receipt.of, "a"),
    )
    redeemed = BillingRecord(
        kind="reverse", uid=_operation(receipt.uid, "r"), bonuses=taken, of=_operation(receipt.of, "r")
    )
    return [accrued, redeemed] if taken else [accrued]


def card(told: Mapping[str, Any]) -> str:
    """Return the number of the first card that was shown, empty where none was. Raises `Unclear`."""
    return next((said for _n, one in listed(told, "cardpositions") if (said := text(one, "number"))), "")[:64]


def _line(place: int, one: Mapping[str, Any], kind: str) -> Line:
    where = f"receipt.lines.{place}"
    counted = quantity(one, "quant", path=f"{where}.quantity")
    price = money(one, "price", path=f"{where}.price")
    amount = money(one, "possum", path=f"{where}.amount")
    if kind == "return":  # Whichever way it is signed, it comes back.
        counted, amount = abs(counted), abs(amount)
    before = (price * counted).quantize(KOPECK)
    if is_told(one, "basesum"):
        before = money(one, "basesum", path=f"{where}.discount")
        before = abs(before) if kind == "return" else before
    mark = text(one, "excisemark")
    return Line(
        line=code(one, "posnum") or place,
        quantity=counted,
        price=price,
        amount=amount,
        sku=text(one, "inventcode"),
        barcode=text(one, "barcode", "bcode_main"),
        discount=before - amount,
        marks=[mark] if mark else [],
    )


def _sale(told: Mapping[str, Any], cash: str) -> str | None:
    """Return the uid of the sale that a return takes back, as the document or the first line of it names it."""
    said = text(told, "sourceidentifier")
    if not said:
        named = (text(one, "sourceidentifier") for _n, one in listed(told, "inventpositions"))
        said = next((one for one in named if one), "")
    return assumptions.known_as(assumptions.sale_of(said), cash) if said else None


def _operation(uid: str, what: str) -> str:
    """Return the uid of what a receipt does to a card, by which its return finds it."""
    return f"{uid[: LONGEST_UID - 2]}:{what}"
