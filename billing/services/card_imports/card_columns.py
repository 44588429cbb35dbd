"""Columns of a file of cards."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from billing.choices import CardStatus, NumberKind
from billing.fields import FIRST_DAY, LAST_DAY
from billing.services.cards import LONGEST
from billing.services.operations.wishes import LARGEST, MOST_RECEIPTS
from retail.services.imports import cells
from retail.services.imports.columns import Column

LONGEST_NAME = 150
LONGEST_PHONE = 30


def _number(cell: Any) -> str:
    value = cells.code(cell)
    if "E+" in value:
        raise ValidationError(_("Excel has rounded this number: format the column as text and enter it again."))
    if len(value) > LONGEST or not value.isprintable():
        raise ValidationError(_("A number is up to 64 characters that can be printed, without spaces."))
    return value


def _limited(cell: Any, most: int) -> str:
    value = cells.text(cell)
    if len(value) > most:
        raise ValidationError(_("At most %(limit)s characters.") % {"limit": most})
    return value


def _name(cell: Any) -> str:
    return _limited(cell, LONGEST_NAME)


def _phone(cell: Any) -> str:
    value = _limited(cell, LONGEST_PHONE)
    if "E+" in value:
        raise ValidationError(_("Excel has rounded this number: format the column as text and enter it again."))
    return value


def _status(cell: Any) -> CardStatus:
    """Read a status by its name in any of our languages."""
    word = cells.text(cell).casefold()
    for language, _name in settings.LANGUAGES:
        with override(language):
            for status in CardStatus:
                if word in {status.value, str(status.label).casefold()}:
                    return status
    raise ValidationError(_("“%(value)s” is no status of a card.") % {"value": word[:50]})


def _amount(cell: Any) -> Decimal:
    value = cells.decimal(cell)
    if not 0 <= value < LARGEST or value != value.quantize(Decimal("0.01")):
        raise ValidationError(_("An amount is a number from 0, with two decimals at most."))
    return value.quantize(Decimal("0.01"))


def _receipts(cell: Any) -> int:
    value = cells.whole(cell)
    if not 0 <= value <= MOST_RECEIPTS:
        raise ValidationError(_("The number of receipts is a whole number from 0."))
    return value


def _day(cell: Any) -> datetime:
    moment = cells.moment(cell)
    if not FIRST_DAY <= moment.date() <= LAST_DAY:
        years = {"first": FIRST_DAY.year, "last": LAST_DAY.year}
        raise ValidationError(_("A date of the years %(first)s to %(last)s."), params=years)
    return moment


BARCODE = Column(
    "barcode",
    _("Barcode"),
    _number,
    _("What a scanner reads."),
    "2700000000014",
    ("штрихкод", "штрих-код", "номер карты"),
)
TRACK = Column(
    "track", _("Magnetic track"), _number, _("What a magnetic reader reads."), "", ("магнитная дорожка", "трек")
)
NUMBER = Column("number", _("Printed number"), _number, _("What is typed by hand."), "", ("номер", "код карты"))
KIND = Column(
    "kind",
    _("Kind of cards"),
    cells.text,
    _("Code or name of a kind; may be left out while there is only one."),
    "Золотая",
    ("вид карты", "вид", "тип карты"),
)
OWNER = Column(
    "owner",
    _("Owner"),
    _name,
    _("Name. Whoever is known by this name and phone is not entered twice."),
    "Петрова Анна",
    ("владелец", "фио", "имя"),
)
PHONE = Column("phone", _("Phone"), _phone, _("As people write it."), "+7 900 123-45-67", ("телефон",))
CONSENT = Column(
    "consent", _("Consented to the use of the data on"), _day, _("A date."), "01.05.2026", ("согласие", "дата согласия")
)
STATUS = Column(
    "status",
    _("Status"),
    _status,
    _("Of a new card: issued, active, blocked or closed; empty: active."),
    "",
    ("статус", "состояние"),
)
ISSUED = Column(
    "issued_at", _("Issued at"), _day, _("Of a new card; empty: now."), "01.05.2026", ("выдана", "дата выдачи")
)
BONUSES = Column(
    "bonuses", _("Bonuses"), _amount, _("What the card begins with; recorded once."), "150.50", ("бонусы",)
)
BONUSES_UNTIL = Column(
    "bonuses_until",
    _("Bonuses live until"),
    _day,
    _("The last day; empty: as bonuses of its kind that are accrued now."),
    "31.12.2027",
    ("бонусы до", "срок бонусов"),
)
TURNOVER = Column(
    "turnover",
    _("Accumulated sum"),
    _amount,
    _("What the card begins with; recorded once."),
    "12500.00",
    ("накопление", "сумма накопления"),
)
RECEIPTS = Column(
    "receipts",
    _("Receipts"),
    _receipts,
    _("What the card begins with; recorded once."),
    "14",
    ("чеки", "количество чеков"),
)

NUMBERS = {"barcode": NumberKind.BARCODE, "track": NumberKind.TRACK, "number": NumberKind.NUMBER}
ALL: Sequence[Column] = (
    BARCODE, TRACK, NUMBER, KIND, OWNER, PHONE, CONSENT, STATUS, ISSUED, BONUSES, BONUSES_UNTIL, TURNOVER, RECEIPTS,
)  # fmt: skip
