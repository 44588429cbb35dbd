"""What stock control answers, and how the database's answer is read."""

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from stock.choices import ReservationState
from stock.services.reservations.refusals import Holder, LineRefusal, NotAsked, ReceiptClosed, Refused

_REFUSALS = {refusal.code: refusal for refusal in (NotAsked, ReceiptClosed)}


class Asker(NamedTuple):
    """The register that a token in use belongs to, as far as an answer needs to know it."""

    register: int
    number: int


class GrantedLine(msgspec.Struct, frozen=True, gc=False):
    """A line that may be sold. `available` is what is free for anybody now; None of what is not held (services)."""

    line: int
    sku: str
    quantity: Decimal
    available: Decimal | None


class Granted(msgspec.Struct, frozen=True, gc=False):
    """All that was asked is held until `expires_at`, which every further line moves on."""

    lines: list[GrantedLine]
    expires_at: datetime


class HeldLine(msgspec.Struct, frozen=True, gc=False):
    line: int
    sku: str
    quantity: Decimal


class Shown(msgspec.Struct, frozen=True, gc=False):
    """A hold as its register sees it. One that has ended holds no lines and has no `expires_at`."""

    receipt: str
    state: ReservationState
    lines: list[HeldLine]
    expires_at: datetime | None


class HeldNow(msgspec.Struct, frozen=True, gc=False):
    """An open hold of one SKU: whose (NULL: an order's), for which receipt, how much, since when."""

    reservation: int
    register: int | None
    receipt: str
    quantity: Decimal
    placed_at: datetime
    expires_at: datetime | None


class _Line(msgspec.Struct, gc=False):
    line: int
    sku_id: int | None
    sku: str
    name: str
    quantity: Decimal
    problem: str | None


class _Holding(msgspec.Struct, gc=False):
    sku: int
    register: int | None
    quantity: Decimal


class Answer(msgspec.Struct, gc=False):
    """What `stock_reserve` returns (stock/migrations/0015_holding.sql); SKUs are ids."""

    granted: bool
    refused: str | None = None
    register: int = 0
    number: int = 0
    warehouse: int = 0
    moved: bool = False
    expires_at: datetime | None = None
    lines: list[_Line] = []
    available: dict[int, Decimal] = {}
    short: dict[int, Decimal] | None = None
    own: dict[int, Decimal] | None = None
    holders: list[_Holding] | None = None

    def grant(self) -> Granted:
        """Return what was granted. Raises `Refused`, `NotAsked`, `ReceiptClosed`."""
        if self.refused:
            raise _REFUSALS[self.refused]
        if not self.granted or self.expires_at is None:
            raise Refused(self._refusals())
        lines = [
            GrantedLine(told.line, told.sku, told.quantity, self.available.get(told.sku_id or 0)) for told in self.lines
        ]
        return Granted(lines, self.expires_at)

    def _refusals(self) -> list[LineRefusal]:
        short, own = self.short or {}, self.own or {}
        refusals = []
        for told in self.lines:
            if told.problem:
                refusals.append(LineRefusal(told.line, told.problem, told.sku, told.name, told.quantity))
            elif told.sku_id in short and told.quantity:
                holders = [Holder(one.register, one.quantity) for one in self.holders or () if one.sku == told.sku_id]
                refusals.append(
                    LineRefusal(
                        line=told.line,
                        code="not_enough",
                        sku=told.sku,
                        name=told.name,
                        asked=told.quantity,
                        available=short[told.sku_id],
                        own=own.get(told.sku_id, Decimal(0)),
                        holders=holders,
                    )
                )
        return refusals


read = msgspec.json.Decoder(Answer).decode
