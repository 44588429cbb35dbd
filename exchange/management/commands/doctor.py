"""Say in plain words what is wrong, and what to do."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exchange.services import checkups
from exchange.services.checkups import Finding, Level

MARKS = {Level.FINE: "  ", Level.NOTE: "? ", Level.WRONG: "! "}


class Command(BaseCommand):
    help = (
        "Look at settings, clocks, tables, queues, jobs and books, and say what to do. Exit code 1: something is wrong."
    )
    requires_system_checks: list[str] = []  # They are among what is told.

    def add_arguments(self, parser: ArgumentParser) -> None:
        languages = [code for code, _name in settings.LANGUAGES]
        parser.add_argument("--language", choices=languages, default=settings.LANGUAGE_CODE)
        parser.add_argument("--no-books", action="store_true", help="leave out the short audit")

    def handle(self, *args: Any, language: str, no_books: bool, **options: Any) -> None:
        with translation.override(language):
            count = 0
            for name, findings in checkups.examine(now=timezone.now(), with_books=not no_books):
                self.stdout.write(self.style.MIGRATE_HEADING(name))
                for finding in findings:
                    self._tell(finding)
                count += sum(finding.level == Level.WRONG for finding in findings)
            if count:
                told = ngettext("%(count)s thing is wrong.", "%(count)s things are wrong.", count)
                raise CommandError(told % {"count": count})
            self.stdout.write(self.style.SUCCESS(_("All is well.")))

    def _tell(self, finding: Finding) -> None:
        style = {Level.NOTE: self.style.WARNING, Level.WRONG: self.style.ERROR}.get(finding.level, str)
        self.stdout.write(f"  {style(MARKS[finding.level] + finding.text)}")
        if finding.remedy:
            self.stdout.write(f"      → {finding.remedy}")
