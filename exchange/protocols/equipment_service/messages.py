"""What is told to a device, in one shape for every version of the format; `uuid`s are ours, and stay the same."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import msgspec


class PaymentOption(msgspec.Struct, frozen=True, gc=False):
    """A kind of electronic payment; `type` is 1 card, 2 bank credit, 3 gift certificate, 4 bonuses."""

    code: str
    name: str
    type: int
    uuid: UUID


class Settings(msgspec.Struct, frozen=True):
    company: str
    store: str
    inn: str
    kpp: str
    address: str
    location: str
    sender_email: str
    taxation_systems: Sequence[int]
    discounts: bool
    payment_cards: bool
    payment_options: Sequence[PaymentOption]


class Group(msgspec.Struct, frozen=True, gc=False):
    code: str
    name: str
    uuid: UUID
    parent_code: str | None = None
    parent_uuid: UUID | None = None


class Unit(msgspec.Struct, frozen=True, gc=False):
    """A unit of measure; `code` is its code in ОКЕИ."""

    code: str
    name: str
    uuid: UUID


class Pack(msgspec.Struct, frozen=True, gc=False):
    code: str
    name: str
    uuid: UUID
    quantity: Decimal
    price: Decimal
    balance: Decimal | None
    barcodes: Sequence[str]


class Characteristic(msgspec.Struct, frozen=True, gc=False):
    """`code` is None where only its packs are sold."""

    code: str | None
    name: str
    uuid: UUID
    price: Decimal
    balance: Decimal | None
    barcodes: Sequence[str]
    packs: Sequence[Pack] = ()


class Good(msgspec.Struct, frozen=True, gc=False):
    """An item. One with characteristics has no packs of its own; `vat` is a rate that the format can name."""

    code: str | None
    name: str
    uuid: UUID
    article: str
    price: Decimal
    balance: Decimal | None
    vat: str
    barcodes: Sequence[str]
    unit: Unit
    group_code: str | None
    group_uuid: UUID | None
    weighed: bool
    service: bool
    subject: int
    marking: str
    characteristics: Sequence[Characteristic] = ()
    packs: Sequence[Pack] = ()


class OrderLine(msgspec.Struct, frozen=True, gc=False):
    code: str
    quantity: Decimal
    price: Decimal
    amount: Decimal
    good: UUID
    characteristic: UUID | None
    pack: UUID | None


class Order(msgspec.Struct, frozen=True, gc=False):
    """An order to deliver; times are those of the shop."""

    number: str
    uuid: str
    date: datetime
    customer: str
    phone: str
    address: str
    delivery: datetime | None
    agreed: bool
    comment: str
    prepaid: Decimal
    lines: Sequence[OrderLine]
