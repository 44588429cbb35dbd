"""manage.py load_transactions FILE: take a file of transactions into the journal, with a bar of how far it is."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from exchange.choices import FileDialect, FileState
from exchange.models import TransactionFile
from exchange.services.transaction_files import archive, checking, loading, receiving, words
from registers.models import Register
from retail.exceptions import DomainError

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Take a file of transactions into the journal, each once: a file that comes again adds nothing. "
        "What was broken off goes on when the command is repeated. Lines that nobody can read are told and kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dialect", choices=FileDialect.values, default=FileDialect.KKMTRANSFER.value)
        parser.add_argument("--register", type=int, required=True, metavar="N", help="number of the register")
        parser.add_argument("--dry-run", action="store_true", help="only say what it would do")

    def handle(self, *args: Any, **options: Any) -> None:
        register = Register.objects.select_related("shop").filter(number=options["register"]).first()
        if register is None:
            raise CommandError(_("There is no register %(number)s.") % {"number": options["register"]})
        try:
            if options["dry_run"]:
                self._check(options["file"], options["dialect"], register)
            else:
                self._load(options["file"], options["dialect"], register)
        except (*archive.DAMAGE, DomainError) as error:
            raise CommandError(str(error)) from error

    def _check(self, path: Path, dialect: str, register: Register) -> None:
        with path.open("rb") as source:
            kept = archive.keep(source)
        file = TransactionFile(register=register, dialect=dialect, sha256=kept.sha256, size=kept.size)
        with self._bar() as bar:
            task = bar.add_task(path.name, total=kept.size)
            preview = checking.check(
                file=file, now=timezone.now(), told=lambda position: bar.update(task, completed=position)
            )
        self.stdout.write(
            _("%(new)s new, %(desk)s for the error desk, %(known)s known, %(differ)s told otherwise.")
            % {
                "new": preview.counts["new"],
                "desk": preview.counts["error_desk"],
                "known": preview.counts["duplicate"],
                "differ": preview.counts["conflict"],
            }
        )
        for fault in preview.faults:
            self._tell(fault.line, fault.code, fault.params)
        self._tell_lines(preview.lines, preview.passed_over, preview.quarantined)

    def _load(self, path: Path, dialect: str, register: Register) -> None:
        now = timezone.now()
        with path.open("rb") as source:
            file, made = receiving.receive(
                source=source, name=path.name, dialect=dialect, register=register, by=None, now=now
            )
        file = receiving.confirm(file=file)
        if not made and file.state in receiving.FAILURES:
            self.stdout.write(_("This very file was loaded before, as “%(name)s”.") % {"name": file.name})
        with self._bar() as bar:
            task = bar.add_task(path.name, total=file.size, completed=file.position)
            file = loading.load(file=file, now=now, told=lambda moved: bar.update(task, completed=moved.position))
        self.stdout.write(
            _("%(new)s accepted, %(desk)s on the error desk, %(known)s known already, %(differ)s told otherwise.")
            % {"new": file.accepted, "desk": file.error_desk, "known": file.duplicate, "differ": file.conflict}
        )
        for line in file.quarantine.order_by("number")[:SHOWN]:
            self._tell(line.number, line.code, line.params)
        self._tell_lines(file.lines, file.passed_over, file.quarantined)
        if file.state == FileState.FAILED:
            raise CommandError(words.failure(file.error))

    def _bar(self) -> Progress:
        console = Console(file=sys.stderr)
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TransferSpeedColumn())
        return Progress(*columns, TimeRemainingColumn(), console=console, disable=not console.is_terminal)

    def _tell(self, line: int, code: str, params: dict[str, Any]) -> None:
        self.stderr.write(_("Line %(number)s: %(why)s") % {"number": line, "why": words.fault(code, params)})

    def _tell_lines(self, lines: int, passed_over: int, quarantined: int) -> None:
        said = _("Lines: %(lines)s, of which %(passed)s say nothing for the journal and %(faulty)s cannot be read.")
        self.stdout.write(said % {"lines": lines, "passed": passed_over, "faulty": quarantined})
