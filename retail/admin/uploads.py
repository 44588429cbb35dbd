"""Where an uploaded file waits between the page that shows what it would change and the confirmation."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from import_export.tmp_storages import BaseStorage

KEPT_SECONDS = 24 * 3600


class UploadFolder(BaseStorage):
    """A folder under MEDIA_ROOT, so that every web server finds what another has taken in. A day later it is gone."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.folder = Path(settings.MEDIA_ROOT) / "imports"

    def save(self, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.forget(older_than=KEPT_SECONDS)
        self.name = uuid4().hex
        self._path().write_bytes(data)

    def read(self) -> bytes:
        """Raises `FileNotFoundError` for a file that has been taken in already, or was never here."""
        return self._path().read_bytes()

    def remove(self) -> None:
        self._path().unlink(missing_ok=True)

    def _path(self) -> Path:
        try:
            return self.folder / UUID(self.name).hex
        except ValueError:
            raise FileNotFoundError(self.name) from None

    def forget(self, *, older_than: int = 0) -> None:
        """Delete what waits for longer than so many seconds; whoever wanted to confirm it chooses the file again."""
        for path in self.folder.iterdir() if self.folder.exists() else ():
            with suppress(FileNotFoundError):  # Another process forgets, too.
                if path.stat().st_mtime <= time.time() - older_than:
                    path.unlink()
