"""«Биллинг: дисконтные карты — ночной регламент» from the command line."""

from argparse import ArgumentParser
from datetime import date as Date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from billing.choices import NightState
from billing.models import NightRun
from billing.services import night
from retail.exceptions import DomainError


class Command(BaseCommand):
    help = "Write what begins and what has ended on discount cards. Exit code 1: not all of it could be."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--date", type=Date.fromisoformat, metavar="YYYY-MM-DD", help="business date; today's by default"
        )
        parser.add_argument("--preview", action="store_true", help="say what would be written, and write nothing")

    def handle(self, *args: Any, date: Date | None = None, preview: bool = False, **options: Any) -> None:
        now = timezone.now()
        chosen = date or night.today(now=now)
        try:
            if preview:
                self._say(night.preview(date=chosen, now=now))
            else:
                self._tell(night.run(date=chosen, now=now, hands=settings.CARDS_NIGHT_HANDS))
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _say(self, found: list[night.Totals]) -> None:
        for one in found:
            self.stdout.write(
                f"{one.kind.label}: cards {one.cards}, lots {one.lots}, bonuses {one.bonuses}, "
                f"accumulated sum {one.turnover}, receipts {one.receipts}"
            )

    def _tell(self, runs: list[NightRun]) -> None:
        for run in runs:
            self.stdout.write(f"{run}: {run.get_state_display()}; {run.document or 'nothing to write'}")
            for card, reason in night.failures(run=run):
                self.stdout.write(f"         card {card}: {reason}")
        failed = sum(run.failed for run in runs)
        if failed:
            raise CommandError(f"Cards that could not be written: {failed}.")
        if any(run.state != NightState.DONE for run in runs):
            raise CommandError("Interrupted: run it again to go on.")
