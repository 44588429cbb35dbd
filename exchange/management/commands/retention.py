"""Let go what is kept no longer, or say what would go."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from exchange.services import retention
from retail.exceptions import DomainError


class Command(BaseCommand):
    help = (
        "Do what tasks do at night about what is kept no longer, and make the tables of months to come. "
        "Exit code 1: an archive could not be written, or is damaged."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say how much there is and what would go")
        languages = [code for code, _name in settings.LANGUAGES]
        parser.add_argument("--language", choices=languages, default=settings.LANGUAGE_CODE)

    def handle(self, *args: Any, dry_run: bool, language: str, **options: Any) -> None:
        now = timezone.now()
        with translation.override(language):
            if not dry_run:
                try:
                    retention.clear(now=now)
                except (DomainError, OSError) as error:
                    raise CommandError(str(error)) from error
            for one in retention.standings(now=now):
                told = _("kept: %(kept)s; of it too old: %(going)s") % {"kept": one.kept, "going": one.going}
                size = filesizeformat(one.size) if one.size else ""
                self.stdout.write(f"{one.name:<32} {size:>12}   {told}")
            for journal in retention.MONTHLY:
                until = journal.ends()
                self.stdout.write(
                    _("%(table)s has tables until %(until)s.") % {"table": journal.table, "until": f"{until:%Y-%m-%d}"}
                )
