"""How stock control says no: each refusal has a code for programs, and words that a cashier reads aloud."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from retail.exceptions import DomainError
from retail.services.figures import quantity as shown

HOLDERS_NAMED = 5


class Holder(msgspec.Struct, frozen=True, gc=False):
    """Who holds so much of a SKU: a register by its number, or customer orders (None)."""

    register: int | None
    quantity: Decimal

    def __str__(self) -> str:
        words = _("register %(number)s – %(quantity)s") if self.register is not None else _("orders – %(quantity)s")
        return words % {"number": self.register, "quantity": shown(self.quantity)}


class LineRefusal(msgspec.Struct, frozen=True, gc=False):
    """Why a line may not be sold. Quantities are in the SKU's own unit.

    `available` is what is free for anybody (None where that is not the reason), `own` what this receipt holds of the
    SKU already, `holders` who else does.
    """

    line: int
    code: str
    sku: str
    name: str
    asked: Decimal
    available: Decimal | None = None
    own: Decimal = Decimal(0)
    holders: Sequence[Holder] = ()

    @property
    def detail(self) -> str:
        """The words for the cashier, in the language in force."""
        match self.code:
            case "unknown_sku":
                return _("Nothing is known under “%(code)s”.") % {"code": self.sku}
            case "withdrawn":
                return _("“%(name)s” is withdrawn from sale.") % {"name": self.name}
            case "not_for_sale":
                return _("“%(name)s” has no price here: it is not for sale.") % {"name": self.name}
            case _:
                return self._not_enough()

    def _not_enough(self) -> str:
        free = max(self.available or Decimal(0), Decimal(0))
        words = [
            _("“%(name)s”: %(asked)s asked, %(free)s free.")
            % {"name": self.name, "asked": shown(self.asked), "free": shown(free)}
        ]
        if self.own:
            words.append(_("This receipt holds %(quantity)s.") % {"quantity": shown(self.own)})
        if self.holders:
            named = ", ".join(map(str, self.holders[:HOLDERS_NAMED]))
            more = ", …" if len(self.holders) > HOLDERS_NAMED else ""
            words.append(_("Others hold: %(holders)s.") % {"holders": named + more})
        return " ".join(words)

    def as_dict(self) -> dict[str, Any]:
        """Return it as HTTP answers show it: quantities are strings."""
        return {
            "line": self.line,
            "sku": self.sku,
            "code": self.code,
            "available": None if self.available is None else str(self.available),
            "held": [{"register": holder.register, "quantity": str(holder.quantity)} for holder in self.holders],
        }


class Refused(DomainError):
    """Some lines may not be sold, so that nothing of what was asked is held; `lines` says of each why.

    `code` is that of the first: `not_enough`, `unknown_sku`, `withdrawn`, `not_for_sale`; `available` too.
    """

    def __init__(self, lines: Sequence[LineRefusal]) -> None:
        self.lines = tuple(lines)
        self.code = self.lines[0].code
        errors = [{"code": line.code, "detail": line.detail, "attr": f"lines.{line.line}"} for line in self.lines]
        refused = [line.as_dict() for line in self.lines]
        super().__init__(
            " ".join(line.detail for line in self.lines),
            attr=f"lines.{self.lines[0].line}",
            extra={"errors": errors, "granted": False, "available": refused[0]["available"], "refused": refused},
        )


class NotAsked(DomainError):
    """The register's stock control is not external: it is not the server that says what it may sell."""

    code = "stock_control_not_external"

    def __init__(self) -> None:
        super().__init__(gettext_lazy("Stock control of this register is not external: it asks nobody and sells."))


class ReceiptClosed(DomainError):
    """The receipt has come already: nothing can be held for it."""

    code = "receipt_closed"

    def __init__(self) -> None:
        super().__init__(gettext_lazy("This receipt has been closed: begin another one."))


class StockControlUnavailable(DomainError):
    """The database could not be had in time. Nothing was changed, and the same call may be repeated."""

    code = "stock_control_unavailable"
    status = 503

    def __init__(self) -> None:
        super().__init__(gettext_lazy("Stock control does not answer at the moment: try once more."))


class UnknownReservation(DomainError):
    """Nothing was ever held for such a receipt of this register."""

    code = "unknown_reservation"
    status = 404

    def __init__(self) -> None:
        super().__init__(gettext_lazy("Nothing has been held for this receipt."))


class Nonsense(DomainError):
    """What was asked makes no sense; `attr` says where."""

    code = "not_a_reservation"
    status = 400


class ReservationEnded(DomainError):
    """The hold is not open any more: what it held has been sold or let go."""

    code = "reservation_ended"

    def __init__(self) -> None:
        super().__init__(gettext_lazy("This reservation has ended already: nothing is held by it."))


class HeldForOrder(DomainError):
    """The hold of a customer order goes with the order: the order is taken back."""

    code = "held_for_order"

    def __init__(self) -> None:
        super().__init__(gettext_lazy("This is held for a customer order: take the order back."))


class ReasonMissing(DomainError):
    """Whoever takes goods from a receipt says why."""

    code = "reason_missing"

    def __init__(self) -> None:
        super().__init__(gettext_lazy("Say why the goods are released."), attr="reason")
