"""Where a device stands in the goods of its rule.

A position is read before the goods are: what changes while they are read is told again next time, and nothing is
passed over. It is taken over when the device is known to have got what was read after it.
"""

import msgspec

from exchange.models import ExchangeRule
from retail.services.statements import beside

_POSITION = beside(__file__, "positions.sql")


class Position(msgspec.Struct, frozen=True):
    """`rule` is the rule's revision, which no other rule has; epochs change when revisions may have been lost."""

    rule: int
    epoch: str
    catalogue: int
    stock_epoch: str
    stock: int


def now(*, rule: ExchangeRule) -> Position:
    """Return where everything stands at this moment."""
    return Position(*_POSITION.rows(rule=rule.pk)[0])


def fits(position: Position | None, *, current: Position) -> bool:
    """Tell whether a device that stands there may be told changes alone; else it is told everything."""
    return (
        position is not None
        and (position.rule, position.epoch, position.stock_epoch) == (current.rule, current.epoch, current.stock_epoch)
        and position.catalogue <= current.catalogue
        and position.stock <= current.stock
    )
