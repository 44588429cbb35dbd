"""manage.py import_goods price-list.xlsx --kind prices: the import of the admin, for files of any length."""

import time
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _

from retail.services import imports

_EVERY_SECONDS = 1.0


class Command(BaseCommand):
    help = "Take items, barcodes or prices in from an Excel (.xlsx) or CSV file. Faulty rows are told and left out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--kind", choices=imports.GOODS, required=True)
        parser.add_argument("--dry-run", action="store_true", help="only check, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with options["file"].open("rb") as file:
                source = imports.read(kind=options["kind"], file=file)
                now = timezone.now()
                run = (
                    source.check(now=now) if options["dry_run"] else source.run(now=now, file_name=options["file"].name)
                )
                totals = self._run(source, run)
        except (OSError, imports.UnreadableFile) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.SUCCESS(_told(totals)))
        if totals[imports.Action.FAULTY]:
            raise CommandError(_("Some rows were left out: see above."))

    def _run(self, source: imports.Import, outcomes: Iterator[imports.Outcome]) -> imports.Totals:
        """Run the import, telling of problems as they are met and of progress every second."""
        for header in source.unknown:
            self.stderr.write(_("Column “%(header)s” means nothing here and is left out.") % {"header": header})
        totals = imports.Totals()
        told_at = time.monotonic()
        for outcome in outcomes:
            totals[outcome.action] += 1
            for problem in outcome.problems:
                self.stderr.write(_("Row %(number)s: %(problem)s") % {"number": outcome.number, "problem": problem})
            if time.monotonic() - told_at > _EVERY_SECONDS:
                told_at = time.monotonic()
                self.stdout.write(_told(totals))
                self.stdout.flush()
        return totals


def _told(totals: imports.Totals) -> str:
    return _("%(rows)s rows: %(new)s new, %(changed)s changed, %(same)s the same, %(faulty)s faulty") % {
        "rows": totals.rows,
        **{action.value: count for action, count in totals.items()},
    }
