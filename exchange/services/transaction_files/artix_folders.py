"""Where Artix leaves what: a folder of sales for each till, with one inside for what comes after each receipt."""

import re
from pathlib import Path

import structlog
from django.conf import settings

from exchange.models import Equipment, EquipmentTill

SALE, ONLINE = "sale", "online"
_OF_A_TILL = re.compile(r"sale[\w-]{1,50}", re.ASCII)
_log = structlog.get_logger(__name__)


def to_look_at(equipment: Equipment, folder: Path) -> list[Path]:
    """Return the folders that may hold files of sales.

    None, where there are several tills and nobody has named one: each file is of one till, so all of them would be
    taken for that of the equipment. Raises `OSError`.
    """
    tills = of_tills(folder)
    if len(tills) > 1 and not _are_named(equipment):
        _log.warning("artix_tills_without_names", equipment=equipment.pk, folders=[till.name for till in tills])
        return []
    found: list[Path] = []
    for till in tills:
        found.append(till)
        online = till / ONLINE
        if online.is_dir() and not online.is_symlink():
            found.append(online)
    return found


def has_unnamed_tills(equipment: Equipment) -> bool:
    """Tell whether nothing is taken in because there are several tills, and nobody has named one."""
    folder = Path(settings.EQUIPMENT_FILES) / equipment.folder
    if not settings.EQUIPMENT_FILES or not folder.is_dir():
        return False
    return len(of_tills(folder)) > 1 and not _are_named(equipment)


def _are_named(equipment: Equipment) -> bool:
    return EquipmentTill.objects.filter(equipment=equipment).exists()


def of_tills(folder: Path) -> list[Path]:
    """Return the folder of each till. Links are none. Raises `OSError`."""
    return sorted(
        path for path in folder.iterdir() if _OF_A_TILL.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
    )


def of_till(folder: Path, code: str) -> Path:
    """Return the folder of a till by its number in files; signs that do not belong into a name are left out."""
    return folder / f"{SALE}{''.join(sign for sign in code if sign.isascii() and (sign.isalnum() or sign in '-_'))}"
