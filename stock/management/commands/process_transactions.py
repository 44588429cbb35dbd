"""«Обработка транзакций ККМ» from the command line."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registers.models import Register
from stock.services import processing


class Command(BaseCommand):
    help = "Turn what registers told into posted documents, and settle closed shifts. Exit code 1: some could not be."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--register", type=int, metavar="NUMBER", help="only the register of this number")

    def handle(self, *args: Any, register: int | None = None, **options: Any) -> None:
        chosen = None if register is None else _register(register)
        summary = processing.run(now=timezone.now(), register=chosen)
        for document in summary.documents:
            self.stdout.write(f"{document}: {document.register}, {document.shift}, {document.warehouse}")
        self.stdout.write(
            f"Documents posted: {len(summary.documents)}; shifts: {summary.shifts}; seconds: {summary.seconds:.1f}."
        )
        if summary.failed:
            shifts = ", ".join(map(str, summary.failed))
            raise CommandError(f"Shifts that could not be processed (see the log): {shifts}.")


def _register(number: int) -> Register:
    try:
        return Register.objects.get(number=number)
    except Register.DoesNotExist:
        raise CommandError(f"There is no register {number}.") from None
