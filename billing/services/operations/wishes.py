"""What may be asked of a card: the operation as a value, its meaning as a digest, and what makes no sense in it."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.utils.translation import gettext_lazy as _

from billing.choices import OperationKind
from billing.services.operations.refusals import NotAnOperation
from registers.services.transactions import CLOCK_SKEW, EARLIEST

LONGEST = 64
LARGEST = Decimal(10) ** 10
MOST_RECEIPTS = 1_000_000
OWN = ("opening.", "correction.")  # Ids that the server gives to what comes from files and documents.
KINDS = frozenset({OperationKind.ACCRUE, OperationKind.REDEEM, OperationKind.REVERSE})


class Wanted(msgspec.Struct, frozen=True, gc=False):
    """An operation to be applied. Amounts of a reversal say how much it takes back; none say all that is left."""

    uid: str
    card: str
    kind: str
    occurred_at: datetime
    bonuses: Decimal = Decimal(0)
    turnover: Decimal = Decimal(0)
    receipts: int = 0
    receipt_uid: str = ""
    promotion: str = ""
    of: str = ""


def check(wanted: Wanted, *, now: datetime) -> None:
    """Raise `NotAnOperation` for what no card could take."""
    if wanted.kind not in KINDS:
        raise NotAnOperation(_("The kind of an operation is accrue, redeem or reverse."), attr="kind")
    for attr, required in (("uid", True), ("card", True), ("of", wanted.kind == OperationKind.REVERSE)):
        _check_text(getattr(wanted, attr), attr, required=required)
    for attr in ("receipt_uid", "promotion"):
        _check_text(getattr(wanted, attr), attr, required=False)
    if wanted.uid.startswith(OWN):
        raise NotAnOperation(_("Ids that begin so are given by the server."), attr="uid")
    if wanted.of and wanted.kind != OperationKind.REVERSE:
        raise NotAnOperation(_("Only a reversal takes another operation back."), attr="of")
    for attr in ("bonuses", "turnover"):
        _check_amount(getattr(wanted, attr), attr)
    if not 0 <= wanted.receipts <= MOST_RECEIPTS:
        raise NotAnOperation(_("The number of receipts is a whole number from 0."), attr="receipts")
    if not (wanted.bonuses or wanted.turnover or wanted.receipts or wanted.kind == OperationKind.REVERSE):
        raise NotAnOperation(_("Say how much: bonuses, turnover or receipts."), attr="bonuses")
    if wanted.occurred_at.tzinfo is None or not EARLIEST <= wanted.occurred_at <= now + CLOCK_SKEW:
        raise NotAnOperation(_("The time of the operation cannot be right."), attr="occurred_at")


def digest(wanted: Wanted) -> str:
    """Return what the operation means, as a digest in hex.

    Not its time and its receipt, which are told on-line before the receipt is closed; not the number the card was read
    by, of which it may have several.
    """
    meaning = "\n".join((
        wanted.kind,
        *(str(value.quantize(Decimal("0.01"))) for value in (wanted.bonuses, wanted.turnover)),
        str(wanted.receipts),
        wanted.promotion,
        wanted.of,
    ))  # fmt: skip
    return hashlib.sha256(meaning.encode()).hexdigest()


def as_asked(wanted: Wanted) -> dict[str, Any]:
    """Return the operation as `billing_operate` reads it."""
    return {
        "uid": wanted.uid,
        "kind": wanted.kind,
        "bonuses": wanted.bonuses,
        "turnover": wanted.turnover,
        "receipts": wanted.receipts,
        "occurred_at": wanted.occurred_at.astimezone(UTC),
        "receipt_uid": wanted.receipt_uid,
        "promotion": wanted.promotion,
        "of": wanted.of,
        "digest": digest(wanted),
    }


def _check_text(text: str, attr: str, *, required: bool) -> None:
    if required and not text.strip():
        raise NotAnOperation(_("This may not be left out."), attr=attr)
    if len(text) > LONGEST or not text.isprintable():
        raise NotAnOperation(_("At most %(limit)s characters that can be printed.") % {"limit": LONGEST}, attr=attr)


def _check_amount(amount: Decimal, attr: str) -> None:
    exponent = amount.as_tuple().exponent
    if not amount.is_finite() or not 0 <= amount < LARGEST or not isinstance(exponent, int) or exponent < -2:
        raise NotAnOperation(_("An amount is a number from 0, with two decimals at most."), attr=attr)
