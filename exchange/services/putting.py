"""Putting a file in its place at once: whoever reads it reads the whole of it, or none."""

import os
from collections.abc import Iterable
from pathlib import Path


def put(path: Path, parts: Iterable[bytes], *, draft: str = "") -> Path:
    """Write a file under another name, `draft`, and rename it when it is whole and on the disk. Raises `OSError`.

    The folder may be a till's: a link that somebody has put in the place of the draft is not followed.
    """
    made = path.with_name(draft or f".{path.name}.part")
    made.unlink(missing_ok=True)
    with made.open("xb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    return made.replace(path)
