"""Why an operation on a card is refused, in the words of whoever waits at the till."""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy as _

from retail.exceptions import DomainError
from retail.services.figures import quantity as shown


class DiscountCardsDisabled(DomainError):
    code = "discount_cards_disabled"

    def __init__(self) -> None:
        super().__init__(_("Discount cards are switched off in the constants."))


class OnlineRegistersDisabled(DomainError):
    code = "online_registers_disabled"

    def __init__(self) -> None:
        super().__init__(_("On-line work with registers is switched off in the constants."))


class UnknownCard(DomainError):
    code = "unknown_card"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("No discount card has this number."))


class UnknownOperation(DomainError):
    """No operation of this register has such an id."""

    code = "unknown_operation"
    status = 404

    def __init__(self) -> None:
        super().__init__(_("No operation on a discount card is known by this id."))


class CardBlocked(DomainError):
    code = "card_blocked"

    def __init__(self) -> None:
        super().__init__(_("This discount card is blocked."))


class CardClosed(DomainError):
    code = "card_closed"

    def __init__(self) -> None:
        super().__init__(_("This discount card is closed."))


class NotEnoughBonuses(DomainError):
    """More was to be redeemed than lives on the card; nothing was, and the same id may be used again."""

    code = "not_enough_bonuses"

    def __init__(self, *, measure: str, lacking: Decimal, available: Decimal) -> None:
        words = {
            "bonuses": _("There are not enough bonuses on the card: %(available)s."),
            "turnover": _("The accumulated sum of the card is not enough: %(available)s."),
            "receipts": _("There are not enough receipts on the card: %(available)s."),
        }
        super().__init__(
            words[measure] % {"available": shown(max(available, Decimal(0)))},
            attr=measure,
            extra={"available": str(available), "lacking": str(lacking)},
        )


class UidReused(DomainError):
    """The id stands for another operation already."""

    code = "uid_reused"

    def __init__(self) -> None:
        super().__init__(_("This id belongs to another operation: give each its own."), attr="uid")


class NotReversible(DomainError):
    """Only what was accrued or redeemed can be taken back."""

    code = "not_reversible"

    def __init__(self) -> None:
        super().__init__(_("Only an accrual or a redemption can be taken back."), attr="of")


class OfAnotherCard(DomainError):
    code = "of_another_card"

    def __init__(self) -> None:
        super().__init__(_("The operation to be taken back was made on another card."), attr="of")


class ReversedAlready(DomainError):
    """More is to be taken back than is left of the operation."""

    code = "reversed_already"

    def __init__(self) -> None:
        super().__init__(_("Less is left of that operation than is to be taken back."), attr="of")


class NotAnOperation(DomainError):
    """What was asked makes no sense; `attr` says where."""

    code = "not_an_operation"
    status = 400


class CardsUnavailable(DomainError):
    """The database could not be had in time. Nothing was changed, and the same call may be repeated."""

    code = "cards_unavailable"
    status = 503

    def __init__(self) -> None:
        super().__init__(_("Discount cards do not answer at the moment: try once more."))


_PLAIN = {
    refusal.code: refusal
    for refusal in (
        DiscountCardsDisabled,
        OnlineRegistersDisabled,
        UnknownCard,
        CardBlocked,
        CardClosed,
        UidReused,
        NotReversible,
        OfAnotherCard,
        ReversedAlready,
    )
}


def of(answer: dict[str, Any]) -> DomainError:
    """Return the refusal that the database answered."""
    if answer["refused"] == NotEnoughBonuses.code:
        measure, lacking = next(iter(answer["lacking"].items()))
        state = answer["state"]
        available = state["bonuses"]["available"] if measure == "bonuses" else state[measure]
        return NotEnoughBonuses(measure=measure, lacking=Decimal(lacking), available=Decimal(str(available)))
    return _PLAIN[answer["refused"]]()
