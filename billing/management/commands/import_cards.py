"""manage.py import_cards cards.xlsx: the import of the admin, for files of any length, with a bar of how far it is."""

import time
import zipfile
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO

import openpyxl
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from retail.services import imports

_EVERY_SECONDS = 0.5
_WIDTH = 30
_BLOCK = 1 << 20


class Command(BaseCommand):
    help = "Take discount cards in from an Excel (.xlsx) or CSV file. Faulty rows are told and left out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only check, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open("rb") as file:
                expected = _expected(file)
                source = imports.read(kind="cards", file=file)
                now, name = timezone.now(), options["file"].name
                run = source.check(now=now) if options["dry_run"] else source.run(now=now, file_name=name)
                totals = self._run(source, run, expected)
        except (OSError, imports.UnreadableFile) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(_told(totals)))
        if totals[imports.Action.FAULTY]:
            raise CommandError(_("Some rows were left out: see above."))

    def _run(self, source: imports.Import, outcomes: Iterator[imports.Outcome], expected: int) -> imports.Totals:
        """Run the import, telling of problems as they are met and of how far it is."""
        for header in source.unknown:
            self.stderr.write(_("Column “%(header)s” means nothing here and is left out.") % {"header": header})
        totals = imports.Totals()
        began = told_at = time.monotonic()
        for outcome in outcomes:
            totals[outcome.action] += 1
            for problem in outcome.problems:
                self.stderr.write(_("Row %(number)s: %(problem)s") % {"number": outcome.number, "problem": problem})
            now = time.monotonic()
            if now - told_at > _EVERY_SECONDS:
                told_at = now
                self.stdout.write(f"\r{_bar(totals.rows, expected, now - began)}", ending="")
                self.stdout.flush()
        if told_at != began:
            self.stdout.write(f"\r{_bar(totals.rows, totals.rows, time.monotonic() - began)}")
        return totals


def _expected(file: BinaryIO) -> int:
    """Return how many rows a file says it has; a workbook may say nothing, and 0 is not to be believed."""
    if file.read(4) == b"PK\x03\x04":
        try:
            book = openpyxl.load_workbook(file, read_only=True)
        except (zipfile.BadZipFile, KeyError, ValueError):  # Whoever reads it says what is wrong.
            return 0
        with closing(book):
            return max((book.worksheets[0].max_row or 0) - 1, 0)
    file.seek(0)
    return sum(block.count(b"\n") for block in iter(lambda: file.read(_BLOCK), b""))


def _bar(done: int, expected: int, seconds: float) -> str:
    speed = f"{done:>9} · {done / max(seconds, 0.001):,.0f}/s"
    if not expected:
        return speed
    share = min(done / expected, 1.0)
    filled = round(share * _WIDTH)
    return f"[{'█' * filled}{'░' * (_WIDTH - filled)}] {share:4.0%} {speed}"


def _told(totals: imports.Totals) -> str:
    return _("%(rows)s rows: %(new)s new, %(changed)s changed, %(same)s the same, %(faulty)s faulty") % {
        "rows": totals.rows,
        **{action.value: count for action, count in totals.items()},
    }
