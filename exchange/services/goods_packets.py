"""What `GET goods` answers, whichever way its goods were chosen."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from retail.models import Constants

LARGEST_PAGE = 1000


class Goods(msgspec.Struct, frozen=True, gc=False):
    """A SKU as a register knows it. `vat` is the code of the rate, `plu` the number scales print in its barcodes."""

    sku: str
    name: str
    characteristic: str
    article: str
    group: int | None
    unit: str
    weighed: bool
    vat: str
    price: Decimal
    barcodes: Sequence[str]
    marking: str
    plu: int | None
    withdrawn: bool = False


class Withdrawn(msgspec.Struct, frozen=True, gc=False):
    sku: str
    withdrawn: bool = True


class Group(msgspec.Struct, frozen=True, gc=False):
    id: int
    parent: int | None
    name: str


class GoodsPacket(msgspec.Struct, frozen=True):
    """The answer of `GET goods`; groups come with the pages whose span of revisions they changed in."""

    goods: Sequence[Goods | Withdrawn]
    groups: Sequence[Group]
    cursor: str
    more: bool


def page_size() -> int:
    """A page is a packet, and never so long that a catalogue of any size needs more than a page of memory."""
    packet_size = Constants.objects.values_list("packet_size", flat=True).get()
    return min(packet_size or LARGEST_PAGE, LARGEST_PAGE)
