"""What one register reports of one shift, as its own program would put it: bodies to the KKMTransfer contract."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from exchange.services.demo.goods import KOPECK, Ware
from registers.choices import PaymentKind
from retail.fields import gs1_check_digit

ZERO = Decimal("0.00")
FLOAT = Decimal("5000.00")
DISCOUNT = Decimal("0.05")
SCALES_PREFIX = "20"
CANCELLED, RETURNED = 7, 12  # places in the day's queue of customers
LEAD = timedelta(minutes=6)  # from opening the shift to the first customer, and from the last to closing it

Body = dict[str, Any]


@dataclass
class Journal:
    """Where a register's own numbers stand; they go on from shift to shift."""

    register: int
    cashier: str
    number: int
    document: int
    rng: Random

    @property
    def drive(self) -> str:
        return f"99604403{self.register:08d}"

    def uid(self) -> str:
        """Return what a register's random uuid looks like, the same for the same seed."""
        digits = f"{self.rng.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


@dataclass
class Tally:
    """The counters a register keeps over a shift."""

    sales: Decimal = ZERO
    returns: Decimal = ZERO
    receipts: int = 0
    return_receipts: int = 0
    payments: dict[str, Decimal] = field(default_factory=dict)
    moved: Decimal = ZERO

    def add(self, kind: str, receipt: Body) -> None:
        sign = 1 if kind == "sale" else -1
        if kind == "sale":
            self.sales += Decimal(receipt["total"])
            self.receipts += 1
        else:
            self.returns += Decimal(receipt["total"])
            self.return_receipts += 1
        for payment in receipt["payments"]:
            paid = sign * Decimal(payment["amount"])
            self.payments[payment["kind"]] = self.payments.get(payment["kind"], ZERO) + paid

    @property
    def drawer(self) -> Decimal:
        return self.payments.get(PaymentKind.CASH, ZERO) + self.moved

    def counters(self) -> Body:
        return {
            "sales": str(self.sales),
            "returns": str(self.returns),
            "receipts": self.receipts,
            "return_receipts": self.return_receipts,
            "cash": str(self.payments.get(PaymentKind.CASH, ZERO)),
            "card": str(self.payments.get(PaymentKind.CARD, ZERO)),
            "cash_in_drawer": str(self.drawer),
        }


@dataclass
class Shift:
    """A shift from `opens` to `closes`, seen at `until`: what is later has not happened yet.

    `wares` are what its shop sells, at prices of `price_type`.
    """

    journal: Journal
    number: int
    opens: datetime
    closes: datetime
    until: datetime
    customers: int
    wares: Sequence[Ware]
    price_type: str
    tally: Tally = field(default_factory=Tally)
    receipts: int = 0

    def report(self) -> Iterator[Body]:
        """Yield what happened, in order."""
        rng = self.journal.rng
        yield self._event(self.opens, "shift_open")
        self.tally.moved += FLOAT
        yield self._event(self.opens + LEAD / 3, "cash_in", amount=str(FLOAT))
        span = (self.closes - self.opens - 2 * LEAD).total_seconds()
        moments = sorted(rng.uniform(0, span) for _customer in range(self.customers))
        first: Body | None = None
        for place, seconds in enumerate(moments):
            at = self.opens + LEAD + timedelta(seconds=int(seconds))
            if at >= self.until:
                return
            if place == RETURNED and first:
                yield self._receipt(at, "return", self._taken_back(first), of=first["uid"])
                continue
            event = self._receipt(at, "cancelled" if place == CANCELLED else "sale", self._basket())
            first = first or event["receipt"]
            yield event
        if self.closes < self.until:
            yield from self._close()

    def _close(self) -> Iterator[Body]:
        taken = (self.tally.drawer - FLOAT).max(ZERO)
        self.tally.moved -= taken
        yield self._event(self.closes - LEAD / 3, "cash_out", amount=str(taken))
        yield self._event(self.closes, "shift_close", counters=self.tally.counters())

    def _event(self, at: datetime, kind: str, **fields: Any) -> Body:
        self.journal.number += 1
        return {
            "number": self.journal.number,
            "occurred_at": at.isoformat(timespec="seconds"),
            "uid": self.journal.uid(),
            "kind": kind,
            "shift": self.number,
            **fields,
        }

    def _receipt(self, at: datetime, kind: str, lines: list[Body], *, of: str | None = None) -> Body:
        journal, rng = self.journal, self.journal.rng
        total = sum((Decimal(line["amount"]) for line in lines), ZERO)
        self.receipts += 1
        receipt: Body = {
            "uid": journal.uid(),
            "number": self.receipts,
            "cashier": journal.cashier,
            "total": str(total),
            "lines": lines,
            "payments": [] if kind == "cancelled" else self._payments(total),
        }
        if of:
            receipt["of"] = of
        if kind != "cancelled":
            journal.document += 1
            receipt["fiscal"] = {
                "drive": journal.drive,
                "document": journal.document,
                "sign": f"{rng.getrandbits(32):010d}",
            }
            self.tally.add(kind, receipt)
        return self._event(at, kind, receipt=receipt)

    def _payments(self, total: Decimal) -> list[Body]:
        rng = self.journal.rng
        kind = rng.choices([PaymentKind.CARD, PaymentKind.CASH, PaymentKind.SBP], weights=[6, 3, 1])[0]
        if kind == PaymentKind.CARD and total > 1000 and rng.random() < 0.1:
            cash = Decimal(500)
            return [_payment(PaymentKind.CASH, cash), _payment(PaymentKind.CARD, total - cash)]
        return [_payment(kind, total)]

    def _basket(self) -> list[Body]:
        rng = self.journal.rng
        count = rng.choices([1, 2, 3, 4, 5, 7], weights=[3, 4, 4, 3, 2, 1])[0]
        taken = rng.choices(self.wares, weights=[ware.product.demand for ware in self.wares], k=count)
        discounted = rng.random() < 0.08
        return [
            self._line(place, ware, discounted=discounted) for place, ware in enumerate(dict.fromkeys(taken), start=1)
        ]

    def _line(self, place: int, ware: Ware, *, discounted: bool) -> Body:
        rng = self.journal.rng
        if ware.product.weighed:
            quantity = Decimal(rng.randrange(180, 2400, 2)).scaleb(-3)
        else:
            quantity = Decimal(rng.choices([1, 2, 3], weights=[7, 2, 1])[0])
        price = ware.prices[self.price_type]
        full = (price * quantity).quantize(KOPECK, ROUND_HALF_UP)
        discount = (full * DISCOUNT).quantize(KOPECK, ROUND_HALF_UP) if discounted else ZERO
        return {
            "line": place,
            "sku": ware.sku.code,
            "barcode": _label(ware, quantity) if ware.product.weighed else ware.barcode,
            "quantity": f"{quantity:.3f}",
            "price": str(price),
            "discount": str(discount),
            "amount": str(full - discount),
            "vat": ware.product.vat,
            "marks": self._marks(ware, quantity),
        }

    def _marks(self, ware: Ware, quantity: Decimal) -> list[str]:
        """Return an identification code («Честный ЗНАК») for each marked piece."""
        if not ware.product.marking or ware.product.weighed:
            return []
        gtin = ware.barcode.zfill(14)
        return [f"01{gtin}215{self.journal.rng.getrandbits(40):012X}" for _piece in range(int(quantity))]

    def _taken_back(self, receipt: Body) -> list[Body]:
        return [{**receipt["lines"][0], "line": 1}]


def _payment(kind: PaymentKind, amount: Decimal) -> Body:
    return {"kind": kind.value, "amount": str(amount.quantize(KOPECK))}


def _label(ware: Ware, quantity: Decimal) -> str:
    """Return the barcode that scales print: prefix, scales code, grams, check digit."""
    digits = f"{SCALES_PREFIX}{ware.sku.plu:05d}{int(quantity * 1000):05d}"
    return digits + gs1_check_digit(digits)
