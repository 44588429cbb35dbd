"""The history of edits beyond what the database writes by itself: notes, imports of files, and forgetting."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Model

from retail.choices import EditAct, EditSource
from retail.models import Constants, Edit, FileImport
from retail.services import editors
from retail.services.editors import Editor
from retail.services.partitions import EDITS, month_after

_BATCH = 10_000


def note(*, of: Model, said: str, now: datetime, by_register: str | None = None) -> Edit:
    """Write on a row's page what was done to it that its columns do not tell. `said` is English, and read translated.

    `by_register` describes the register that did it; else it was done by whoever acts (`editors`).
    """
    editor = editors.current()
    if by_register is not None:
        editor = Editor(source=EditSource.REGISTER, origin=by_register[:200])
    return _tell(EditAct.NOTED, of, editor=editor, now=now, label=str(of), note=said)


@transaction.atomic
def begin_import(*, kind: str, file_name: str, now: datetime) -> FileImport:
    """Write down that a file is about to be taken in, and by whom."""
    name = file_name[:200]
    run = FileImport.objects.create(at=now, kind=kind, file_name=name)
    _tell(EditAct.IMPORTED, run, editor=editors.current(), now=now, label=name)
    return run


def count_rows(*, run: FileImport, counted: Mapping[str, int]) -> None:
    """Add to the numbers of an import, in the transaction that writes the rows."""
    FileImport.objects.filter(pk=run.pk).update(**{name: F(name) + count for name, count in counted.items()})


def finish_import(*, run: FileImport) -> None:
    """Write down that the file was read to its end."""
    FileImport.objects.filter(pk=run.pk).update(finished=True)


def forget_old(*, now: datetime) -> int:
    """Forget whole months that are older than the constants say. Return how many edits there were."""
    before = forgotten_before(now=now)
    if before is None:
        return 0
    forgotten = EDITS.drop(before=before)
    # What lies in the first partition, with all that is of before there were partitions, or in the default one.
    old = Edit.objects.filter(at__lt=before)
    while deleted := _forget(list(old.order_by("at").values_list("pk", flat=True)[:_BATCH])):
        forgotten += deleted
    FileImport.objects.filter(at__lt=before, edits=None).delete()
    return forgotten


def forgotten_before(*, now: datetime) -> datetime | None:
    """Return the beginning of the first month that is kept; None where the history is kept for ever."""
    months = Constants.objects.get().history_months
    return month_after(now, -months) if months else None


@transaction.atomic
def _forget(pks: list[int]) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('prilavok.forgetting', 'on', true)")
    deleted, _by_model = Edit.objects.filter(pk__in=pks).delete()
    return deleted


def _tell(act: EditAct, of: Model, *, editor: Editor, now: datetime, label: str, note: str = "") -> Edit:
    model = of._meta.label_lower
    return Edit.objects.create(
        at=now,
        by_id=editor.by,
        by_name=editor.name,
        source=editor.source,
        origin=editor.origin,
        act=act,
        model=model,
        object_id=of.pk,
        label=label[:200],
        page_model=model,
        page_id=of.pk,
        note=note[:200],
    )
