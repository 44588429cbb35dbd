"""Handing over a file: its original is archived, and the same content of the same register is the same file."""

from datetime import datetime
from typing import BinaryIO

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from exchange.choices import FileState
from exchange.models import TransactionFile
from exchange.services.transaction_files import archive
from registers.models import Register
from retail.exceptions import DomainError

FAILURES = (FileState.DONE, FileState.FAILED)
LONGEST_NAME = 255


class StillLoading(DomainError):
    """It is being loaded at this moment."""

    code = "file_still_loading"

    def __init__(self) -> None:
        super().__init__(_("This file is being loaded: wait until it is done."))


class Empty(DomainError):
    """There is nothing in the file."""

    code = "file_empty"
    status = 400

    def __init__(self) -> None:
        super().__init__(_("The file is empty."))


def receive(
    *,
    source: BinaryIO,
    name: str,
    dialect: str,
    register: Register,
    by: User | None,
    now: datetime,
    state: FileState = FileState.WAITING,
) -> tuple[TransactionFile, bool]:
    """Archive a file, and return it with whether it is new. A known one stays as it is, whatever it is called now.

    Raises `Empty` and `OSError`.
    """
    kept = archive.keep(source)
    if not kept.size:
        raise Empty
    file, made = TransactionFile.objects.select_related("register__shop").get_or_create(
        register=register,
        dialect=dialect,
        sha256=kept.sha256,
        defaults={
            "name": fit_name(name),
            "size": kept.size,
            "came_at": now,
            "by": by,
            "state": state,
        },
    )
    return file, made


def fit_name(name: str) -> str:
    """Return what is kept of a name: no sign that hides itself or turns the others about."""
    told = name.encode(errors="replace").decode()
    return "".join(sign for sign in told if sign.isprintable())[-LONGEST_NAME:]


@transaction.atomic
def confirm(*, file: TransactionFile) -> TransactionFile:
    """Let a file be loaded that a person has looked at; one that is confirmed already is left as it is."""
    TransactionFile.objects.filter(pk=file.pk, state=FileState.NEW).update(state=FileState.WAITING)
    file.refresh_from_db()
    return file


@transaction.atomic
def again(*, file: TransactionFile) -> TransactionFile:
    """Let a file be loaded once more from its beginning: what is known moves nothing. Raises `StillLoading`."""
    file = TransactionFile.objects.select_for_update(of=("self",)).select_related("register__shop").get(pk=file.pk)
    if file.state not in FAILURES:
        raise StillLoading
    file.quarantine.all().delete()
    for name in ("position", "pieces", "lines", "accepted", "duplicate", "conflict", "error_desk", "passed_over"):
        setattr(file, name, 0)
    file.quarantined, file.error, file.ended_at, file.began_at = 0, "", None, None
    file.state = FileState.WAITING
    file.save()
    return file
