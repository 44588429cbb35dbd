"""Give every feed a new epoch, after a restore."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from exchange.services import renewal
from retail.exceptions import DomainError
from stock.services import wakeups


class Command(BaseCommand):
    help = (
        "Give every feed a new epoch, so that each register loads everything again, and prove it: cursors that were "
        "good before are refused. script/restore does it; do it yourself after a restore by other means."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            renewed = renewal.renew(now=timezone.now())
        except DomainError as error:
            raise CommandError(str(error)) from error
        wakeups.flush()
        self.stdout.write(
            f"Feeds with a new epoch: {renewed.feeds}. "
            f"Cursors that were good before and are refused now (410 reload_required): {renewed.refused}."
        )
