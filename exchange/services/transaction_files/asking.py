"""Asking tills that speak by files for the transactions of some days once more: what is known of them adds nothing.

A request of Frontol lies in the folder of its equipment, one of Artix in the folder of each till of a cash server. A
till deletes it when it has read it; until then Artix is not asked for other days, for the first would be forgotten.
"""

from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from exchange.choices import ExchangeKind, FileDialect
from exchange.models import Equipment, EquipmentTill
from exchange.protocols.artix import requests as artix
from exchange.protocols.frontol import requests as frontol
from exchange.services.equipment_service import sessions
from exchange.services.equipment_service.sessions import Told
from exchange.services.putting import put
from exchange.services.transaction_files import artix_folders
from exchange.services.transaction_files.folders import REQUEST
from retail.exceptions import DomainError


class CannotAsk(DomainError):
    """Its dialect knows no requests."""

    code = "file_cannot_ask"

    def __init__(self) -> None:
        super().__init__(
            _("Only Frontol and Artix are asked for a report by a file, and only where the server has a folder.")
        )


class AskedAlready(DomainError):
    """A request lies there that no till has read."""

    code = "file_asked_already"

    def __init__(self) -> None:
        super().__init__(_("The till has not read the request before this one yet."))


class NoTills(DomainError):
    """Nobody has named a till, and none has left a folder."""

    code = "file_no_tills"

    def __init__(self) -> None:
        super().__init__(
            _("No till is known to ask: name the registers of the cash server, or wait for a file of sales.")
        )


def can_ask(equipment: Equipment) -> bool:
    """Tell whether equipment can be asked at all."""
    asked = equipment.dialect in (FileDialect.FRONTOL, FileDialect.ARTIX)
    return asked and equipment.exchange_kind == ExchangeKind.FOLDER and bool(settings.EQUIPMENT_FILES)


def ask(*, equipment: Equipment, first: date, last: date, by: User | None, now: datetime) -> list[Path]:
    """Ask for the transactions of some days, both included; where the requests lie is returned.

    Raises `CannotAsk`, `AskedAlready`, `NoTills` and `OSError`.
    """
    if not can_ask(equipment):
        raise CannotAsk
    folder = Path(settings.EQUIPMENT_FILES) / equipment.folder
    folder.mkdir(parents=True, exist_ok=True)
    if equipment.dialect == FileDialect.FRONTOL:
        asked = [put(folder / REQUEST, [frontol.by_dates(first, last)])]
    else:
        tills = _tills(equipment, folder)
        if not tills:
            raise NoTills
        free = [till / artix.NAME for till in tills if not (till / artix.NAME).exists()]
        if not free:
            raise AskedAlready
        asked = [put(path, [artix.by_dates(first, last)]) for path in free]
    _record(equipment, asked, first, last, by, now)
    return asked


def _tills(equipment: Equipment, folder: Path) -> list[Path]:
    """Return the folder of each till: of those that somebody has named and of those that have left one."""
    named = EquipmentTill.objects.filter(equipment=equipment).values_list("code", flat=True)
    found = set(artix_folders.of_tills(folder)) | {artix_folders.of_till(folder, code) for code in named}
    for till in found:
        till.mkdir(exist_ok=True)
    return sorted(found)


def _record(equipment: Equipment, asked: list[Path], first: date, last: date, by: User | None, now: datetime) -> None:
    told = Told(operation=asked[0].name, device_id=equipment.device_id or "", equipment=equipment)
    days = {"first": date_format(first, "SHORT_DATE_FORMAT"), "last": date_format(last, "SHORT_DATE_FORMAT")}
    told.summary = _now("Asked for what was sold from %(first)s to %(last)s.") % days
    sessions.record(told=told, asked=b"", answered=b"", by=by, address="", began=now, ended=now)
