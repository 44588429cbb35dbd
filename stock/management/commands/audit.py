"""Prove the books from the command line."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from stock.services import audits


class Command(BaseCommand):
    help = "Compare what is stored with what it was derived from, and name what differs. Exit code 1: something does."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=int, metavar="N", help="only shifts of the last N days, with their documents"
        )

    def handle(self, *args: Any, days: int | None = None, **options: Any) -> None:
        since = None if days is None else timezone.now() - timedelta(days=days)
        found = audits.run(since=since)
        for check in audits.CHECKS:
            differing = [difference for difference in found if difference.check == check]
            self.stdout.write(f"{'DIFFERS' if differing else 'agrees '}  {check}")
            for difference in differing:
                self.stdout.write(f"         {difference}")
        if found:
            raise CommandError(f"Figures that differ: {len(found)}.")
