"""What the error desk refuses to do, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from registers.services import problems
from retail.exceptions import DomainError


class NotOnDesk(DomainError):
    """Somebody has dealt with the transaction meanwhile, or nothing was ever wrong with it."""

    code = "not_on_desk"

    def __init__(self) -> None:
        super().__init__(_("This transaction does not wait on the error desk any more: somebody has dealt with it."))


class StillBroken(DomainError):
    """Something would still be wrong; `found` are the problems, and `flags_only` says that none of them blocks."""

    code = "still_broken"

    def __init__(self, found: Sequence[Mapping[str, Any]], *, flags_only: bool = False) -> None:
        self.found = tuple(found)
        self.flags_only = flags_only
        super().__init__(" ".join(problems.describe(problem) for problem in found))


class AlreadyApplied(DomainError):
    code = "already_applied"

    def __init__(self) -> None:
        super().__init__(
            _(
                "The receipt has been taken apart and its goods have moved, so its figures stay. Choose SKUs for its"
                " unknown lines, accept it as it is, or correct the books by a document of stock."
            )
        )


class KeyStays(DomainError):
    """A correction names another number or unique id than the register gave."""

    code = "key_stays"

    def __init__(self, attr: str) -> None:
        said = _("The transaction's number and unique id stay as the register gave them.")
        super().__init__(said, attr=attr)


class KeyTaken(DomainError):
    code = "key_taken"

    def __init__(self) -> None:
        super().__init__(
            _("Another transaction of this register has this number and time: perhaps it has come already.")
        )


class ReasonNeeded(DomainError):
    code = "reason_needed"

    def __init__(self) -> None:
        super().__init__(_("Say why: whoever looks at it later wants to know."), attr="reason")


class NothingKnown(DomainError):
    code = "no_such_code"

    def __init__(self) -> None:
        super().__init__(_("No line on the error desk waits under this code any more."))


class BarcodeRefused(DomainError):
    code = "barcode_refused"


class AlreadySettled(DomainError):
    code = "already_settled"

    def __init__(self) -> None:
        super().__init__(_("This conflict has been settled already."))


class SameReceipt(DomainError):
    """Two bodies tell of one receipt: only one of them can be true, and the first has moved the goods."""

    code = "same_receipt"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Both bodies tell of the receipt with the same id, so they cannot both have happened. The first one has"
                " moved the goods. If the second is right, keep the first here and correct the difference by a document"
                " of stock, so that both the fact and its correction can be seen."
            )
        )
