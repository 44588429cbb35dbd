"""Where Artix leaves what: a folder of sales for each till, with one inside for what comes after each receipt."""

import re
from pathlib import Path

SALE, ONLINE = "sale", "online"
_OF_A_TILL = re.compile(r"sale[\w-]{1,50}", re.ASCII)


def of_sales(folder: Path) -> list[Path]:
    """Return the folders of a folder that may hold files of sales. Links are none. Raises `OSError`."""
    found: list[Path] = []
    for till in of_tills(folder):
        found.append(till)
        online = till / ONLINE
        if online.is_dir() and not online.is_symlink():
            found.append(online)
    return found


def of_tills(folder: Path) -> list[Path]:
    """Return the folder of each till. Raises `OSError`."""
    return sorted(
        path for path in folder.iterdir() if _OF_A_TILL.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
    )


def of_till(folder: Path, code: str) -> Path:
    """Return the folder of a till by its number in files; signs that do not belong into a name are left out."""
    return folder / f"{SALE}{''.join(sign for sign in code if sign.isascii() and (sign.isalnum() or sign in '-_'))}"
