"""What a till asks of stock control: everything stands in the address."""

import re
from decimal import Decimal

import msgspec

from exchange.protocols.ukm5 import assumptions

LONGEST_SKU = 64
LONGEST_GUID = 40
_QUANTITY = re.compile(r"\d{1,9}(?:[.,]\d{1,6})?", re.ASCII)


class Asked(msgspec.Struct, frozen=True, gc=False):
    """So much of a SKU for a receipt of a till; the till is named by УКМ's own names for it."""

    store: str
    pos: str
    receipt: str
    sku: str
    quantity: Decimal


class Malformed(ValueError):
    """What was asked makes no sense: `field` is the parameter to blame, `said` what stood there."""

    def __init__(self, field: str, said: str) -> None:
        self.field, self.said = field, said
        super().__init__(field)


def read(*, store: str, pos: str, reservation: str, sku: str, quantity: str) -> Asked:
    """Read the parts of an address. Raises `Malformed`."""
    receipt = assumptions.same_guid(reservation)
    if not 0 < len(receipt) <= LONGEST_GUID or not receipt.isprintable():
        raise Malformed("reservation", reservation)
    article = sku.strip()
    if not 0 < len(article) <= LONGEST_SKU or not article.isprintable():
        raise Malformed("sku", sku)
    # What an address holds as "+" comes as a space.
    if not _QUANTITY.fullmatch(quantity.strip()):
        raise Malformed("quantity", quantity)
    amount = Decimal(quantity.strip().replace(",", "."))
    if not amount:
        raise Malformed("quantity", quantity)
    return Asked(store.strip(), pos.strip(), receipt, article, amount)
