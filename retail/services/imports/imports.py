"""An import from the first row of a file to the last."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import BinaryIO, Protocol

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from retail.services import catalogue, editors, edits
from retail.services.imports import sources
from retail.services.imports.barcodes import BarcodeImporter
from retail.services.imports.columns import Column, Layout
from retail.services.imports.items import ItemImporter
from retail.services.imports.outcomes import Outcome, Row
from retail.services.imports.prices import PriceImporter

CHUNK = 1000


class Importer(Protocol):
    """What a kind of import knows: its columns, and how to take a chunk of rows in."""

    columns: Sequence[Column]
    required: Sequence[Sequence[Column]]
    model: str  # The label of what its rows are.
    locks_catalogue: bool

    def __init__(self, *, now: datetime) -> None: ...

    def take(self, rows: list[Row], *, dry_run: bool) -> list[Outcome]:
        """Compare a chunk and, unless it is only a check, write it. Returns an outcome for each row, in order."""


KINDS: dict[str, type[Importer]] = {"items": ItemImporter, "barcodes": BarcodeImporter, "prices": PriceImporter}
GOODS = tuple(KINDS)


def include(kind: str, importer: type[Importer]) -> None:
    """Let files of another kind be taken in: what stands above says so when the application starts."""
    KINDS[kind] = importer


class Import:
    """A file whose first row has been understood. `unknown` lists the headers that mean nothing here."""

    def __init__(self, *, kind: str, rows: Iterator[sources.Cells], layout: Layout) -> None:
        self._kind = kind
        self._importer = KINDS[kind]
        self._rows = rows
        self._layout = layout
        self.unknown = layout.unknown

    def check(self, *, now: datetime) -> Iterator[Outcome]:
        """Only say what would become of each row. Can be run once.

        Raises `UnreadableFile` where the file breaks off.
        """
        importer = self._importer(now=_moment(now))
        for chunk in self._chunks():
            yield from importer.take(chunk, dry_run=True)

    def run(self, *, now: datetime, file_name: str) -> Iterator[Outcome]:
        """Take the rows in and yield what became of each. Can be run once, in nobody's transaction.

        Each chunk is committed before its outcomes are yielded; a run that is interrupted may be repeated. The history
        of edits tells of the file, how its rows ended so far, and of every row that was written.
        Raises `UnreadableFile` where the file breaks off.
        """
        importer = self._importer(now=_moment(now))
        run = edits.begin_import(kind=self._kind, file_name=file_name, now=now)
        for chunk in self._chunks():
            with editors.importing(run=run.pk), transaction.atomic(durable=True):
                if self._importer.locks_catalogue:
                    catalogue.lock()
                outcomes = importer.take(chunk, dry_run=False)
                edits.count_rows(run=run, counted=Counter(outcome.action.value for outcome in outcomes))
            yield from outcomes
        edits.finish_import(run=run)

    def _chunks(self) -> Iterator[list[Row]]:
        rows = (self._layout.row(number, cells) for number, cells in self._rows)
        while chunk := list(islice(rows, CHUNK)):
            yield chunk


def _moment(now: datetime) -> datetime:
    """Return the moment as files and forms write it."""
    return now.replace(microsecond=0)


def read(*, kind: str, file: BinaryIO) -> Import:
    """Open a file of a kind of `KINDS` and understand its first row. Raises `sources.UnreadableFile`."""
    importer = KINDS[kind]
    rows = sources.rows(file)
    try:
        _number, header = next(rows)
    except StopIteration:
        raise sources.UnreadableFile(_("The file is empty.")) from None
    layout = Layout(importer.columns, header)
    for alternatives in importer.required:
        layout.require(*alternatives)
    return Import(kind=kind, rows=rows, layout=layout)
