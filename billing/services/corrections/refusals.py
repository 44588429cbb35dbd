"""Why a correction of cards cannot be what somebody wants it to be."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from billing.models import CorrectionDocument, CorrectionLine
from retail.exceptions import DomainError


class NotOpen(DomainError):
    """Only what is written or refused is edited, submitted or deleted."""

    code = "correction_not_open"

    def __init__(self, document: CorrectionDocument) -> None:
        super().__init__(_("%(document)s is not a draft any more.") % {"document": document})


class NoLines(DomainError):
    code = "no_lines"

    def __init__(self, document: CorrectionDocument) -> None:
        super().__init__(_("%(document)s has no lines.") % {"document": document})


class TooManyLines(DomainError):
    code = "too_many_lines"

    def __init__(self, most: int) -> None:
        super().__init__(_("A correction has %(most)s lines at most: write another one.") % {"most": most})


class NotSubmitted(DomainError):
    code = "correction_not_submitted"

    def __init__(self, document: CorrectionDocument) -> None:
        super().__init__(_("%(document)s does not wait for approval.") % {"document": document})


class OwnCorrection(DomainError):
    """Nobody decides about what they wrote or submitted."""

    code = "own_correction"

    def __init__(self) -> None:
        super().__init__(_("Whoever wrote or submitted a correction does not decide about it: another person does."))


class WithoutReason(DomainError):
    code = "correction_without_reason"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("Say why."), attr="why")


class NotApproved(DomainError):
    code = "correction_not_approved"

    def __init__(self, document: CorrectionDocument) -> None:
        super().__init__(_("%(document)s is not approved: there is nothing to take back.") % {"document": document})


class ReversedAlready(DomainError):
    """There is an opposite correction, approved or on its way."""

    code = "correction_reversed_already"

    def __init__(self, document: CorrectionDocument) -> None:
        super().__init__(_("There is a correction that takes %(document)s back.") % {"document": document})


class OppositeIsFixed(DomainError):
    """What takes another correction back says what that one says, and is not taken back itself."""

    code = "correction_is_an_opposite"

    def __init__(self) -> None:
        super().__init__(_("This correction takes another one back: its lines are fixed. Write a new one instead."))


class TooMuchForACard(DomainError):
    code = "too_much_for_a_card"

    def __init__(self) -> None:
        super().__init__(_("No card can hold so much."))


class NotEnoughOnCards(DomainError):
    """More is taken off than lives there. `lines`: each line, and how much is lacking; nothing was written."""

    code = "not_enough_on_cards"

    def __init__(self, lines: Sequence[tuple[CorrectionLine, Decimal]]) -> None:
        self.lines = lines
        numbers = ", ".join(str(line.line) for line, _lacking in lines)
        super().__init__(
            _("There is less on the cards than is to be taken off, in lines %(lines)s.") % {"lines": numbers}
        )
