"""What may be asked of stock control: the limits are those of what registers report later."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from django.utils.translation import gettext_lazy as _

from registers.services.transactions import MAX_LINES, QUANTITY_LIMIT, QUANTITY_PLACES, SANE_PLACES
from stock.services.reservations.refusals import Nonsense

LONGEST = 64
LAST_LINE = 2**31 - 1


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """A line of a receipt: its number, a SKU's code or a barcode, and how much is to be held in all (0: nothing)."""

    line: int
    quantity: Decimal
    sku: str = ""
    barcode: str = ""


def check(receipt_uid: str, lines: Sequence[Wanted]) -> None:
    """Look whether it makes sense. Raises `Nonsense`."""
    if not 0 < len(receipt_uid) <= LONGEST or not receipt_uid.isprintable():
        raise Nonsense(_("The uid of a receipt is 1 to 64 characters that can be printed."), attr="receipt")
    if len(lines) > MAX_LINES:
        raise Nonsense(_("A receipt has at most %(limit)s lines.") % {"limit": MAX_LINES}, attr="lines")
    if len({wanted.line for wanted in lines}) < len(lines):
        raise Nonsense(_("A line is asked for twice."), attr="lines")
    for wanted in lines:
        _check_line(wanted)


def _check_line(wanted: Wanted) -> None:
    if not 0 < wanted.line <= LAST_LINE:
        raise Nonsense(_("The number of a line is a whole number from 1."), attr="line")
    for attr in ("sku", "barcode"):
        text = getattr(wanted, attr)
        if len(text) > LONGEST or "\x00" in text:
            raise Nonsense(_("A code has at most 64 characters."), attr=attr)
    if wanted.quantity and not (wanted.sku or wanted.barcode):
        raise Nonsense(_("Say which goods: a SKU's code or a barcode."), attr="sku")
    if not _is_quantity(wanted.quantity):
        raise Nonsense(_("The quantity is a number from 0, with three decimals at most."), attr="quantity")


def _is_quantity(quantity: Decimal) -> bool:
    if not quantity.is_finite() or abs(int(quantity.as_tuple().exponent)) > SANE_PLACES:
        return False
    return 0 <= quantity < QUANTITY_LIMIT and quantity == round(quantity, QUANTITY_PLACES)
