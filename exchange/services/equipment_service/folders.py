"""The same exchange by files in a folder of the device: `export.xml` is for it, `import.xml` from it.

A file of ours is written under another name and renamed, and never over one that the device has not marked `Processed`.
Its mark is the word that the web service lacks: what stood in the file has been got. A file from the device is taken in
once, then overwritten with an empty one that says so. What nobody can read is put aside, but not before it has lain
still for a moment: perhaps it is being written.
"""

import os
import stat
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.utils.translation import gettext as _

from exchange.choices import ExchangeKind, SessionResult
from exchange.models import DeviceState, Equipment
from exchange.protocols.equipment_service import files, schemas, xml
from exchange.services.equipment_service import deliveries, devices, posting, sessions, telling, transfers
from exchange.services.equipment_service.sessions import Told
from exchange.services.putting import put
from exchange.services.rules import positions
from retail.exceptions import DomainError
from stock.models import OrderHandout

EXPORT, IMPORT = "export.xml", "import.xml"
PATIENCE = timedelta(minutes=1)
DOC_TYPES = {"SaleReports": "SaleReports", "AlcoholTareOpenings": "AlcoholTareOpening"}

_log = structlog.get_logger(__name__)


def look(*, now: datetime) -> int:
    """Exchange files with every device that has a folder. Returns how many files were taken in and written.

    Nothing, where the settings name no folder. Trouble with one device does not stop the others.
    """
    if not settings.EQUIPMENT_FILES:
        return 0
    found = Equipment.objects.filter(
        exchange_kind=ExchangeKind.FOLDER, dialect="", register__active=True, rule__isnull=False
    )
    done = 0
    for equipment in found.select_related(*devices.PARTS).order_by("pk"):
        if not devices.format_of(equipment).is_modern:
            continue
        folder = Path(settings.EQUIPMENT_FILES) / equipment.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            done += take_in(equipment=equipment, folder=folder, now=now)
            done += write(equipment=equipment, folder=folder, now=now)
        except OSError as error:
            _log.error("equipment_folder_failed", folder=str(folder), why=str(error))
        except Exception as error:
            _log.exception("equipment_folder_failed", folder=str(folder), error=type(error).__name__)
    return done


def take_in(*, equipment: Equipment, folder: Path, now: datetime) -> bool:
    """Take in what a device has left, if it has left anything new. Returns whether it had."""
    path = folder / IMPORT
    found = _read(path)
    if found is None:
        return False
    raw, before = found
    known = devices.format_of(equipment)
    told = Told(operation="ImportData", device_id=equipment.device_id or "", equipment=equipment)
    try:
        root = xml.read(raw)
        if root.tag.endswith("ImportData") and files.was_processed(root):
            return False
        if not files.is_import(root, known):
            raise schemas.Mismatch(_("The document is not %(name)s.") % {"name": "ImportData"})
        schemas.check(root, known)
    except (xml.NotXml, schemas.Mismatch) as error:
        if abs(now.timestamp() - before.st_mtime) < PATIENCE.total_seconds():
            return False  # Perhaps it is being written.
        told.result, told.error = SessionResult.REFUSED, str(error)
        path.replace(folder / f"import-{now:%Y%m%d-%H%M%S}.broken")
        _record(told, raw, b"", now)
        return True
    _post(equipment, files.parts(root), told, now)
    answered = b""
    if told.result == SessionResult.DONE:
        answered = files.processed(known, at=now.astimezone(_zone(equipment))).encode()
        if path.stat().st_mtime_ns == before.st_mtime_ns:  # Else it is another one by now: it is taken in next.
            put(path, [answered])
    elif told.result == SessionResult.REFUSED:
        path.replace(folder / f"import-{now:%Y%m%d-%H%M%S}.refused")
    _record(told, raw, answered, now)
    return True


def write(*, equipment: Equipment, folder: Path, now: datetime) -> bool:
    """Write what a device is to read, if there is anything new and it has read what was written before."""
    path = folder / EXPORT
    if path.exists():
        with path.open("rb") as file:
            if not files.is_processed(file.read(files.HEAD)):
                return False
        transfers.confirm(equipment=equipment, now=now, surely=True)
    if path.exists() and not _has_news(equipment):
        return False
    told = Told(operation="ExportData", device_id=equipment.device_id or "", equipment=equipment)
    known = devices.format_of(equipment)
    written = b""
    try:
        said = telling.settings_document(equipment=equipment)
        goods, count = transfers.whole_list(equipment=equipment, now=now)
        orders, ordered = deliveries.document(equipment=equipment, now=now)
        written = files.export(known, said, goods, orders).encode()
        put(path, [written])
        transfers.settings_sent(equipment=equipment, now=now)
        told.summary = f"{_('Goods: %(count)d.') % {'count': count}} {_('Orders: %(count)d.') % {'count': ordered}}"
    except (DomainError, schemas.Mismatch) as error:
        told.result, told.error = SessionResult.REFUSED, str(error)
    _record(told, b"", written, now)
    return told.result == SessionResult.DONE


def _has_news(equipment: Equipment) -> bool:
    """Tell whether anything has changed for a device since it is known to have got what there was."""
    state = DeviceState.objects.filter(equipment=equipment).first()
    assert equipment.rule is not None  # Only such equipment is looked at.
    if state is None or transfers.is_behind(
        equipment=equipment, state=state, current=positions.now(rule=equipment.rule)
    ):
        return True
    return OrderHandout.objects.filter(register=equipment.register, live=True, told_at=None).exists()


def _post(equipment: Equipment, parts: dict[str, str], told: Told, now: datetime) -> None:
    """Take in the documents of a file, and note what became of them."""
    try:
        for name, document in parts.items():
            done = posting.post(equipment=equipment, doc_type=DOC_TYPES[name], document=document, by=None, now=now)
            told.summary = f"{told.summary} {done.summary}".strip()
            told.shifts = [*told.shifts, *done.shifts]
            told.document = done.document or told.document
    except posting.Busy:
        told.result, told.error = SessionResult.FAILED, str(posting.Busy())
    except DomainError as error:
        told.result, told.error = SessionResult.REFUSED, str(error)


def _read(path: Path) -> tuple[bytes, os.stat_result] | None:
    """Return what a file says and which it was; None if there is none. Links are none, and too long is empty."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    with open(opened, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            return None
        return (file.read() if status.st_size <= xml.LARGEST else b""), status


def _record(told: Told, asked: bytes, answered: bytes, now: datetime) -> None:
    sessions.record(told=told, asked=asked, answered=answered, by=None, address="", began=now, ended=now)
    if told.error:
        _log.warning("equipment_files_refused", equipment=told.equipment and told.equipment.pk, why=told.error)


def _zone(equipment: Equipment) -> ZoneInfo:
    assert equipment.register is not None
    return equipment.register.shop.zone
